# The commands people type. `make` lists them.
#
# Rust is all that `make rehearse` needs; the Python tools of the others are put into .venv when they are first asked for.
# CARGO_TARGET_DIR moves what is built; CARGO_FLAGS, PYTHON and DEPLOY_FLAGS are passed on.

SHELL := /bin/bash

CARGO ?= cargo
CARGO_FLAGS ?= --locked
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
REHEARSE := $(TARGET_DIR)/rehearse/rehearse

FUNCTIONS := contacts-api pre-traffic-hook post-traffic-hook hook-guard
REHEARSALS := $(addprefix tests/rehearsals/,healthy.toml errors-under-traffic.toml broken-before-traffic.toml)

SAM := SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/.venv/bin:$$PATH" sam

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the functions and the rehearse command, as the rehearsals run them
# The command by itself: built with it, Cargo would give the functions the features that its own dependencies ask for.
	@echo "==> Building the functions (profile rehearse)"
	@$(CARGO) build $(CARGO_FLAGS) --profile rehearse $(addprefix --package ,$(FUNCTIONS))
	@echo "==> Building rehearse (profile rehearse)"
	@$(CARGO) build $(CARGO_FLAGS) --profile rehearse --package lambda-rehearse

.PHONY: rehearse
rehearse: build ## Rehearse three deployments: a healthy one, one with errors under traffic, one that is broken
	@echo "==> Rehearsing $(words $(REHEARSALS)) deployments"
	@$(REHEARSE) run $(REHEARSALS)

.PHONY: test
test: fmt-check validate clippy build ## Run every check: formatting, template, clippy, all tests
	@echo "==> Running all tests"
	@$(CARGO) test $(CARGO_FLAGS) --workspace

.PHONY: validate
validate: tools-check ## Check template.yaml: sam validate, the expanded stack, and that each check can fail
	@echo "==> Validating template.yaml"
	@$(SAM) validate --lint --region us-east-1
	@echo "==> Checking the stack that SAM expands it to"
	@.venv/bin/python -m unittest discover --start-directory tests/template

.PHONY: sam-build
sam-build: tools-check tools-build ## Build what is deployed, into .aws-sam/build
	@echo "==> Building the functions for Lambda (release, fat LTO: minutes)"
	@$(SAM) build $(BUILD_FLAGS)

.PHONY: deploy
deploy: sam-build ## Build and deploy the stack; the first time: make deploy DEPLOY_FLAGS=--guided
	@echo "==> Deploying the stack"
	@$(SAM) deploy $(DEPLOY_FLAGS)

.PHONY: clean
clean: ## Remove everything that was built or installed here
	@echo "==> Removing $(TARGET_DIR), .aws-sam and .venv"
	@$(CARGO) clean --quiet
	@rm -rf .aws-sam .venv

# Parts of the above.

.PHONY: fmt-check
fmt-check:
	@echo "==> Checking the formatting"
	@$(CARGO) fmt --all --check

.PHONY: clippy
clippy:
	@echo "==> Running clippy, every warning an error"
	@$(CARGO) clippy $(CARGO_FLAGS) --workspace --all-targets -- --deny warnings

.PHONY: tools-check tools-build
tools-check tools-build: tools-%:
	@scripts/venv.sh $*
