# build: .venv with the package, optimised   demo: a hundred million points in 64 MB   test: everything
# check: format, lints, types, docs          bench: the table against the peers        sanitize: ASan, TSan on raw/
# fuzz: every reader for FUZZ_SECONDS (60)
.DEFAULT_GOAL := build
# suites: other libraries' own tests, with and without      versions: tests/lifetime on oldest and newest
# score: what `drypoint watch` says of programs with known defects
.PHONY: build demo test check bench score suites versions sanitize fuzz wheel clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(shell git ls-files crates python pyproject.toml Cargo.toml Cargo.lock 2>/dev/null)

build: $(VENV)/.built

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Drypoint needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	touch $@

$(VENV)/.built: $(VENV)/.made $(CORE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check .
	touch $@

$(VENV)/.demo: $(VENV)/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'numpy>=2'
	touch $@

$(VENV)/.test: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group test --group check
	touch $@

demo: build $(VENV)/.demo
	$(BIN)/python examples/demo.py

test: build $(VENV)/.test
	cargo test --workspace --quiet
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal
	$(BIN)/python -m pytest -o pythonpath=benches benches/tests

check: build $(VENV)/.test
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python docs/make_reference.py --check
	cd / && $(abspath $(BIN))/python -m mypy.stubtest drypoint --mypy-config-file $(abspath pyproject.toml)

bench: build
	$(BIN)/python benches/bench.py $(if $(QUICK),--quick) $(BENCH)

score: build $(VENV)/.test
	$(BIN)/python tests/watch/score.py tests/watch/programs

suites: build $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group suites
	$(BIN)/python tests/suites/run.py $(SUITES)

versions: build $(VENV)/.test
	bash tests/suites/versions.sh $(VERSIONS)

sanitize:
	bash .ci/sanitize.sh

fuzz: build $(VENV)/.test
	$(BIN)/python fuzz/seeds.py
	bash fuzz/run.sh

clean:
	rm -rf target out $(VENV) .bench
