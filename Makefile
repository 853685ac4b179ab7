# make report | make test | make help

PYTHON ?= python3
PROFILE ?= standard
CORES ?= all
EVERY ?= 11
VENV := .venv
READY := $(VENV)/.ready
BENCH := .venv-bench
MUTANTS := .venv-mutants
BENCH_READY := $(BENCH)/.ready
IN_VENV := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"

.DEFAULT_GOAL := help
.PHONY: help report workflow-report test axe docs test-slow mutants sanitize lint plan faults cluster bench clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

report: $(READY) ## run the pipeline and write the report (PROFILE=smoke|standard|paper, CORES=n)
	@$(IN_VENV) dlstats run $(PROFILE) --cores $(CORES) || { s=$$?; [ $$s = 3 ] && exit 3; $(IN_VENV) python -m dlstats write --config config/$(PROFILE).yaml; \
	  echo "Some work failed: the report holds what is finished and says what is missing." >&2; exit 1; }

workflow-report: $(READY) ## Snakemake's own report of the last run, as reports/workflow.html
	@$(IN_VENV) snakemake --report reports/workflow.html --config profile=$(PROFILE)

plan: $(READY) ## cells, jobs and expected cost of a profile, without running it
	@$(IN_VENV) dlstats plan --config config/$(PROFILE).yaml

test: $(READY) $(VENV)/.nvrtc ## the tests (under 10 minutes on 2 cores)
	@$(IN_VENV) python -m pytest -n 2 --dist worksteal

$(VENV)/.nvrtc: tests/training/cuda/requirements.txt $(READY) # 90 MB, no GPU or driver; without it its tests are skipped
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $< || echo "NVRTC is not to be had: its tests are skipped." >&2
	@touch $@

axe: ## axe-core from npm, with which the browser's tests look for what bars readers (else that test is skipped)
	npm install --silent --no-save --no-audit --no-fund --prefix build/axe axe-core@4.14.1

docs: $(READY) ## the documentation site, into build/docs/index.html, with pictures of every study at its smallest
	@mkdir -p build/gallery && cd build/gallery && $(IN_VENV) dlstats run every --cores $(CORES) --quiet all || [ $$? = 3 ] || echo "Some studies have no picture." >&2
	@$(IN_VENV) python -m sphinx -q -W --keep-going -b html docs build/docs

test-slow: $(READY) $(VENV)/.nvrtc ## the tests marked slow, too
	@$(IN_VENV) python -m pytest -n 2 --dist worksteal -m ''

mutants: $(READY) $(MUTANTS)/.ready ## 200 random changes of the code, each judged by the tests of its room (under an hour on 2 cores)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(MUTANTS)/bin/python tests/mutants/run.py

$(MUTANTS)/.ready: tests/mutants/requirements.txt
	$(PYTHON) -m venv $(MUTANTS)
	$(MUTANTS)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/mutants/requirements.txt
	@touch $@

sanitize: $(READY) ## compiled code under address and undefined-behaviour sanitizers (EVERY=1: all 93,000 problems)
	@$(IN_VENV) python tests/cases/sanitize.py --every $(EVERY)

lint: $(READY) ## format, lint and types
	@$(IN_VENV) ruff format --check . && $(IN_VENV) ruff check . && $(IN_VENV) snakefmt --check Snakefile workflows
	@$(IN_VENV) snakemake --lint && $(IN_VENV) pyright

clean: ## remove results and reports, keep the environment
	rm -rf results reports/figures reports/tables reports/dlstats.pdf reports/html reports/dlstats.json .snakemake

faults: $(READY) ## kill a small run 30 times at random moments, resume, compare (about 10 minutes)
	@$(IN_VENV) python tests/faults/kills.py --folder build/faults

bench: $(BENCH_READY) ## speed of the engine beside its rivals, into build/benchmarks (about 15 minutes, on an idle machine)
	@for part in speed scaling gap lanes; do PATH="$(CURDIR)/$(BENCH)/bin:$$PATH" python -m benchmarks.$$part || exit 1; done

$(BENCH_READY): requirements.lock pyproject.toml benchmarks/requirements-bench.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock -r benchmarks/requirements-bench.txt
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

cluster: $(READY) ## the smoke cells through a one-node Slurm and locally, compared (root, Debian)
	@$(IN_VENV) tests/cluster/run.sh
