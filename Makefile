SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
TESTING := .venv/.testing
CHAPTERS := $(sort $(wildcard notebooks/*.ipynb))
LAB_FLAGS ?=
LOADERS ?= datasets torchvision
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# What pins the versions is pinned itself.
UV := uv==0.13.9
pinned = build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --upgrade \
    --generate-hashes --no-annotate --custom-compile-command 'make lock' pyproject.toml $(1)

.PHONY: help lab test test-long test-loaders lint bench notebooks book check stick test-stick learner study music lock clean

help:  ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(READY)  ## set up if needed, then open the notebooks in JupyterLab
	$(BIN)/jupyter lab $(LAB_FLAGS) notebooks/00-start-here.ipynb

test: $(TESTING) lint  ## set up if needed, then prove that everything works
	@# Much of a test of sound is waiting, so there are more processes than cores. But sound keeps time: what fails beside
	@# other tests has to pass alone.
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -r s tests || \
	  $(BIN)/python -m pytest --last-failed --last-failed-no-failures none tests
	$(BIN)/python -m pytest -n 2 --dist loadscope -p no:cacheprovider --nbval --nbval-sanitize-with tests/nbval.cfg --nbval-cell-timeout=120 \
	  $(CHAPTERS)

test-long: export LONG = 1
test-long: test  ## the same, and every chapter with every kind of strange music

test-loaders: $(READY)  ## read data sets with the real datasets and torchvision (installs some gigabytes)
	@test -x .venv-loaders/bin/python || $(PYTHON) -m venv .venv-loaders
	@.venv-loaders/bin/python -m pip install --quiet --disable-pip-version-check $(LOADERS)
	rm -rf build/loaders
	$(BIN)/music-you-can-see data build/loaders/plain --quiet
	$(BIN)/music-you-can-see data build/loaders/split --quiet --split 50/25/25
	$(BIN)/music-you-can-see data build/loaders/color --quiet --recipe timbre --size 64
	.venv-loaders/bin/python tests/loaders.py build/loaders/plain build/loaders/split build/loaders/color

check:  ## is this laptop ready for a lesson?
	@$(PYTHON) book/kit/check.py

stick: $(READY)  ## fill build/stick: a folder for a USB stick that sets up without a network (some gigabytes)
	$(BIN)/python book/kit/stick.py build/stick

test-stick: stick  ## set up from build/stick with the network off, and resolve its packages for every platform
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(BIN)/python tests/stick.py build/stick build/lock/bin/uv

lint: $(TESTING)  ## look for mistakes in the code without running it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(TESTING)  ## measure speed and memory against the plain way
	$(BIN)/python tests/bench.py

notebooks: $(READY)  ## run every chapter and store what it shows
	$(BIN)/python tests/chapters.py $(CHAPTERS)
	$(BIN)/python tests/accepted.py

book: $(TESTING)  ## make the chapters a web site in build/book/html, for any host or a USB stick
	$(BIN)/python book build/book

study: $(READY)  ## let a robot look at a folder of music: make study MUSIC=~/Music
	$(BIN)/python -m helpers.study $(if $(MUSIC),"$(MUSIC)")

learner: $(READY)  ## copy the chapters without what they show into learner/, for a workshop
	@rm -rf learner && mkdir learner && cp -R notebooks/thumbnails learner
	$(BIN)/jupyter nbconvert --log-level WARN --to notebook --ClearOutputPreprocessor.enabled=True --output-dir learner $(CHAPTERS)

music: $(TESTING)  ## compose and render the pieces in data/ again (needs FluidSynth)
	$(BIN)/python data/compose

lock:  ## choose and pin the newest versions that pyproject.toml allows
	$(PYTHON) -m venv --clear build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(call pinned,--extra setup) -o requirements.txt
	$(call pinned,--extra setup --extra book --extra test --constraint requirements.txt) -o requirements-test.txt

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
	@$(INSTALL) --require-hashes -r requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(TESTING): $(READY) requirements-test.txt
	@$(INSTALL) --require-hashes -r requirements-test.txt
	@touch $@
