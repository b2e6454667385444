# citedx: everything runs in .venv, which is made once; stamp files in it say what was installed.
#
#   make chat ARGS="--port 7997"   the chat in the browser, with any option of `citedx chat`
#   make test                      checks and tests
#   make install                   the environment only
#   make clean                     remove everything that make made

PYTHON ?= python3
ARGS ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check install -c constraints.txt

# What another environment set must not leak into this one.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH PIP_PREFIX PIP_TARGET PIP_USER

# Empty where .venv is missing, was copied from elsewhere, or its Python is gone or too old: then it is made anew.
FRESH := $(shell $(BIN)/python -c 'import os, sys; assert sys.version_info >= (3, 11) and " " + os.path.abspath(".venv") + "\n" in open(".venv/pyvenv.cfg").read()' 2>/dev/null && echo yes)

.PHONY: chat test check install dev clean stale
.NOTPARALLEL:

chat: install
	@$(BIN)/citedx chat $(ARGS)

# A process for each core, each with whole files and one thread of its own. Browser tests: see CONTRIBUTING.md.
test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not browser" --numprocesses=logical --maxprocesses=4 --dist=loadfile --durations=40

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

install: .venv/.installed

dev: .venv/.installed-dev

.venv/.made: $(if $(FRESH),,stale)
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("citedx needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": make PYTHON=...")'
	@$(if $(FRESH),,echo "making .venv"; $(PYTHON) -m venv --clear .venv)
	@touch $@

# PyTorch first and by its exact version: pip then takes a CPU build where its configuration offers one.
.venv/.torch: .venv/.made constraints.txt
	@echo "installing PyTorch into .venv (minutes, once)"
	@$(PIP) torch
	@touch $@

.venv/.installed: .venv/.torch pyproject.toml constraints.txt
	@echo "installing citedx into .venv"
	@$(PIP) -e ".[all]"
	@touch $@

.venv/.installed-dev: .venv/.torch pyproject.toml constraints.txt
	@echo "installing citedx and its development tools into .venv"
	@$(PIP) -e ".[dev]"
	@touch .venv/.installed $@

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
