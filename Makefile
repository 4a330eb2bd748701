# From nothing to a running system: `make up`. From nothing to all tests passed: `make test`.
# Needs Python 3.11 or newer and make, nothing else. Every path is relative: the folder may have any name.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
RUN = .venv/bin/python -m
COMPILE = $(RUN) uv pip compile -q --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --universal
KILLS ?= 1000
LEADS ?= 100000
SEED ?= 1
CASES ?= 100000
RUNS ?= 1
SYSTEMS = tests/browser tests/crash/test_crash.py tests/crash/test_restarting.py tests/fuzz tests/journeys/test_tour.py

.PHONY: help setup setup-dev up check test crash fuzz evidence lock messages

help:
	@echo "make up        a running system with demo data (CLEW_PORT=8000)"
	@echo "make test      all tests"
	@echo "make check     everything that reads the code instead of running it"
	@echo "make crash     kill -9 while leads are sent and worked on (KILLS=$(KILLS) LEADS=$(LEADS) SEED=$(SEED) FOLDER=)"
	@echo "make fuzz      hostile requests at a running server (CASES=$(CASES) SEED=$(SEED))"
	@echo "make evidence  measures, and writes docs/evidence/figures.md (BENCH='intake load' RUNS=$(RUNS) ARGS=--here)"
	@echo "make lock      resolve requirements*.in into requirements*.txt"
	@echo "make messages  compile the translations"

setup:
	@test -n "$(PYTHON)" || { echo "Clew needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" tools/setup.py

setup-dev:
	@test -n "$(PYTHON)" || { echo "Clew needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" tools/setup.py --dev

up: setup
	@exec $(RUN) clew.web.cli up

check: export CLEW_SECRET_KEY ?= only-for-checks-0123456789abcdef01234567
check: setup-dev
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	.venv/bin/lint-imports --no-cache
	$(RUN) djlint --lint --quiet src
	.venv/bin/python -W ignore -m django makemigrations --check --dry-run --settings clew.web.settings
	$(RUN) tools.messages --check
	$(RUN) tools.lock

# What starts browsers and whole systems goes after the rest, alone: it needs both cores. Many of the others wait for
# something, so three of them share two cores.
test: setup-dev
ifdef ARGS
	@$(RUN) pytest $(ARGS)
else
	@status=0; $(RUN) pytest -n 3 --dist loadfile --no-loadscope-reorder $(SYSTEMS:%=--ignore=%) || status=$$?; \
	$(RUN) pytest $(SYSTEMS) || status=$$?; exit $$status
endif

crash: setup-dev
	@$(RUN) tests.crash --kills $(KILLS) --leads $(LEADS) --seed $(SEED) --folder '$(FOLDER)'

fuzz: setup-dev
	@$(RUN) tests.fuzz --cases $(CASES) --seed $(SEED)
	@CLEW_BOT_POSTS=10000 $(RUN) pytest -q tests/capture/test_bots.py

# Nothing else should run meanwhile. With BENCH only those are measured anew; ARGS=--here: pages of the demo in CLEW_DATABASE_URL.
evidence: setup-dev
	@$(RUN) tools.evidence $(BENCH) --runs $(RUNS) $(ARGS)

lock: setup-dev
	@$(COMPILE) requirements.in -o requirements.txt
	@$(COMPILE) requirements-dev.in -o requirements-dev.txt

messages: setup-dev
	@$(RUN) tools.messages
