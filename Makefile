# Short targets over uv: everything is installed into .venv of this checkout, from files locked with hashes.

UV := sh scripts/uv.sh
PYTHON := .venv/bin/python
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-header
ARGS :=

# Environments with Keras' other backends: on the CPU, and as CUDA builds. Another Python that holds Keras, JAX,
# PyTorch, pytest and hypothesis may be named: make test-gpu GPU_PYTHON=python3
BACKENDS := .venv-backends
GPU := .venv-gpu
GPU_PYTHON := $(GPU)/bin/python

# Stamps: what .venv holds. The development lock is the run lock and more, so whoever has it keeps it.
RUN := .venv/.installed
DEV := .venv/.installed-dev

.PHONY: help run test test-cases soak test-backends test-gpu on-gpu test-faults check fuzz bench lock dist clean
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

run: $(RUN) ## open the window, on a sample or on ARGS="photo.jpg --target 512x512"
	@$(PYTHON) -m padviewer.display --install
	@$(PYTHON) main.py $(ARGS)

# Four files at a time, also on two cores: most tests wait for processes. Each of the four starts TensorFlow once.
# ARGS=-n0 runs one after the other.
test: $(DEV) ## run the test suite with no display; ARGS go to pytest
	@$(PYTHON) -m padviewer.display --install
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest -n 4 --dist loadfile $(ARGS)

test-cases: $(DEV) ## try 100,000 random cases of padding against numpy, or PADVIEWER_CASES=1000000
	PADVIEWER_CASES=$(or $(PADVIEWER_CASES),100000) $(PYTHON) -m pytest tests/layers/test_random_cases.py $(ARGS)

soak: $(DEV) ## use the window 1,000 times over, or PADVIEWER_SOAK_CYCLES=200, and look whether anything grows
	PADVIEWER_SOAK_CYCLES=$(or $(PADVIEWER_SOAK_CYCLES),1000) $(PYTHON) -m pytest -s tests/gui/test_soak.py $(ARGS)

test-faults: $(DEV) ## crash the workers at every stage and fail every call that writes, 40 times, or PADVIEWER_FAULT_ROUNDS=100
	PADVIEWER_FAULT_ROUNDS=$(or $(PADVIEWER_FAULT_ROUNDS),40) QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest -s tests/gui/test_faults.py tests/export/test_fault_injection.py tests/export/test_kills.py tests/batch/test_killed_exports.py tests/workers/test_pool.py $(ARGS)

test-backends: export CUDA_VISIBLE_DEVICES =
test-backends: export JAX_PLATFORMS = cpu
test-backends: $(BACKENDS)/.installed ## run the tests of the layers under TensorFlow, JAX and PyTorch, on the CPU
	$(call under,tensorflow jax torch,$(BACKENDS)/bin/python)
	$(BACKENDS)/bin/python -m pytest tests/snippets/test_torch_pad.py $(ARGS)

test-gpu: ## run them under JAX and PyTorch on an NVIDIA GPU, and time padding there
	@if nvidia-smi -L 2>/dev/null | grep -q '^GPU '; then $(MAKE) --no-print-directory on-gpu; \
	else echo "No NVIDIA GPU here (nvidia-smi lists none): nothing was tested or timed on one."; fi

# In full precision: the tests compare with numpy, and a GPU rounds float32 to TensorFloat-32 where it may.
on-gpu: export NVIDIA_TF32_OVERRIDE = 0
on-gpu: export JAX_DEFAULT_MATMUL_PRECISION = highest
on-gpu: export XLA_PYTHON_CLIENT_PREALLOCATE = false
on-gpu: $(if $(filter $(GPU)/%,$(GPU_PYTHON)),$(GPU)/.installed)
	$(call under,jax torch,$(GPU_PYTHON))
	KERAS_BACKEND=jax $(GPU_PYTHON) -m benchmarks.gpu
	KERAS_BACKEND=torch $(GPU_PYTHON) -m benchmarks.gpu

check: $(DEV) ## lint, types, import contract, README, locks
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) scripts/check_readme.py
	@! grep -nE '://|^--' requirements*.lock # a lock that names an index binds everybody to it

fuzz: $(DEV) ## try a million damaged files, settings and arguments, or ARGS="--cases 5000 --files FOLDER"
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m fuzzing $(ARGS)

bench: $(DEV) ## measure against other tools
	$(PYTHON) -m benchmarks $(ARGS)

lock: ## renew the locked versions; ARGS=--upgrade takes newer ones
	$(COMPILE) $(ARGS) pyproject.toml --extra formats --group build -o requirements.lock
	$(COMPILE) $(ARGS) pyproject.toml --extra formats --extra s3 --extra gcs --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) $(ARGS) pyproject.toml --extra formats --extra s3 --extra gcs --extra jax --group dev -c requirements-dev.lock -o requirements-backends.lock
	$(COMPILE) $(ARGS) --group uv -o requirements-uv.lock

dist: $(DEV) ## build the wheel and the sdist into dist/
	$(PYTHON) -m hatchling build -d dist

clean: ## remove what was built and cached, but not the environments
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .grimp_cache .hypothesis
	find . \( -path './.venv*' -o -path ./.tools \) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

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

# Keras takes one backend for a process, so each has its own; all run, and one that fails makes the target fail.
define under
@status=0; for backend in $(1); do echo "== $$backend"; \
KERAS_BACKEND=$$backend $(2) -m pytest tests/layers $(ARGS) || status=1; done; exit $$status
endef

# pip, not uv, installs PyTorch: its settings say where a machine gets which build from.
$(BACKENDS)/.installed: pyproject.toml requirements-backends.lock
	$(UV) venv --quiet --clear --seed $(BACKENDS)
	$(UV) pip sync --python $(BACKENDS)/bin/python --require-hashes requirements-backends.lock
	$(UV) pip install --python $(BACKENDS)/bin/python --quiet --no-deps --no-build-isolation -e .
	$(BACKENDS)/bin/python -m pip install --group torch
	@touch $@

# JAX for the CUDA version that PyTorch was built for: the two share NVIDIA's libraries.
$(GPU)/.installed: pyproject.toml requirements-dev.lock
	$(UV) venv --quiet --clear --seed $(GPU)
	$(UV) pip sync --python $(GPU)/bin/python --require-hashes requirements-dev.lock
	$(UV) pip install --python $(GPU)/bin/python --quiet --no-deps --no-build-isolation -e .
	$(GPU)/bin/python -m pip install --group torch
	$(GPU)/bin/python -m pip install \
	    "jax[cuda$$($(GPU)/bin/python -c 'import torch; print(torch.version.cuda.split(".")[0])')]"
	@touch $@

# Runs when there is no environment, or one whose Python has gone.
$(PYTHON):
	rm -rf .venv
	$(UV) venv --quiet .venv
