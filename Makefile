# Everything that is done to this repository, by name. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

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

.PHONY: test
test: check ## everything that runs without building other people's servers

.PHONY: test-real
test-real: $(VENV)/installed-dev ## tests on a real kube-apiserver, built the first time: make test-real TESTS=tests/real/test_x.py
	$(BIN)/python tests/real/run.py $(TESTS)

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
