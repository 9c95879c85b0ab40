# Every target does the set-up it needs. The first run installs; later runs find their stamps.
.DEFAULT_GOAL := help
.PHONY: help demo test test-services test-slow check fix install lock schemas vectors words clean
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The first Python of at least 3.11, unless PYTHON names one.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet install
STAMPS := build/stamps
ROOMS := accounts benchmarks booth cli config connector datarequests deploy mpcengine nodes relay security_events surveys

# numba runs what lies in its cache, so the folder is this user's alone.
export NUMBA_CACHE_DIR := $(CURDIR)/build/embedded/numba

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r t h; do printf '%-18s %s\n' "$$t" "$$h"; done

demo: $(STAMPS)/ready ## run a sample survey on localhost, then serve it (ONCE=1: stop after the result)
	@.venv/bin/drempel demo $(if $(ONCE),--once)

# Files of tests are shared out over so many processes.
JOBS ?= 2
SHARED := -n $(JOBS) --dist loadfile

test: $(STAMPS)/ready $(STAMPS)/test $(STAMPS)/pages ## run the default tests
	$(PY) -m pytest $(SHARED) $(ARGS)

# What keeps rows or waits for a queue, once more on PostgreSQL and Redis: private ones, or those
# that DREMPEL_TEST_SERVICES names. Of whole runs those in which storage decides: results, crashes,
# texts, lent servers; not what is about arguments, files and sentences.
ON_SERVICES := tests/accounts tests/surveys tests/relay tests/mpcengine tests/nodes \
	$(patsubst %,tests/end_to_end/test_%.py,example_survey crashes partners_crashes texts lent_services) \
	tests/deploy/test_databases.py tests/roles/test_service_checks.py \
	tests/topology/test_topology.py tests/topology/test_faults.py tests/canary/test_canary.py tests/canary/test_apart.py \
	tests/cli/doctoring/test_standing_on_services.py tests/operating

test-services: $(STAMPS)/ready $(STAMPS)/test ## run what keeps rows once more, on PostgreSQL and Redis
	$(PY) -m tests.services $(PY) -m pytest $(SHARED) -m "not slow and not files" $(ON_SERVICES) $(ARGS)

test-slow: $(STAMPS)/ready $(STAMPS)/test ## run only the long tests: every kill point, all attackers, 10,000 rows
	$(PY) -m pytest -m slow --timeout 3600 $(ARGS)

check: $(STAMPS)/test ## lint, format, types, import rules, migrations, lock
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy .
	.venv/bin/lint-imports
	$(PY) -m tests.roles.check_migrations

fix: $(STAMPS)/test ## repair what ruff can repair, and format
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

install: $(STAMPS)/ready ## make .venv, warm the kernels, build empty databases

lock: $(STAMPS)/run ## renew requirements/*.txt from pyproject.toml (needs the network)
	$(PIP) uv
	$(call locked,run) pyproject.toml requirements/build.in
	$(call locked,connector) requirements/connector.in --constraints requirements/run.txt
	$(call locked,test) --extra test pyproject.toml requirements/build.in --constraints requirements/run.txt

schemas: $(STAMPS)/run ## write docs/schemas and the tables of docs/security-events.md
	$(PY) -m docs.schemas.generate
	DJANGO_SETTINGS_MODULE=config.settings.test $(PY) -m security_events.table

vectors: $(STAMPS)/run ## write tests/vectors again
	$(PY) -m tests.vectors.generate

words: $(STAMPS)/test ## collect the sentences of the portal's pages for locale/
	$(PY) -m tests.pages.catalogue

clean: ## remove .venv and build
	rm -rf .venv build

locked = .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock' --output-file requirements/$(1).txt

$(PY):
	@test -n "$(PYTHON)" || { echo "Drempel needs Python 3.11 or newer: install python3 (Debian 12 has 3.11), or name one with make PYTHON=…." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11: install a newer one, or name one with make PYTHON=…." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make environments: install Debian's package python$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv, then run make again." >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

$(STAMPS)/run: requirements/run.txt pyproject.toml | $(PY)
	@echo "Installing what runs (exact versions, checked hashes)."
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --no-index -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test: requirements/test.txt $(STAMPS)/run
	@echo "Installing what tests and checks."
	@$(PIP) --require-hashes -r requirements/test.txt
	@mkdir -p $(STAMPS) && touch $@

# What inspects the portal's pages in Chromium; without npm or Chromium those tests are
# left out, but never in CI.
$(STAMPS)/pages: package-lock.json $(STAMPS)/test
	@if command -v npm >/dev/null; then npm ci --ignore-scripts --silent; else echo "No npm here: the tests of pages are left out."; fi
	@mkdir -p $(STAMPS) && touch $@

# Empty databases and compiled kernels, for every start to copy.
$(STAMPS)/ready: $(STAMPS)/run $(wildcard */migrations/*.py mpcengine/kernels/*.py cli/embedded/templates.py)
	@echo "Building empty databases and compiling the kernels."
	@$(PY) -m cli.templates
	@mkdir -p $(STAMPS) && touch $@
