# Everything sets itself up: a virtual environment in .venv, made anew when pyproject.toml changes.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

.PHONY: demo test lint types docs docs-check generate clean help

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: $(VENV)/.base ## The main job on the embedded sandbox: onboard a customer, then run all 27 actions
	$(BIN)/imcloud demo

test: $(VENV)/.dev ## Pass every test
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.dev ## Check style, and the pack with its own linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/imcloud lint

types: $(VENV)/.dev ## Check types
	$(BIN)/mypy

generate: $(VENV)/.dev ## Write the generated pages and type stubs anew
	$(BIN)/python -m tools.generate

docs-check: $(VENV)/.dev ## Fail when generated pages or stubs are stale
	$(BIN)/python -m tools.generate --check

docs: $(VENV)/.docs ## Build the documentation as a site in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

clean: ## Remove what the targets above have made
	rm -rf $(VENV) build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e '.[dev]'
	@touch $@ $(VENV)/.base

$(VENV)/.docs: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e '.[docs]'
	@touch $@ $(VENV)/.base
