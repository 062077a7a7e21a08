# Everything is set up in .venv from the exact versions in constraints.txt; nothing else on the machine is touched.
#
#   make demo     the main job, offline, on bundled data
#   make test     all tests
#   make check    linters, types, import contracts, docs
#
# PYTHON       the interpreter to build .venv with (3.11 or newer)
# TORCH_INDEX  address of a package index with PyTorch's CPU builds; see README, "Installing"
# PYTEST       options for pytest, such as PYTEST="-m 'not model' -x"

PYTHON ?= python3
TORCH_INDEX ?=
PYTEST ?=
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check docs format wheel bench clean

demo: .venv/.run
	$(BIN)/hame-match demo

test: .venv/.dev
	$(BIN)/python -m pytest $(PYTEST)

check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

docs: .venv/.dev
	$(BIN)/python docs/generate.py

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: .venv/.dev
	$(BIN)/python -m build --wheel --no-isolation

bench: .venv/.dev
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/matching.py
	$(BIN)/python benchmarks/quality.py
	$(BIN)/python benchmarks/embedding.py

clean:
	rm -rf .venv dist build demo-out

# torch comes first and alone: a plain "torch" on Linux is a CUDA build of several GB, and only this line may look at
# another index for it.
.venv/.run: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt pip
	PIP_EXTRA_INDEX_URL="$(TORCH_INDEX)" $(BIN)/python -m pip install --quiet -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

.venv/.dev: .venv/.run
	$(BIN)/python -m pip install --quiet -c constraints.txt --group lint --group test --group build
	touch $@
