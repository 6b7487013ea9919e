# `make help` lists the targets. They install everything below .cache/, and again after a change of its lock file.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
CACHE := $(CURDIR)/.cache
# The Python code, which `make CACHE=...` reaches too, may run in another folder.
override CACHE := $(abspath $(CACHE))
BIN := $(CACHE)/venv/bin
TERRAFORM := $(BIN)/python -m support.terraform_cli
TERRAFORM_ROOTS := modules/opensearch-reindex $(patsubst %/,%,$(dir $(wildcard examples/*/versions.tf)))
# A developer's machine may have neither tflint nor Go to build it, and lint prints a warning; CI must have one of them.
TFLINT := $(or $(shell command -v tflint),$(if $(or $(CI),$(shell command -v go)),$(CACHE)/bin/tflint))
TFLINT_VERSION := v0.64.0

export PYTHONPATH := $(CURDIR)/tests:$(CURDIR)/tests/tools
# No compiled files beside the sources and the tests.
export PYTHONPYCACHEPREFIX := $(CACHE)/pycache
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export REINDEX_CACHE := $(CACHE)

NOT_SLOW := $(if $(SLOW),,-m "not slow")
# Versions that `make test-engines` runs; without any, the oldest and the newest.
ENGINES_TESTED := $(or $(ENGINE_VERSIONS),$(if $(SLOW),all))

DEV := $(CACHE)/venv/.installed
MINISTACK := $(CACHE)/ministack/.installed
CHECKOV := $(CACHE)/checkov/.installed
OPENSEARCH := $(CACHE)/opensearch/.installed
# Other engines, for the suites that compare them, with a Java that runs the newest.
ENGINES := $(patsubst %,$(CACHE)/opensearch-%/.installed,7.10 1.3 2.11 3.5 3.8) $(CACHE)/java/.installed
# OpenSearch with the security plugin: the default version, or with the slow tests each.
SECURED := $(patsubst %,$(CACHE)/opensearch-security-%/.installed,$(if $(SLOW),2.11 2.19 3.4,2.19)) $(CACHE)/java/.installed
PROVIDER_SCHEMA := $(CACHE)/provider-schema/.installed
# Two `terraform init` at once must not both download the provider into the cache.
PROVIDERS := $(CACHE)/terraform/.installed
# The suites of `make test`, in the order in which they start. The long ones start early.
TEST_SUITES := lint-python lint-docs test-stack mutations test-unit lint-terraform test-terraform test-opensearch test-cases \
  test-workflow test-engines test-install test-chaos $(if $(SLOW),test-security)
# More versions of Terraform than the one on the PATH, for the slow tests.
TERRAFORMS := $(if $(SLOW),$(CACHE)/terraform-1.9/.installed $(CACHE)/terraform-newest/.installed)

# $(call say,TEXT) prints the name of the next step.
say = @printf '\n==> %s\n' '$(1)'

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: demo
demo: setup ## Rebuild three indices of a real OpenSearch node (DEMO_OPTIONS=--kill-node)
	@$(BIN)/python -m demo $(DEMO_OPTIONS)

.PHONY: test
test: setup engines $(CHECKOV) $(TFLINT) $(TERRAFORMS) $(PROVIDERS) $(PROVIDER_SCHEMA) ## Run the linters and every suite, three at a time
	@$(BIN)/python -m support.run_suites --jobs 3 $(TEST_SUITES)

.PHONY: test-all
test-all: ## Run the linters and every suite, with the slow tests
	@$(MAKE) --no-print-directory test SLOW=1

.PHONY: lint
lint: lint-python lint-terraform lint-docs ## Check style, types, security and generated documentation

# Python for programs that import the Lambda code.
WITH_SOURCES := PYTHONPATH="$(CURDIR)/lambda_src:$(PYTHONPATH)" $(BIN)/python

.PHONY: docs lint-docs
docs: $(DEV) ## Write the generated tables and pages: inputs, outputs, benchmarks, costs, versions
	@$(BIN)/python -m support.terraform_docs
	@$(WITH_SOURCES) -m bench.page
	@$(WITH_SOURCES) -m matrix --page
lint-docs: $(DEV)
	$(call say,generated tables and pages)
	@$(BIN)/python -m support.terraform_docs --check
	@$(WITH_SOURCES) -m bench.page --check
	@$(WITH_SOURCES) -m matrix --check

.PHONY: capture
capture: setup ## Run the demo and draw its output as docs/demo.svg
	@$(BIN)/python -m capture

.PHONY: lint-python
lint-python: $(DEV)
	$(call say,ruff)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	$(call say,mypy)
	@$(BIN)/mypy
	$(call say,import-linter)
	@PYTHONPATH="$(CURDIR)/lambda_src" $(BIN)/lint-imports --no-logo --cache-dir $(CACHE)/import-linter

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
	  $(BIN)/python -m support.terraform_warnings -chdir="$$root" validate; \
	  $(if $(TFLINT),$(TFLINT) --chdir="$$root" --config="$(CURDIR)/.tflint.hcl",\
	    echo 'tflint did NOT run: install tflint, or Go to build it'); \
	done
	$(call say,checkov)
	@$(CACHE)/checkov/bin/checkov --config-file .checkov.yaml

.PHONY: test-unit
test-unit: $(DEV) ## Test the Lambda code with mocks, and measure the coverage
	$(call say,unit tests)
	@$(BIN)/pytest tests/unit --cov

.PHONY: test-install
test-install: $(DEV) ## Install every lock with old and new versions of pip, from an index with newer releases
	$(call say,installation of the locks)
	@$(BIN)/pytest tests/install $(NOT_SLOW)

.PHONY: test-terraform
test-terraform: $(DEV) $(MINISTACK) $(PROVIDER_SCHEMA) ## Run `terraform test` with a mocked provider and with a local AWS
	$(call say,terraform test)
	@$(BIN)/python -m support.terraform_test
	$(call say,Terraform examples of the documentation)
	@$(BIN)/pytest tests/terraform $(NOT_SLOW)

# $(call workers,N) lets N processes share a suite, each with its own node and local AWS. Tests compare everything on
# their node, so a node of OPENSEARCH_URL serves one process.
workers = -n $(if $(OPENSEARCH_URL),0,$(1))

.PHONY: test-opensearch test-engines test-cases test-workflow test-stack test-integration
test-opensearch: setup engines ## Test client and steps with a real OpenSearch node
	$(call say,tests of client and steps)
	@$(BIN)/pytest tests/opensearch $(call workers,2) --dist worksteal
test-engines: setup engines ## Test what must hold on every engine, on the oldest and the newest (ENGINE_VERSIONS=all)
	$(call say,tests of engines)
	@rm -rf $(CACHE)/engines
	@ENGINES="$(ENGINES_TESTED)" $(BIN)/pytest tests/engines $(call workers,2) --dist loadgroup
	@$(WITH_SOURCES) -m matrix
test-cases: setup engines ## Test what use has found, each case on the node and under the strategies that it needs
	$(call say,cases)
	@$(BIN)/pytest tests/cases $(call workers,2) --dist loadfile
test-workflow: setup ## Test state machines and handlers with a real OpenSearch node
	$(call say,tests of the state machines)
	@$(BIN)/pytest tests/workflow $(call workers,2) --dist worksteal
test-stack: setup $(TERRAFORMS) ## Test deployments of the module in a local AWS with a real OpenSearch node
	$(call say,tests of deployments)
	@$(BIN)/pytest tests/stack $(call workers,6) --dist loadfile $(NOT_SLOW)
test-integration: setup engines $(TERRAFORMS) $(PROVIDERS) ## Run the suites that need a real node side by side
	@$(BIN)/python -m support.run_suites test-stack test-opensearch test-cases test-workflow

.PHONY: test-security
test-security: setup secured ## Test the documented role on a node with the security plugin (SLOW=1 for each version)
	$(call say,tests of permissions)
	@SECURED_VERSIONS="$(if $(SLOW),all)" $(BIN)/pytest tests/security $(NOT_SLOW)

ROUNDS ?= 10

.PHONY: chaos test-chaos mutations
chaos: setup ## Inject faults while applications write, then run the mutations (ROUNDS=10)
	@$(WITH_SOURCES) -m chaos --rounds $(ROUNDS)
	@$(MAKE) --no-print-directory mutations
test-chaos: setup ## Inject a selection of these faults
	$(call say,chaos)
	@$(WITH_SOURCES) -m chaos --short
mutations: setup engines ## Remove every safety check of the Lambda code, one by one; a test must notice it
	$(call say,mutations)
	@$(BIN)/python -m mutations

PARTS ?=
RUNS ?= 3

.PHONY: bench
bench: setup ## Measure speed and cost, and publish them in docs/ (PARTS=copy,commands RUNS=3)
	@$(WITH_SOURCES) -m bench --runs $(RUNS) $(if $(PARTS),--parts $(PARTS))

# Sources in the zip, beside the locked requirements; modules/opensearch-reindex/package.tf has the same list.
PACKAGED = $(shell cd lambda_src && find handlers.py requirements.txt opensearch_reindex -name "*.py" -o -name "*.json" -o -name requirements.txt | LC_ALL=C sort)
PACKAGE ?= $(CACHE)/opensearch-reindex.zip
RUNTIME ?= python3.11

.PHONY: package
package: ## Build the package of the Lambda functions (PACKAGE=path RUNTIME=python3.11)
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
lock: $(DEV) ## Update the lock files (UPGRADE=1 for the newest versions)
	@printf '==> lambda_src/requirements.txt\n'
	@PATH="$(BIN):$$PATH" $(BIN)/python -m support.lock_lambda_requirements $(if $(UPGRADE),--upgrade)
	@for name in $(basename $(notdir $(wildcard tests/requirements/*.in))); do \
	  printf '==> tests/requirements/%s.txt\n' "$$name"; \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url $$([ $$name != provider-schema ] || echo --no-deps) $(if $(UPGRADE),--upgrade) \
	    --output-file "tests/requirements/$$name.txt" "tests/requirements/$$name.in"; \
	done

.PHONY: clean
clean: ## Remove all installed and built files
	@rm -rf $(CACHE) modules/opensearch-reindex/.build
	@find modules examples -name .terraform -prune -exec rm -rf {} + -o -name .terraform.lock.hcl -exec rm -f {} +

.PHONY: setup
setup: $(DEV) $(MINISTACK) $(OPENSEARCH) ## Install the tools of the suites and the demo
	@:

.PHONY: secured
secured: $(SECURED) ## Install OpenSearch with the security plugin
	@:

.PHONY: engines
engines: $(ENGINES) ## Install further versions of OpenSearch, for the suites that compare them
	@:

# $(call install,NAME) makes the environment .cache/NAME from the lock file of a target's first prerequisite.
define install
	@printf '\n==> installing %s\n' '$(patsubst $(CURDIR)/%,%,$(CACHE)/$(1))'
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@rm -rf $(CACHE)/$(1)
	@$(PYTHON) -m venv $(CACHE)/$(1)
	@$(CACHE)/$(1)/bin/python -m support.install_lock $<
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

$(PROVIDER_SCHEMA): tests/requirements/provider-schema.txt
	$(call install,provider-schema)

$(PROVIDERS): modules/opensearch-reindex/versions.tf | $(DEV)
	$(call say,installing the provider of AWS)
	@TF_DATA_DIR="$(@D)/provider" $(TERRAFORM) -chdir=modules/opensearch-reindex init -backend=false -input=false >/dev/null
	@touch $@

# $(call install_engine,VERSION) copies the jars of an engine to the folder of a target.
define install_engine
	$(call say,installing $(patsubst $(CURDIR)/%,%,$(@D)))
	@command -v java >/dev/null || { echo 'Java is needed: install a JDK, 17 or newer'; exit 1; }
	@command -v mvn >/dev/null || { echo 'Maven is needed: install it so that `mvn` is on the PATH'; exit 1; }
	@$(PYTHON) -m support.install_engine $(1)
	@touch $@
endef

$(OPENSEARCH): tests/support/engines.py
	$(call install_engine,2.19)

$(CACHE)/opensearch-%/.installed: tests/support/engines.py
	$(call install_engine,$*)

$(CACHE)/opensearch-security-%/.installed: tests/support/secured_engines.py tests/support/install_home.py
	$(call say,installing $(patsubst $(CURDIR)/%,%,$(@D)))
	@command -v mvn >/dev/null || { echo 'Maven is needed: install it so that `mvn` is on the PATH'; exit 1; }
	@$(PYTHON) -m support.install_home $*
	@touch $@

# Only if this machine has no Java that is new enough.
$(CACHE)/java/.installed: tests/requirements/java.txt
	@rm -rf $(@D)
	$(if $(shell PYTHONPATH=$(CURDIR)/tests $(PYTHON) -m support.java 21),,$(call install,java))
	@mkdir -p $(@D) && touch $@

# Only if the PATH has no tflint.
$(CACHE)/bin/tflint:
	$(call say,building tflint $(TFLINT_VERSION) (some minutes, once))
	@command -v go >/dev/null || { \
	  echo 'tflint is needed: install it, or Go with which it is built, so that it is on the PATH'; exit 1; }
	@GOBIN=$(@D) GOFLAGS= go install github.com/terraform-linters/tflint@$(TFLINT_VERSION)
