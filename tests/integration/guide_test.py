#!/usr/bin/env python3
"""docs/guide.md, followed to the letter in an empty folder: every command, every file, every line of output it shows.

Usage: guide_test.py HONE [FOLDER]. With a FOLDER the guide is followed there, and what came out stays in FOLDER/output.

In the guide: a block whose info string is `sh` is run, by one bash -e for all of them; a line that ends in `# exits N` must
exit with N. A block with a file's name (```yaml night.yaml) is that file. A `text` block is what the `sh` block before it
printed: each of its lines must be among the output, where `…` stands for anything, and times and sizes for any other.
`<!-- test: COMMAND -->` is run too, and not shown: it waits for what a person would see.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile

GUIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/guide.md")
PRELUDE = """
wait_for() { for _ in $(seq 600); do if eval "$*" > /dev/null 2>&1; then return 0; fi; sleep 0.05; done; echo "never: $*"; return 1; }
exits() { if [ "$1" != "$2" ]; then echo "exit status $2 instead of $1"; return 1; fi; }
"""


class Block:
    def __init__(self, kind, line, text, name=""):
        self.kind, self.line, self.text, self.name = kind, line, text, name


def blocks(guide):
    found, fence = [], None
    for number, line in enumerate(guide.split("\n"), 1):
        if fence is None and line.startswith("```"):
            kind, _, name = line[3:].partition(" ")
            assert kind in ("sh", "text", "yaml", "python"), "line %d: ```%s is not run: say sh, text or a file" % (number, kind)
            assert name or kind in ("sh", "text"), "line %d: say which file this is" % number
            fence = Block("file" if name else kind, number, "", name)
        elif fence is not None and line == "```":
            found.append(fence)
            fence = None
        elif fence is not None:
            fence.text += line + "\n"
        elif hidden := re.fullmatch(r"<!-- test: (.*) -->", line):
            found.append(Block("hidden", number, hidden[1] + "\n"))
    assert fence is None, "line %d: a block without an end" % fence.line
    return found


def script(found):
    out = PRELUDE
    for block in found:
        if block.kind == "file":
            out += "cat > %s << 'END OF FILE'\n%sEND OF FILE\n" % (block.name, block.text)
        elif block.kind in ("sh", "hidden"):
            commands = re.sub(r"(?m)^(.*\S) +# exits (\d+).*$", r"status=0; \1 || status=$?; exits \2 $status", block.text)
            out += "echo '@@@ %d'\n%secho '@@@ 0'\n" % (block.line, commands)
    return out


def pattern(line):
    """What a line of the guide matches: times, sizes and columns are not the same on every machine."""
    out = ""
    for part in re.split(r"(…|\s+|\d+(?:\.\d+)?s\b|[\d.]+ [KMG]iB)", line.strip()):
        if part == "…":
            out += ".*"
        elif re.fullmatch(r"\s+", part):
            out += r"\s+"
        elif re.fullmatch(r"[\d.]+s", part):
            out += r"[\d.hms]+"
        elif re.fullmatch(r"[\d.]+ [KMG]iB", part):
            out += r"[\d.]+ [KMG]iB"
        else:
            out += re.escape(part)
    return out


def printed(output):
    """Line of the guide → what its block printed."""
    found, at = {}, 0
    for line in output.split("\n"):
        if marker := re.fullmatch(r"@@@ (\d+)", line):
            at = int(marker[1])
            found.setdefault(at, [])
        elif at:
            found[at].append(line.strip())
    return found


def follow(hone, found, folder):
    tools = os.path.join(folder, "bin")
    os.makedirs(tools)
    os.symlink(hone, os.path.join(tools, "hone"))
    here = os.path.join(folder, "guide")
    os.makedirs(here)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HONE", "CUDA")) and k not in ("TOKEN", "OMP_NUM_THREADS")}
    environment["PATH"] = tools + ":" + environment["PATH"]
    with open(os.path.join(folder, "script"), "w") as out:
        out.write(script(found))
    with open(os.path.join(folder, "output"), "w+") as out:
        bash = subprocess.Popen(["bash", "-e", "../script"], cwd=here, env=environment, stdin=subprocess.DEVNULL, stdout=out,
                                stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = bash.wait(240)
        finally:
            try:
                os.killpg(bash.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        out.seek(0)
        return status, out.read()


def main():
    hone = os.path.abspath(sys.argv[1])
    with open(GUIDE) as file:
        found = blocks(file.read())
    with tempfile.TemporaryDirectory(prefix="hone-guide-", ignore_cleanup_errors=True) as temporary:
        status, output = follow(hone, found, sys.argv[2] if len(sys.argv) > 2 else temporary)
    outputs = printed(output)
    passed = failed = 0
    last = None
    for block in found:
        if block.kind in ("sh", "hidden"):
            last = block if block.kind == "sh" else last
            passed += block.line in outputs
        if block.kind != "text":
            continue
        lines = outputs.get(last.line, [])
        for line in block.text.splitlines():
            if line.strip() and not any(re.fullmatch(pattern(line), each) for each in lines):
                print("docs/guide.md, output below line %d: the block at line %d did not print: %s" % (block.line, last.line, line))
                failed += 1
        passed += 1
    if status != 0:
        at = max(outputs, default=0)
        print("docs/guide.md:%d: ended with status %d:\n  %s" % (at, status, "\n  ".join(outputs.get(at, [])[-30:])))
        failed += 1
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
