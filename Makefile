# `make help` lists the targets. On Debian 12 the first target that needs a package installs it (tools/setup);
# elsewhere, or to keep that from happening: make SETUP=: TARGET.

SETUP ?= tools/setup
BUILD ?= build
PREFIX ?= /usr/local
ARGS ?= --short
DESTDIR ?=
# One compiler per core, but none without 1.2 GB of memory.
JOBS ?= $(shell awk -v n="$$(nproc)" '/^MemAvailable/ {m = int($$2 / 1200000)} END {print m < 1 ? 1 : m < n ? m : n}' /proc/meminfo)
# The Python module is built for a virtual environment of its own, with packages from PyPI (tools/setup-python).
SETUP_PYTHON ?= $(if $(filter tools/setup,$(SETUP)),tools/setup-python,:)
PYTHON = $(abspath $(BUILD))/venv/bin/python
WITH_PYTHON = { $(SETUP_PYTHON) $(BUILD)/venv build test && { \
  grep -qx 'HONE_PYTHON_MODULE:BOOL=ON' $(BUILD)/CMakeCache.txt || \
  cmake $(BUILD) -DHONE_PYTHON_MODULE=ON -DPython_EXECUTABLE=$(PYTHON) >/dev/null; } } || \
  echo 'make: without the Python module and its tests' >&2
CTEST = ctest --no-tests=error --output-on-failure -j2 --test-dir

.PHONY: build help test test-slow check fuzz bench bench-quality demo install clean

build:  ## the program, build/hone (default)
	@$(SETUP) build
	@[ -f $(BUILD)/build.ninja ] || cmake -S . -B $(BUILD) -G Ninja -Wno-dev
	@cmake --build $(BUILD) -j $(JOBS) --target hone hone_api hone_pages

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile

test: build  ## all tests but the slow ones
	@$(SETUP) test
	@$(WITH_PYTHON)
	@cmake --build $(BUILD) -j $(JOBS)
	@$(CTEST) $(BUILD) -LE slow

test-slow: build  ## the tests that take minutes: quality against random search, long chaos
	@$(SETUP) test
	@$(WITH_PYTHON)
	@cmake --build $(BUILD) -j $(JOBS)
	@$(CTEST) $(BUILD) -L slow

check: build  ## format, tidy, layers, purity, and every test under the address and undefined-behaviour sanitizers
	@$(SETUP) check test
	@JOBS=$(JOBS) BUILD=$(BUILD) tools/check

fuzz:  ## each fuzzer of tests/fuzz for FUZZ_SECONDS (600), one after another, under sanitizers
	@$(SETUP) build fuzz
	@JOBS=$(JOBS) tests/fuzz/run $(BUILD)-fuzz

bench: build  ## what Hone itself costs: events per second, processor time per trial
	@$(SETUP) bench demo
	@cmake --build $(BUILD) -j $(JOBS)
	@$(BUILD)/bench/sim_bench
	@/usr/bin/python3 bench/run_bench.py $(BUILD)/hone

bench-quality: build  ## searchers against those of other libraries, in minutes; ARGS= the full form in hours (bench/quality --help)
	@$(SETUP) test
	@$(SETUP_PYTHON) $(BUILD)/venv build bench
	@cmake $(BUILD) -DHONE_PYTHON_MODULE=ON -DPython_EXECUTABLE=$(PYTHON) >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target hone_python
	@PYTHONPATH=$(abspath $(BUILD))/python $(PYTHON) bench/quality $(ARGS)
	@PYTHONPATH=$(abspath $(BUILD))/python $(PYTHON) bench/latency $(filter --short,$(ARGS))

demo: build  ## random search against TPE with ASHA on Fashion-MNIST, under 6 minutes
	@$(SETUP) demo
	@HONE=$(abspath $(BUILD))/hone examples/fashion-mnist/demo

install: build  ## into $(DESTDIR)$(PREFIX): bin/hone, completions, manual, headers, find_package(hone)
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

clean:  ## removes what the other targets made
	@rm -rf build build-asan build-fuzz demo-runs
