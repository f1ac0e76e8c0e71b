# Each target sets up what it needs on a fresh machine. `make demo` first; `make test` before a commit.
#   make PYTHON=python3.12 demo    with another Python (3.11 or newer)

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint bench soak mutants kanji-table reader wheelhouse system clean
.DELETE_ON_ERROR:

demo: $(READY)
	$(BIN)/renkei demo

# The tests start many processes, so compiled modules are kept even where the environment says otherwise.
test: system reader lint
	@$(MAKE) --no-print-directory kanji-table || echo 'The whole table of standard kanji is not here: its tests use the small one.'
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 2 --junitxml=build/junit.xml

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# What takes too long for every commit: a night with more than a hundred kills on either database, a load test that lasts.
soak: system $(READY)
	RENKEI_KILLS=104 $(BIN)/python -m pytest -n 2 tests/live/test_safety_kills.py
	$(BIN)/renkei load run soak --for 30m --out build/soak

bench: $(READY)
	$(BIN)/python bench/run.py

# Breaks the law in every way that mutmut knows, ten to twenty minutes; docs/law-mutants.md explains what may live.
# Plugins take longer to load than the tests to run, and few examples do.
mutants: $(READY)
	$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[mutants]'
	rm -rf mutants
	@mkdir -p build
	RENKEI_HYPOTHESIS=quick PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/mutmut run --max-children 2 >build/mutants.log
	$(BIN)/python bench/law_mutants.py

# The build backend is installed first and used as it is, so that it too has the pinned version.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'renkei needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint constraints.txt hatchling
	$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@touch $@

# The whole table of notice 582, once, into a cache outside this folder (docs/standard-kanji.md).
kanji-table: $(READY)
	@$(BIN)/python -m sim.drivers.kanji_table $(ARCHIVE)

# pyscard is built from source, which wants what `system` installs; the core does without it.
reader: $(READY) system
	@$(BIN)/python -c 'import smartcard.System' 2>/dev/null \
	  || $(PIP) install --constraint constraints.txt pyscard \
	  || echo 'Tests with readers need pyscard, which could not be installed: see above'

# Everything for a laboratory without a network: renkei and all that it needs to run, for this Python and platform.
wheelhouse: $(READY)
	rm -rf dist/wheelhouse
	$(PIP) wheel --constraint constraints.txt --no-build-isolation --wheel-dir dist/wheelhouse .
	@echo 'Carry dist/wheelhouse over, then: python3 -m pip install --no-index --find-links dist/wheelhouse renkei'

# What only tests need: real peers. Never an error here; .ci/run is what insists that they were there.
system:
	@missing=''; \
	command -v openssl >/dev/null || missing="$$missing openssl"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || command -v google-chrome >/dev/null || missing="$$missing chromium"; \
	command -v pcscd >/dev/null || [ -x /usr/sbin/pcscd ] || missing="$$missing pcscd"; \
	[ -n "$$(ls /usr/lib*/pcsc/drivers/serial/libifdvpcd.so* 2>/dev/null)" ] \
	  || missing="$$missing vsmartcard-vpcd"; \
	command -v opensc-tool >/dev/null || missing="$$missing opensc"; \
	command -v pcsc_scan >/dev/null || missing="$$missing pcsc-tools"; \
	[ -f /usr/include/PCSC/winscard.h ] || missing="$$missing libpcsclite-dev"; \
	command -v cc >/dev/null || missing="$$missing gcc libc6-dev"; \
	$(PYTHON) -c 'import pathlib, sysconfig as s; (pathlib.Path(s.get_path("include")) / "Python.h").stat()' \
	  2>/dev/null || missing="$$missing python3-dev"; \
	[ -n "$$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || command -v initdb >/dev/null \
	  || missing="$$missing postgresql"; \
	command -v fc-list >/dev/null || missing="$$missing fontconfig"; \
	[ -n "$$(fc-list :lang=ja 2>/dev/null)" ] || missing="$$missing fonts-noto-cjk"; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ]; then may=''; else may='sudo -n'; fi; \
	if command -v apt-get >/dev/null && $$may true 2>/dev/null \
	  && $$may apt-get -qq update && $$may env DEBIAN_FRONTEND=noninteractive \
	     apt-get -qq install --yes --no-install-recommends $$missing; then exit 0; fi; \
	echo "Some tests need system packages that are not here; please install:$$missing"

clean:
	rm -rf $(VENV) build dist mutants .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
