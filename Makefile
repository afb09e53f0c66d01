# A bare python3 (3.11 or newer) with venv, git and make are all that is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.current

.PHONY: docs test faults browser fuzz notebook torch builders lint bench matrix clean help

help:
	@echo "make docs    build the documentation"
	@echo "make test    run all tests"
	@echo "make faults  kill builds, many times, and compare what the next ones write"
	@echo "make browser look at pages of five themes in Chromium"
	@echo "make fuzz    fuzz every reader and front end for some seconds"
	@echo "make notebook run notebooks of MyST-NB, nbsphinx and marimo"
	@echo "make torch   install PyTorch and compare with its schedules"
	@echo "make builders look at what other builders and extensions make of us"
	@echo "make lint    ruff, format and types"
	@echo "make bench   compare speeds with the seed's way of drawing"
	@echo "make matrix  run the tests on other versions of Python and Sphinx"

$(STAMP): pyproject.toml sphinx_pipeviz/__init__.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; set PYTHON=python3.x"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "python3 cannot make a virtual environment; install its venv package"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $(STAMP)

docs: $(STAMP)
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "The documentation is in $(CURDIR)/docs/_build/html/index.html"

test: $(STAMP)
	$(BIN)/python -m pytest -n auto

faults: $(STAMP)
	$(BIN)/python -m pytest -m faults

browser: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group browser
	$(BIN)/python -m pytest -m browser

fuzz: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group fuzz
	$(BIN)/python -m pytest -m fuzz

notebook: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group notebook
	$(BIN)/python -m pytest -m notebook

torch: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group torch
	$(BIN)/python -m pytest -m torch

builders: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group builders --group neighbours
	$(BIN)/python -m pytest tests/test_neighbours.py tests/frontends/test_*builders.py

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m benchmarks

matrix: $(STAMP)
	$(BIN)/tox run --skip-missing-interpreters=true

clean:
	rm -rf docs/_build .pytest_cache .mypy_cache .ruff_cache .tox dist
