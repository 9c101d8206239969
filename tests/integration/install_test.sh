#!/bin/sh
# install_test.sh SOURCE BUILD: a program outside the tree builds and runs against what `cmake --install` puts in place.
set -eu
source=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "install_test: $*" >&2; exit 1; }

cmake --install "$build" --prefix "$work/prefix" >"$work/install.log" || { cat "$work/install.log"; fail "cannot install"; }
mv "$work/prefix" "$work/moved"  # nothing in it may name the place where it was
version=$("$work/moved/bin/hone" --version) || fail "bin/hone does not start"
case $version in *[0-9].[0-9]*) ;; *) fail "hone --version says '$version'" ;; esac
for page in bash-completion/completions/hone zsh/site-functions/_hone fish/vendor_completions.d/hone.fish man/man1/hone.1; do
  grep -q 'hone' "$work/moved/share/$page" || fail "share/$page is not installed"
done
for header in "$source"/include/hone/*.h; do
  cmp -s "$header" "$work/moved/include/hone/$(basename "$header")" || fail "$(basename "$header") is not installed"
done
# No file of the package may lead back into the tree that it was built from.
! grep -rlF -e "$source/" -e "$build/" "$work/moved/lib" --include='*.cmake' || fail "the package names its source tree"

cp -r "$source/examples/cpp" "$work/example"  # from elsewhere: its includes cannot come from the source tree
cmake -S "$work/example" -B "$work/out" -DCMAKE_PREFIX_PATH="$work/moved" >"$work/cmake.log" 2>&1 &&
  cmake --build "$work/out" >>"$work/cmake.log" 2>&1 || { cat "$work/cmake.log"; fail "examples/cpp does not build"; }
"$work/out/quadratic" >"$work/first" || fail "examples/cpp ended with $?"
"$work/out/quadratic" | cmp -s - "$work/first" || fail "the same seed gave another result"
# The best of 200 uniform draws alone would be below 0.5 in all but 1 of 20 seeds; this seed is fixed.
awk -F 'value=' 'NF != 2 || !($2 >= 0 && $2 < 0.5) {exit 1}' "$work/first" || fail "no good value: $(cat "$work/first")"
grep -q '^x=.* y=.* value=' "$work/first" || fail "no configuration: $(cat "$work/first")"
