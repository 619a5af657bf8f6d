# Everything a person does with this project. `make` alone lists it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help install demo dev test test-heavy lint types format bench eval clean lock extras docs

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## install everything into .venv (hashes checked)

$(STAMP): pyproject.toml requirements/dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## ingest the example documents and answer five questions, each with a picture of its place
	@$(BIN)/stepflow-assets demo

dev: $(STAMP) ## open the Dagster UI and the viewer on the same data (loopback, ports 3000 and 3100)
	@$(BIN)/stepflow-assets dev

test: $(STAMP) lint types ## lint, types and the tests (under ten minutes on two cores)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not process and not postgres and not corpus"

test-heavy: $(STAMP) ## real servers, killed processes, the whole corpus
	$(BIN)/python -m pytest -m "process or postgres or corpus"

lint: $(STAMP) ## ruff and the import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

types: $(STAMP) ## the type checker, strict
	$(BIN)/python -m mypy

format: $(STAMP) ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## measure against the goals and the competitors (docs/benchmarks.md)
	$(BIN)/python -m benchmarks

eval: $(STAMP) ## read the corpus and hold it against its ground truth (ARGS="--only rtl --json")
	$(BIN)/python -m stepflow_assets.evals $(ARGS)

docs: $(STAMP) ## write the generated parts of the docs anew
	$(BIN)/python -m docs.generate

EXTRAS := webserver serve mcp view chunking eval docling gpu opensearch k8s postgres aws
extras: $(STAMP) ## every extra can be installed beside the locked versions
	@for extra in $(EXTRAS); do \
	  $(BIN)/uv pip compile --quiet --python-version 3.11 --extra $$extra -c requirements/dev.txt pyproject.toml >/dev/null \
	    || { echo "the extra $$extra does not fit beside requirements/dev.txt"; exit 1; }; done
	@echo "extras that fit beside the lock: $(EXTRAS)"

lock: $(STAMP) ## pin dependencies anew (hashes, no index lines)
	$(BIN)/uv pip compile pyproject.toml --group dev --extra webserver --extra serve --extra mcp --extra view --extra chunking --extra postgres --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-extras -o requirements/dev.txt

clean: ## delete what the tool wrote (not the environment)
	rm -rf .stepflow
