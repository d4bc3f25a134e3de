# Everything is installed into .venv, from the lock files in tools/locks: no activation, no sudo.
# All paths are relative, so a checkout may live in a folder with spaces or be a git worktree.

PYTHON ?= python3
PY     := .venv/bin/python
PIP    := $(PY) -m pip --quiet --quiet --disable-pip-version-check --no-input
RUN    := $(PY) -m nuanomaly
LOCKS  := tools/locks
# The one tool that installs and locks, itself pinned with its hashes
UV     := --require-hashes --requirement $(LOCKS)/uv.txt
# What is installed on top of the tests' packages, only where somebody asks for it
PURPOSES := exchange samplers browser crosscheck
# The extras of pyproject.toml that a lock is for, where it is not the one of the same name
EXTRAS_dev := dev report root dask datalad signing exchange
EXTRAS_report := report root
# All that is locked: `data` is built here, and is on no index before that
EXTRAS := $(EXTRAS_dev) samplers browser crosscheck
# What the tests need, as an installer reads it, and what they build wheels with
NEWEST = dev,report,root,dask,datalad,signing,exchange
BUILD = hatchling editables

# `make test ARGS="-k gallium"`, `make report ARGS=gallium`, ... : extra arguments for the command
ARGS ?=
# Where the site is, with the mirror and the DataLad store below it
SITE := build/site

# A .venv that was moved or copied along with its checkout still points at the old one: make it anew.
ifneq ($(shell cat .venv/checkout 2>/dev/null),$(CURDIR))
$(shell rm -f .venv/*.stamp)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report test check kinds import catalog check-pr comment mirror data-wheel packages publish ria benchmarks runs cost speed against averages accessible fuzz newest \
	mutate faults contributions $(PURPOSES) lock clean

help: ## Say what can be made
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile

report: .venv/report.stamp ## Build every comparison page and the site around them (installs what it needs)
	@$(RUN) report build $(ARGS)

test: export OMP_NUM_THREADS := 1
test: export OPENBLAS_NUM_THREADS := 1
# Many tests start the program in processes of their own: it is compiled once, whatever Python is told to write.
# The tests of a file go to one process, which makes once what they share; the files in their order, short ones last.
test: .venv/dev.stamp ## Run all tests
	@$(PY) -W ignore -m compileall -q tools/nuanomaly tools/importers
	@$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

fuzz: .venv/dev.stamp ## Read 20,000 damaged files of every kind from outside: one sentence for each, no traceback
	@NUANOMALY_FUZZ=2000 $(PY) -m pytest -n 2 -q tests/fetch/test_fuzz.py $(ARGS)

newest: export OMP_NUM_THREADS := 1
newest: export OPENBLAS_NUM_THREADS := 1
newest: ## Run the tests with the newest version of every dependency, unpinned, warnings as errors (PYTHON=...)
	@$(PYTHON) -m venv --clear build/newest
	@build/newest/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager $(BUILD) --editable ".[$(NEWEST)]"
	@build/newest/bin/python -m pip list
	@build/newest/bin/python -m pytest -n 2 -W error $(ARGS)

faults: .venv/dev.stamp ## Try every fault of servers, disks and processes again, and count, into docs/
	@$(PY) tools/faults.py $(ARGS)

contributions: export OMP_NUM_THREADS := 1
contributions: export OPENBLAS_NUM_THREADS := 1
contributions: .venv/dev.stamp ## Review contributions with one mistake each, into docs/ (some minutes)
	@$(PY) tools/contributions.py $(ARGS)

mutate: export OMP_NUM_THREADS := 1
mutate: export OPENBLAS_NUM_THREADS := 1
mutate: .venv/dev.stamp ## Change 1,000 digits in tables, and see which of them nobody notices (an hour; ARGS="--minutes 10" for a piece)
	@$(PY) tools/mutate.py --record build/mutations.jsonl --output docs/mutations.json --page docs/mutations.md $(ARGS)

check: .venv/dev.stamp ## Format, lint, types, releases, ledger: what a pull request must pass besides the tests
	$(PY) -m ruff format --check
	$(PY) -m ruff check
	$(PY) -m mypy
	$(PY) tools/report_types.py
	$(RUN) validate --history --fresh
	$(RUN) catalog --check

kinds: .venv/report.stamp ## Write the schemas of kinds and the manual's page of them from what their modules declare
	@$(PY) tools/kinds.py

import: .venv/report.stamp ## Rebuild the releases from the originals in ORIGINALS=folder and compare every byte
	@test -n "$(ORIGINALS)" || { echo "Say where the originals are: make import ORIGINALS=folder" >&2; exit 2; }
	@$(RUN) import --originals "$(ORIGINALS)" --check $(ARGS)

catalog: .venv/report.stamp ## Write catalog.yaml anew from the releases
	@$(RUN) catalog $(ARGS)

check-pr: .venv/report.stamp ## Review a contribution as the forge does, into build/review.md (ARGS=--trusted once it is read)
	@mkdir -p build
	@$(REVIEWED) $(RUN) check-pr $(if $(BASE),--base "$(BASE)") $(ARGS) > build/review.md; \
	  status=$$?; cat build/review.md; exit $$status

# Of another checkout (ARCHIVE=folder), which is read as data: the program stays this one.
REVIEWED = $(if $(ARCHIVE),NUANOMALY_ARCHIVE="$(ARCHIVE)")

comment: ## Show a review on its pull request: what the forge does (see .github/comment.sh)
	@bash .github/comment.sh

mirror: .venv/report.stamp ## Write the static mirror into build/site/mirror
	@$(RUN) mirror $(SITE)/mirror $(ARGS)

data-wheel: .venv/report.stamp ## Build the package of all released tables (nuanomaly-data) into dist/
	@$(PY) tools/data_wheel.py $(ARGS)

packages: data-wheel ## Build the program and its tables as two packages into dist/
	@$(PIP) wheel --no-deps --no-build-isolation --no-index --wheel-dir dist .
	@ls dist

publish: ## Put what lies in dist/ on the package index, as the forge's own identity allows
	@$(PYTHON) -m venv --clear build/publish-venv
	@build/publish-venv/bin/python -m pip --quiet --quiet --disable-pip-version-check install $(UV)
	@build/publish-venv/bin/uv publish --trusted-publishing always dist/*.whl

ria: .venv/report.stamp ## Write the static DataLad store into build/site/ria (URL=https://... where it will be)
	@$(RUN) ria $(SITE)/ria $(if $(URL),--url "$(URL)") $(ARGS)

benchmarks: .venv/report.stamp ## Recompute the published numbers of every release
	@$(RUN) benchmarks $(ARGS)

runs: export OMP_NUM_THREADS := 1
runs: .venv/report.stamp ## Do the long runs (toys, fits, scans) that comparisons declare (ARGS="--workers 2")
	@$(RUN) runs $(ARGS)

cost: export OMP_NUM_THREADS := 1
cost: export OPENBLAS_NUM_THREADS := 1
cost: .venv/report.stamp ## Measure what toys cost, for the page on it (some minutes)
	@$(RUN) cost --output comparisons/cost-of-toys $(ARGS)

speed: export OMP_NUM_THREADS := 1
speed: export OPENBLAS_NUM_THREADS := 1
speed: .venv/dev.stamp ## Time the hot paths
	@$(PY) -m pytest tests/benchmarks --benchmark-enable --benchmark-only $(ARGS)

against: .venv/report.stamp ## Time SCRIPT=file on this checkout and on the commit BASE, alternately
	@test -n "$(BASE)" -a -n "$(SCRIPT)" || { \
	  echo "Say what to time, and against which commit: make against BASE=commit SCRIPT=file" >&2; exit 2; }
	@$(PY) tools/against.py --base "$(BASE)" --python "$(PYTHON)" $(ARGS) "$(SCRIPT)"

averages: export OMP_NUM_THREADS := 1
averages: export OPENBLAS_NUM_THREADS := 1
averages: .venv/report.stamp ## Measure averages over intervals of L/E on every release, into docs/
	@$(PY) tools/averages.py $(ARGS)

grids: export OMP_NUM_THREADS := 1
grids: export OPENBLAS_NUM_THREADS := 1
grids: .venv/report.stamp ## Measure how little toys hang on the grid, on every release, into docs/ (an hour)
	@$(PY) tools/grids.py $(ARGS)

exchange: export OMP_NUM_THREADS := 1
exchange: export OPENBLAS_NUM_THREADS := 1
exchange: .venv/exchange.stamp ## Export every release in every format, judged and read back by its readers, into docs/
	@$(PY) tools/exchange.py $(ARGS)

samplers: export OMP_NUM_THREADS := 1
samplers: .venv/samplers.stamp ## Draw from three posteriors with emcee and dynesty, beside the grid, into docs/
	@$(PY) tools/check_samplers.py

browser: export OMP_NUM_THREADS := 1
browser: export OPENBLAS_NUM_THREADS := 1
browser: .venv/browser.stamp ## Compare the explorer, in a Chromium that is on PATH, with the engine
	@$(PY) tools/browser.py $(ARGS)

accessible: .venv/browser.stamp ## Look at pages of each kind of build/site on a phone and a screen, with axe (ARGS=--all)
	@$(PY) tools/accessible.py $(ARGS)

crosscheck: .venv/crosscheck.stamp ## Compare probabilities with other packages, into docs/
	@$(PY) tools/crosscheck.py

lock: .venv/pip.stamp ## Pin the packages anew (LOCK_ARGS=--upgrade for newer versions)
	@echo "Resolving the dependencies in pyproject.toml ..."
	@$(PYTHON) -m venv --clear build/lock-venv
	@build/lock-venv/bin/python -m pip --quiet --quiet --disable-pip-version-check install $(UV)
	@awk '/^[a-z0-9]/ { first = !seen[$$1]++ } first' $(LOCKS)/*.txt > build/locked.txt
	@$(LOCK) $(PROJECT) $(addprefix --extra ,$(EXTRAS)) $(LOCK_ARGS) --output-file build/locked.txt
	@$(foreach purpose,dev report $(PURPOSES),\
	  $(LOCK) $(PROJECT) $(addprefix --extra ,$(or $(EXTRAS_$(purpose)),$(purpose))) --constraints build/locked.txt \
	    --output-file $(LOCKS)/$(purpose).txt &&) true
	@echo uv | $(LOCK) - $(LOCK_ARGS) --output-file $(LOCKS)/uv.txt
	@rm -rf build/lock-venv

# All extras are resolved together, so that the locks agree and one .venv holds them. There is one version of each
# package for all Pythons and platforms (fewest forks), with the hashes of all its files.
LOCK := build/lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	--custom-compile-command "make lock"
PROJECT := pyproject.toml --group build

clean: ## Remove build/ and caches (not .venv)
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find tools tests comparisons -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# --- installation -----------------------------------------------------------------------------------------

# A Python that is missing, too old or without pip's installer is named before anything fails.
.venv/pip.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "nuanomaly needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo missing)." >&2; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments (its venv or ensurepip module is missing)." >&2; \
	  echo "Debian or Ubuntu: apt install python3-venv. Or name another Python: make PYTHON=... $(MAKECMDGOALS)" >&2; \
	  exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear .venv
	@printf %s "$(CURDIR)" > .venv/checkout
	@touch $@

# pip would compile on one core, tests of packages too, half of the time that an installation takes. All that is imported
# is compiled here, on all cores: what is compiled when it is first imported may warn on a page or in a test.
COMPILE := import compileall, re, sysconfig; \
  compileall.compile_dir(sysconfig.get_path('purelib'), quiet=2, workers=0, rx=re.compile('/tests?/'))

# uv installs in an eighth of the time of pip, and looks at the same hashes. It knows nothing of pip's own settings (an
# index of one's own, say): where it finds no packages, or is not to be had, pip does it.
UV_INSTALL = ( test build/uv/bin/uv -nt $(LOCKS)/uv.txt || $(PIP) install --upgrade --target build/uv $(UV) ) && \
	build/uv/bin/uv pip install --quiet

# $(call install,lock file,duration): the pinned packages, then this checkout, which downloads nothing more.
define install
	@$(PY) -c '' 2>/dev/null || { echo ".venv is broken (its Python has gone): rm -r .venv, then try again." >&2; exit 1; }
	@echo "Installing the $$(grep -c == $(1)) packages pinned in $(1) into .venv (about $(2)) ..."
	@( $(UV_INSTALL) --python $(PY) --require-hashes --requirement $(1) ) 2>/dev/null || \
	  $(PIP) install --no-compile --progress-bar off --require-hashes --requirement $(1)
	@$(PY) -W ignore -c "$(COMPILE)"
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
endef

.venv/report.stamp: $(LOCKS)/report.txt pyproject.toml | .venv/pip.stamp
	$(call install,$(LOCKS)/report.txt,1 minute)
	@touch $@

.venv/dev.stamp: $(LOCKS)/dev.txt pyproject.toml | .venv/pip.stamp
	$(call install,$(LOCKS)/dev.txt,1 minute)
	@touch $@ .venv/report.stamp

# On top of the tests' packages, whose versions these locks keep.
$(PURPOSES:%=.venv/%.stamp): .venv/%.stamp: $(LOCKS)/%.txt .venv/dev.stamp
	$(call install,$<,1 minute)
	@touch $@
