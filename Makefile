# Short targets over uv: everything is installed into .venv of this checkout, from files locked with hashes.

UV := sh scripts/uv.sh
PYTHON := .venv/bin/python
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-header
ARGS :=

# Stamps: what .venv holds. The development lock is the run lock and more, so whoever has it keeps it.
RUN := .venv/.installed
DEV := .venv/.installed-dev

.PHONY: help run test check bench lock dist clean
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

run: $(RUN) ## open the window, on a sample or on ARGS="photo.jpg --target 512x512"
	@$(PYTHON) -m padviewer.display --install
	@$(PYTHON) main.py $(ARGS)

test: $(DEV) ## run the test suite with no display; ARGS go to pytest
	@$(PYTHON) -m padviewer.display --install
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest $(ARGS)

check: $(DEV) ## lint, types, import contract, README, locks
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) scripts/check_readme.py
	@! grep -nE '://|^--' requirements*.lock # a lock that names an index binds everybody to it

bench: $(DEV) ## measure against other tools
	$(PYTHON) -m benchmarks $(ARGS)

lock: ## renew the locked versions; ARGS=--upgrade takes newer ones
	$(COMPILE) $(ARGS) pyproject.toml --group build -o requirements.lock
	$(COMPILE) $(ARGS) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) $(ARGS) --group uv -o requirements-uv.lock

dist: $(DEV) ## build the wheel and the sdist into dist/
	$(PYTHON) -m hatchling build -d dist

clean: ## remove what was built and cached, but not .venv
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .grimp_cache .hypothesis
	find . \( -path ./.venv -o -path ./.tools \) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# uv compiles the dependencies; our own modules are few but start with every worker.
define install
$(UV) pip sync --python $(PYTHON) --require-hashes --compile-bytecode $(1)
$(UV) pip install --python $(PYTHON) --quiet --no-deps --no-build-isolation -e .
@$(PYTHON) -m compileall -q padviewer
endef

$(DEV): $(PYTHON) pyproject.toml requirements-dev.lock
	$(call install,requirements-dev.lock)
	@touch $(RUN) $(DEV)

$(RUN): $(PYTHON) pyproject.toml requirements.lock
	$(call install,$(if $(wildcard $(DEV)),requirements-dev.lock,requirements.lock))
	@touch $(RUN) $(if $(wildcard $(DEV)),$(DEV))

# Runs when there is no environment, or one whose Python has gone.
$(PYTHON):
	rm -rf .venv
	$(UV) venv --quiet .venv
