# Every target works from a fresh clone: `make book` and `make test` make the environment first.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORES ?= 2

# As one text, whatever is in it: the blanks and brackets of a list are none of the shell's business.
export PARAMS
# Files and pipes are UTF-8, whatever the shell's locale.
export PYTHONUTF8 := 1
# What a process compiled, the next reads: some images switch that off, and each of the many
# processes here would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
# Debugger and telemetry chatter that has no place in a build's output.
export PYDEVD_DISABLE_FILE_VALIDATION := 1

# Runs a command with the kernels, and the one thread, that give the book's numbers.
PINNED = $(BIN)/python -m ddlib.kernels

# --nolock: the Snakefile holds a lock of the operating system, which a killed build lets go.
# --max-jobs-per-timespan: for each job that ended, Snakemake looks once per such time whether another
# can start. With its own second it takes a tenth of a core.
# Pinned, so that none of its many jobs has to start itself anew.
SNAKEMAKE = PATH="$(abspath $(BIN)):$$PATH" $(PINNED) $(BIN)/snakemake --cores $(CORES) \
	--quiet rules host --nolock --rerun-incomplete --keep-going --max-jobs-per-timespan 1000/5s

# A worker that has no test left takes half of those that the other has not begun.
PYTEST = $(PINNED) $(BIN)/pytest --numprocesses 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help env book pdf screenshots test explore coverage kernels nightly run sweep summaries pack audit lab lint lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

# An environment runs the programs, and the ddlib, of the folder that it was made in: one that came
# along with a copied or moved folder is made anew.
FOREIGN := $(shell cd / && test -e "$(abspath $(BIN))/activate" && ! grep -qF -e '"$(abspath $(VENV))"' \
	-e "'$(abspath $(VENV))'" -e '=$(abspath $(VENV))' "$(abspath $(BIN))/activate" && echo yes)
ifdef FOREIGN
.PHONY: $(VENV)/.installed
endif

env: $(VENV)/.installed ## make the environment in .venv from the lock, requirements.txt

$(VENV)/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: $(PYTHON) is older than 3.11; pass a newer one as make PYTHON=python3.12" >&2; exit 2; }
	$(if $(FOREIGN),rm -rf $(VENV))
	$(PYTHON) -m venv $(VENV)
	# Without compiling all modules of all packages, of which few are ever imported: a third of the time.
	$(BIN)/pip install --quiet --no-compile --disable-pip-version-check --requirement requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

book: env ## execute what changed, build the book, print the page to open
	@$(BIN)/python -m ddlib.book check
	@$(SNAKEMAKE) -- book
	@$(BIN)/python -c 'import pathlib; print("Open", pathlib.Path("_build/html/index.html").resolve().as_uri())'

pdf: book ## print the whole book into one PDF, which the landing page then offers
	@$(BIN)/python -m ddlib.book pdf

screenshots: book ## compare how pages look with what is stored: make screenshots [PAGES="x y"] [UPDATE=1]
	@$(BIN)/python -m ddlib.book screenshots $(PAGES) $(if $(UPDATE),--update)

test: book ## run the whole test suite, the built book in a browser included
	$(PYTEST)

explore: env ## try random examples that `make test` does not: make explore [SEED=1]
	@seed=$${SEED:-$$RANDOM}; \
	$(PYTEST) -m hypothesis --hypothesis-profile explore --hypothesis-seed $$seed; code=$$?; \
	echo "make explore SEED=$$seed tries the same examples"; exit $$code

coverage: book ## run the whole test suite and say which lines of ddlib it leaves out
	$(PYTEST) --cov --cov-report=term-missing:skip-covered

kernels: env ## compare rows of every experiment between shells that ask for other kernels
	$(PYTEST) -m kernels

nightly: env ## run the tests that `make test` leaves out for their time, and audit all stored rows
	$(PYTEST) -m nightly
	@$(BIN)/python -m ddlib audit --seconds inf

run: env ## run one notebook: make run NOTEBOOK=notebooks/x.py PARAMS="name=value …" OUTPUT=x.ipynb
	@$(BIN)/python -m ddlib.book run $(or $(NOTEBOOK),$(error say which: make run NOTEBOOK=notebooks/merging.py)) "$$PARAMS" --readable $(if $(OUTPUT),--output $(OUTPUT))

sweep: env ## compute a grid: make sweep GRID=grids/x.yml [PROFILE=profiles/slurm] [RESULTS=folder] [REPLACE=1]
	@$(BIN)/python -m ddlib grid $(or $(GRID),$(error say which: make sweep GRID=grids/descents.yml)) \
		$(if $(RESULTS),--results "$(RESULTS)") $(if $(REPLACE),--replace)
	@$(SNAKEMAKE) $(if $(PROFILE),--workflow-profile $(PROFILE)) --config grid=$(GRID) \
		$(if $(RESULTS),"results=$(RESULTS)") $(if $(REPLACE),replace=true) -- sweep

summaries: env ## summaries of many tables, as jobs: make summaries FOLDER=x [SETTINGS=x.yml] [PROFILE=profiles/slurm]
	@$(SNAKEMAKE) $(if $(PROFILE),--workflow-profile $(PROFILE)) --config \
		"folder=$(or $(FOLDER),$(error say which: make summaries FOLDER=shards))" $(if $(SETTINGS),"settings=$(SETTINGS)") -- summaries

pack: env ## fold new stored rows into one file an experiment, to commit: make pack [EXPERIMENTS="x y"]
	@$(BIN)/python -m ddlib pack $(EXPERIMENTS)

audit: env ## recompute a sample of the stored rows: make audit [SECONDS=60] [COUNT=20] [SEED=1] [LOOSE=1]
	@$(BIN)/python -m ddlib audit --seconds $(or $(SECONDS),60) $(if $(COUNT),--count $(COUNT)) \
		$(if $(SEED),--seed "$(SEED)") $(if $(LOOSE),--loose)

lab: env ## open the chapters in JupyterLab, each .py as a notebook [ARGS="--allow-root …"]
	@$(BIN)/jupytext-config --settings-file $(VENV)/etc/jupyter/labconfig/default_setting_overrides.json \
		set-default-viewer python
	PATH="$(abspath $(BIN)):$$PATH" $(PINNED) $(BIN)/jupyter lab notebooks $(ARGS)

lint: env ## check style and types; `make lint FIX=1` mends what can be mended
	$(BIN)/ruff check $(if $(FIX),--fix) .
	$(BIN)/ruff format $(if $(FIX),,--check) .
	$(BIN)/pyright

lock: ## renew requirements.txt from pyproject.toml
	rm -rf _build/lock && $(PYTHON) -m venv _build/lock
	_build/lock/bin/pip install --quiet --disable-pip-version-check '.[book,sweep,test]'
	{ echo '# Written by `make lock` from pyproject.toml: every package, the transitive ones too.'; \
	  _build/lock/bin/pip freeze --all --exclude pip --exclude ddlib | sed 's/+cpu$$//'; } > _build/lock/requirements.txt
	mv _build/lock/requirements.txt requirements.txt && rm -rf _build/lock build

clean: ## remove what was built (the environment stays; rm -rf .venv removes it)
	rm -rf _build .snakemake
