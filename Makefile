# Everything a newcomer needs is `make run` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PIP_ARGS ?=
PORT ?= 8501
# WATCH=auto has the server notice edited code
WATCH ?= none
TRAINING_PIECES ?= build/training-pieces
# What `make models` learns from, beside what is of SHARED, on which it measures too; which networks, into which folder,
# and further options of `synesthete train`, such as TRAIN="--n-steps 5" to see that it works.
MUSIC ?= data/sampler
SHARED ?= ../shared/data
MODELS ?= autoencoder autoencoder-small genre-cnn siamese
TRAINING ?= build/training
MODELS_INTO ?= data/models
TRAIN ?=
BIN := .venv/bin
# The machines are small: two processes share the tests, and each keeps its numeric threads to itself.
TEST_JOBS ?= 2
# The weights of two encoders come in these wheels (musicnn: ISC licence; aisfx: MIT, its weights CC BY 4.0). Without their
# dependencies: they ask for TensorFlow or old versions, and none of their code runs here. A failure costs that one encoder, not the app.
BORROWED = for wheel in musicnn==0.1.0 aisfx==0.1.2; do \
	  $(BIN)/python -m pip install --disable-pip-version-check -q $(PIP_ARGS) --no-deps $$wheel || \
	  echo "The encoder of $$wheel could not be installed; the others work."; \
	done

.PHONY: help run test lint types unit sampler training-pieces benchmarks models screenshots clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: .venv/.installed ## install into .venv and start the app on http://127.0.0.1:8501
	SYNESTHETE_OWNER=$${SYNESTHETE_OWNER-local} $(BIN)/streamlit run app.py --server.address 127.0.0.1 --server.port $(PORT) \
	  --server.fileWatcherType $(WATCH)

test: lint types unit ## install with the development tools, then lint, types and every test

lint: .venv/.installed-dev ## style
	$(BIN)/ruff check .

types: .venv/.installed-dev ## types
	$(BIN)/mypy

unit: .venv/.installed-dev ## all tests, the browser's included
	$(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadfile --no-loadscope-reorder

sampler: .venv/.installed-dev ## compose, render, embed and index the built-in catalogue (needs fluidsynth)
	$(BIN)/python -m tools.composer --output data/sampler
	$(BIN)/python -m synesthete.sampler

training-pieces: .venv/.installed-dev ## compose pieces to train on into build/training-pieces (needs fluidsynth)
	$(BIN)/python -m tools.composer.training_pieces $(TRAINING_PIECES)

# Of the real recordings, one half is learned from and the other half reported on; a folder that is not there is left out.
models: .venv/.installed-dev ## train the small encoders anew from the built-in music and what of ../shared/data is there
	@data="$(MUSIC)"; report=""; \
	[ ! -f $(SHARED)/music/tracks.csv ] || data="$$data $(SHARED)/music"; \
	if [ -f $(SHARED)/real/tracks.csv ]; then \
	  $(BIN)/python benchmarks/real_split.py $(SHARED)/real/tracks.csv --lessons $(TRAINING)/real/lessons \
	    --report $(TRAINING)/real/report && data="$$data $(TRAINING)/real/lessons"; \
	  report="--report-on $(TRAINING)/real/report"; \
	fi; \
	for name in $(MODELS); do \
	  echo "== $$name, from $$data"; \
	  $(BIN)/python -m synesthete train $$name --data $$data $$report --work $(TRAINING) --models $(MODELS_INTO) \
	    $(TRAIN) || exit 1; \
	done

benchmarks: .venv/.installed-dev ## speed and memory, ours against a baseline in the same run
	for file in benchmarks/*.py; do echo "== $$file"; PYTHONPATH=. $(BIN)/python $$file || exit 1; done

screenshots: .venv/.installed-dev ## take the README's pictures from the running app; INTO=folder: every page, to look at
	$(BIN)/python -m tests.e2e.screenshots $(INTO)

clean: ## remove what was installed and cached
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Synesthete needs Python 3.11 or newer; none was found on the PATH."; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Synesthete needs Python 3.11 or newer; $(PYTHON) is older. Say: make run PYTHON=/path/to/python3.11"; exit 1; }
	"$(PYTHON)" -m venv .venv

.venv/.installed: .venv/bin/python requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q $(PIP_ARGS) -r requirements.txt
	$(BORROWED)
	touch $@

.venv/.installed-dev: .venv/bin/python requirements.txt requirements-dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q $(PIP_ARGS) -r requirements-dev.txt
	$(BORROWED)
	touch $@ .venv/.installed
