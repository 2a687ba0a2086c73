SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
CHAPTERS := $(sort $(wildcard notebooks/*.ipynb))
LAB_FLAGS ?=

.PHONY: help lab test lint bench notebooks music lock clean

help:  ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(READY)  ## set up if needed, then open the notebooks in JupyterLab
	$(BIN)/jupyter lab $(LAB_FLAGS) notebooks/00-start-here.ipynb

test: $(READY) lint  ## set up if needed, then prove that everything works
	$(BIN)/python -m pytest -n 2 --dist worksteal -r s tests
	$(BIN)/python -m pytest -n 2 --dist loadscope -p no:cacheprovider --nbval --nbval-cell-timeout=120 $(CHAPTERS)

lint: $(READY)  ## look for mistakes in the code without running it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(READY)  ## measure speed and memory against the plain way
	$(BIN)/python tests/bench.py

notebooks: $(READY)  ## run every chapter and store what it shows
	$(BIN)/python tests/chapters.py $(CHAPTERS)

music: $(READY)  ## compose and render the pieces in data/ again (needs FluidSynth)
	$(BIN)/python data/compose

lock: $(READY)  ## choose and pin the newest versions that pyproject.toml allows
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --upgrade \
	    --extra test --generate-hashes --no-annotate --custom-compile-command 'make lock' \
	    pyproject.toml -o requirements.txt

clean:  ## remove the environment and everything else git does not keep
	git clean -dfX

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." \
	       "Install a newer one, then say: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
	  echo "This Python cannot make environments: install its venv package" \
	       "(on Debian and Ubuntu: sudo apt install python3-venv), then try again." >&2; exit 1; }
	@echo "Setting up .venv: this takes a minute or two, once."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
