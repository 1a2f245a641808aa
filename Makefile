# Every target makes its own virtual environment first: a fresh machine needs only python3 (3.11 or newer), git and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
BENCH_VENV ?= .venv-bench
MLFLOW_VENV ?= .venv-mlflow
WORKERS ?= 2

.DEFAULT_GOAL := help

.PHONY: help
help: ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "promptgit needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.PHONY: venv
venv: $(VENV)/.installed ## the virtual environment

.PHONY: demo
demo: venv ## a tour of the product on one screen
	@$(BIN)/promptgit demo

.PHONY: test
test: lint ## linters, types and tests; under ten minutes on 2 cores
	$(BIN)/python -m pytest -q -n $(WORKERS)

$(MLFLOW_VENV)/.installed: pyproject.toml
	@test -x $(MLFLOW_VENV)/bin/python || $(PYTHON) -m venv $(MLFLOW_VENV)
	$(MLFLOW_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,mlflow]'
	@touch $@

.PHONY: test-mlflow
test-mlflow: $(MLFLOW_VENV)/.installed ## the tests that need MLflow, in an environment of their own: a few minutes
	$(MLFLOW_VENV)/bin/python -m pytest -q -n $(WORKERS) -m 'mlflow and not long' tests/integrations tests/interop tests/browser tests/search tests/schema tests/benchmarks

.PHONY: test-long
test-long: venv ## the full form of the guarantees: an hour
	$(BIN)/python -m pytest -q -m 'long or not long'

.PHONY: lint
lint: venv ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: format
format: venv ## put the code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(BENCH_VENV)/.installed: pyproject.toml
	@test -x $(BENCH_VENV)/bin/python || $(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check 'mlflow==3.17.2' --editable .
	@touch $@

.PHONY: bench
bench: venv $(BENCH_VENV)/.installed ## promptgit beside MLflow in one run
	$(BIN)/python benchmarks/run.py --mlflow-python $(BENCH_VENV)/bin/python
	$(BIN)/python benchmarks/remote.py --mlflow-python $(BENCH_VENV)/bin/python
	$(BIN)/python benchmarks/plugin.py --mlflow-python $(BENCH_VENV)/bin/python

.PHONY: bench-write
bench-write: venv $(BENCH_VENV)/.installed ## the same with the large registry, written into the README files
	$(BIN)/python benchmarks/run.py --mlflow-python $(BENCH_VENV)/bin/python --full --write
	$(BIN)/python benchmarks/remote.py --mlflow-python $(BENCH_VENV)/bin/python --write
	$(BIN)/python benchmarks/plugin.py --mlflow-python $(BENCH_VENV)/bin/python --write

.PHONY: clean
clean: ## remove what was made here
	rm -rf $(VENV) $(BENCH_VENV) $(MLFLOW_VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
