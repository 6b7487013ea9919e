# `make help` lists the targets. Everything is installed below .cache/, again when its lock file changes.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
CACHE := $(CURDIR)/.cache
BIN := $(CACHE)/venv/bin
TERRAFORM := $(BIN)/python -m support.terraform_cli
TERRAFORM_ROOTS := modules/opensearch-reindex $(patsubst %/,%,$(dir $(wildcard examples/*/versions.tf)))
# A person's machine may have neither tflint nor Go to build it, and says so; CI must have one of them.
TFLINT := $(or $(shell command -v tflint),$(if $(or $(CI),$(shell command -v go)),$(CACHE)/bin/tflint))
TFLINT_VERSION := v0.64.0

export PYTHONPATH := $(CURDIR)/tests:$(CURDIR)/tests/tools
# Lambda sources are packaged and tests are read by people: neither folder should fill with compiled files.
export PYTHONPYCACHEPREFIX := $(CACHE)/pycache
export PIP_DISABLE_PIP_VERSION_CHECK := 1

NOT_SLOW := $(if $(SLOW),,-m "not slow")

DEV := $(CACHE)/venv/.installed
MINISTACK := $(CACHE)/ministack/.installed
CHECKOV := $(CACHE)/checkov/.installed
OPENSEARCH := $(CACHE)/opensearch/.installed
# Other Terraforms than the one on the PATH, for the tests that take long.
TERRAFORMS := $(if $(SLOW),$(CACHE)/terraform-1.9/.installed $(CACHE)/terraform-newest/.installed)

# $(call say,TEXT) prints what a step is about to do.
say = @printf '\n==> %s\n' '$(1)'

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: demo
demo: setup ## Rebuild three indices of a real OpenSearch node behind their aliases (options: DEMO_OPTIONS)
	@$(BIN)/python -m demo $(DEMO_OPTIONS)

.PHONY: test
test: ## Run everything: linters, then every suite
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test-terraform
	@$(MAKE) --no-print-directory test-unit
	@$(MAKE) --no-print-directory test-integration
	@$(MAKE) --no-print-directory test-chaos
	@$(MAKE) --no-print-directory mutations

.PHONY: test-all
test-all: ## The same with the tests that take long
	@$(MAKE) --no-print-directory test SLOW=1

.PHONY: lint
lint: lint-python lint-terraform lint-docs ## Check style, types, security and documentation without running anything

# For what calls handlers, or a part of a step, in its own process.
WITH_SOURCES := PYTHONPATH="$(CURDIR)/lambda_src:$(PYTHONPATH)" $(BIN)/python

.PHONY: docs lint-docs
docs: $(DEV) ## Write the generated tables and pages: inputs, outputs, benchmarks, costs
	@$(BIN)/python -m support.terraform_docs
	@$(WITH_SOURCES) -m bench.page
lint-docs: $(DEV)
	$(call say,generated tables and pages)
	@$(BIN)/python -m support.terraform_docs --check
	@$(WITH_SOURCES) -m bench.page --check

.PHONY: lint-python
lint-python: $(DEV)
	$(call say,ruff)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	$(call say,mypy)
	@$(BIN)/mypy

.PHONY: lint-terraform
lint-terraform: $(DEV) $(CHECKOV) $(TFLINT)
	$(call say,terraform fmt)
	@$(TERRAFORM) fmt -check -recursive -diff
	@mkdir -p $(CACHE)/terraform
	@for root in $(TERRAFORM_ROOTS); do \
	  printf '\n==> terraform validate, tflint: %s\n' "$$root"; \
	  export TF_DATA_DIR="$(CACHE)/terraform/$$root"; \
	  $(TERRAFORM) -chdir="$$root" init -backend=false -input=false >"$(CACHE)/terraform/init.log" \
	    || { cat "$(CACHE)/terraform/init.log"; exit 1; }; \
	  $(TERRAFORM) -chdir="$$root" validate; \
	  $(if $(TFLINT),$(TFLINT) --chdir="$$root" --config="$(CURDIR)/.tflint.hcl",\
	    echo 'tflint was NOT run: install it, or Go to build it'); \
	done
	$(call say,checkov)
	@$(CACHE)/checkov/bin/checkov --config-file .checkov.yaml

.PHONY: test-unit
test-unit: $(DEV) ## Test the Lambda code with mocks, and its coverage
	$(call say,unit tests)
	@$(BIN)/pytest tests/unit --cov

.PHONY: test-terraform
test-terraform: $(DEV) $(MINISTACK) ## Run `terraform test`: under a mocked provider, and one apply on the local AWS
	$(call say,terraform test)
	@$(BIN)/python -m support.terraform_test
	$(call say,Terraform examples of the documentation)
	@$(BIN)/pytest tests/terraform $(NOT_SLOW)

.PHONY: test-opensearch test-workflow test-stack test-integration
test-opensearch: setup ## Test the client and the steps on a real OpenSearch node
	@$(BIN)/pytest tests/opensearch
test-workflow: setup ## Test the state machines with the real handlers on a real OpenSearch node
	@$(BIN)/pytest tests/workflow
test-stack: setup $(TERRAFORMS) ## Test what Terraform deploys: on the local AWS, with the built package, on a real OpenSearch node
	@$(BIN)/pytest tests/stack $(NOT_SLOW)
test-integration: setup $(TERRAFORMS) ## Run the last three suites on one node
	$(call say,integration tests)
	@$(BIN)/pytest tests/opensearch tests/workflow tests/stack $(NOT_SLOW)

ROUNDS ?= 10

.PHONY: chaos test-chaos mutations
chaos: setup ## Break every step and connection and kill nodes while applications write (ROUNDS=10)
	@$(WITH_SOURCES) -m chaos --rounds $(ROUNDS)
	@$(MAKE) --no-print-directory mutations
test-chaos: setup ## The short form of it
	$(call say,chaos)
	@$(WITH_SOURCES) -m chaos --short
mutations: setup ## Take every safety check out of the Lambda code, one by one, and demand that a test notices
	$(call say,mutations)
	@$(BIN)/python -m mutations

PARTS ?=
RUNS ?= 3

.PHONY: bench
bench: setup ## Measure speed and cost, and write docs/benchmarks.md (PARTS=copy,commands RUNS=3)
	@$(WITH_SOURCES) -m bench --runs $(RUNS) $(if $(PARTS),--parts $(PARTS))

# What is in the zip besides the locked requirements: the same list as in modules/opensearch-reindex/package.tf.
PACKAGED = $(shell cd lambda_src && find handlers.py requirements.txt opensearch_reindex -name "*.py" -o -name "*.json" -o -name requirements.txt | LC_ALL=C sort)
PACKAGE ?= $(CACHE)/opensearch-reindex.zip
RUNTIME ?= python3.11

.PHONY: package
package: ## Build the zip of the functions for where there is no Python (PACKAGE=path, RUNTIME=python3.11)
	@$(PYTHON) modules/opensearch-reindex/build_package.py --runtime $(RUNTIME) --source-dir lambda_src \
	  --output '$(PACKAGE)' $(PACKAGED)
	@$(PYTHON) -c 'import base64, hashlib, sys; data = open(sys.argv[1], "rb").read(); \
	  print(sys.argv[1], "SHA-256 in Base64:", base64.b64encode(hashlib.sha256(data).digest()).decode())' '$(PACKAGE)'

.PHONY: format
format: $(DEV) ## Format Python and Terraform files
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format
	@$(TERRAFORM) fmt -recursive

.PHONY: lock
lock: $(DEV) ## Write the lock files again (UPGRADE=1: with the newest versions)
	@printf '==> lambda_src/requirements.txt\n'
	@PATH="$(BIN):$$PATH" $(BIN)/python -m support.lock_lambda_requirements $(if $(UPGRADE),--upgrade)
	@for name in dev ministack checkov terraform-1.9 terraform-newest; do \
	  printf '==> tests/requirements/%s.txt\n' "$$name"; \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url $(if $(UPGRADE),--upgrade) \
	    --output-file "tests/requirements/$$name.txt" "tests/requirements/$$name.in"; \
	done

.PHONY: clean
clean: ## Remove everything that was installed, built or left by a run
	@rm -rf $(CACHE) modules/opensearch-reindex/.build
	@find modules examples -name .terraform -prune -exec rm -rf {} + -o -name .terraform.lock.hcl -exec rm -f {} +

.PHONY: setup
setup: $(DEV) $(MINISTACK) $(OPENSEARCH) ## Install what the suites and the demo need
	@:

# A lock names every package, so pip has nothing to resolve. Resolving is what differs between versions of pip: 23.2 takes
# `coverage[toml]` for a requirement beside the locked one, and stops as soon as there is a newer release. Wheels alone,
# because the build of a source archive installs the newest setuptools.
# $(call install,NAME) makes the environment .cache/NAME from the lock file of a target's first prerequisite.
define install
	@printf '\n==> installing .cache/%s\n' '$(1)'
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@rm -rf $(CACHE)/$(1)
	@$(PYTHON) -m venv $(CACHE)/$(1)
	@$(CACHE)/$(1)/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary=:all: --no-compile -r $<
	@touch $@
endef

$(DEV): tests/requirements/dev.txt
	$(call install,venv)

$(MINISTACK): tests/requirements/ministack.txt
	$(call install,ministack)

$(CHECKOV): tests/requirements/checkov.txt
	$(call install,checkov)

$(CACHE)/terraform-%/.installed: tests/requirements/terraform-%.txt
	$(call install,terraform-$*)

$(OPENSEARCH): tests/support/opensearch/pom.xml
	$(call say,installing .cache/opensearch)
	@command -v java >/dev/null || { echo 'Java is needed: install a JDK, 17 or newer'; exit 1; }
	@command -v mvn >/dev/null || { echo 'Maven is needed: install it so that `mvn` is on the PATH'; exit 1; }
	@rm -rf $(@D)
	@mvn --batch-mode --quiet -Dstyle.color=never -f $< dependency:copy-dependencies -DoutputDirectory=$(@D)/lib
	@touch $@

# Only where there is none on the PATH.
$(CACHE)/bin/tflint:
	$(call say,building tflint $(TFLINT_VERSION) (some minutes, once))
	@command -v go >/dev/null || { \
	  echo 'tflint is needed: install it, or Go with which it is built, so that it is on the PATH'; exit 1; }
	@GOBIN=$(@D) GOFLAGS= go install github.com/terraform-linters/tflint@$(TFLINT_VERSION)
