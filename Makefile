# The commands people type. `make` lists them.
#
# Rust is all that `make rehearse` needs; the Python tools of the others are put into .venv when they are first asked for.
# CARGO_TARGET_DIR moves what is built; CARGO_FLAGS, PYTHON and DEPLOY_FLAGS are passed on. `make test` counts in its last line what this
# machine cannot do, and with REQUIRE_ALL=1 fails instead.

SHELL := /bin/bash

CARGO ?= cargo
CARGO_FLAGS ?= --locked
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
REHEARSE := $(TARGET_DIR)/rehearse/rehearse
SYSTEM := $(shell uname -s)

# Rust's own libraries for static programs.
MUSL = $(shell rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-musl

FUNCTIONS := contacts-api pre-traffic-hook post-traffic-hook hook-guard
REHEARSALS := $(addprefix tests/rehearsals/,healthy.toml errors-under-traffic.toml broken-before-traffic.toml)

# The crates that start no process and open no connection: what `make check` checks.
PURE := contacts rehearsal-aws rehearsal-template rehearsal-deployment rehearsal-report
# Their tests step worlds a million times: with the engine optimised a little they take half the time.
OPTIMISED := $(foreach crate,rehearsal-aws rehearsal-deployment,--config profile.dev.package.$(crate).opt-level=1)

# What looks after the dependencies, by cargo: each at its version, and with the versions that its own lock file has.
CARGO_TOOLS := $(abspath $(TARGET_DIR))/tools
CARGO_DENY := cargo-deny@0.20.2
CARGO_CYCLONEDX := cargo-cyclonedx@0.5.9
# The bills of materials are of programs for this machine, unless another is named.
SBOM_TARGET ?= $$(rustc -vV | sed -n "s/^host: //p")
# What of deny.toml is checked. Advisories need GitHub; the rest the registry alone: CHECKS="bans licenses sources".
CHECKS ?= all

# How long `make soak` takes. SEED is the clock's where there is none; ROUND repeats one of its rounds.
MINUTES ?= 30
SOAK_EXAMPLES := soak odd_function orders invoices mailer thumbnailer version_check

# Where `make watch` listens, and what else it tells `cargo lambda watch`.
WATCH_PORT ?= 9000
WATCH_FLAGS ?=

# DRY_RUN=1 only says what would be done. Said wrongly, it must not do it, nor build for it.
ifneq ($(filter-out 0 1,$(DRY_RUN)),)
$(error DRY_RUN is $(DRY_RUN), and may be 1 or 0)
endif

# What `make test` has left out, a line each.
export LEFT_OUT := $(abspath $(TARGET_DIR))/left-out

SAM := SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/.venv/bin:$$PATH" sam

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'deploy, ping, smoke, verdicts, logs, rollback and destroy are for a stack, and take'
	@echo '  ENV=name            an environment of samconfig.toml, "default" unless set'
	@echo '  STACK=name          another stack than the one of the environment'
	@echo '  DRY_RUN=1           say what would be done, and do nothing; it needs neither credentials nor a build'

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
	@$(REHEARSE) run --html target/rehearsal/index.html $(REHEARSALS)

.PHONY: picture
picture: build ## Draw the pictures of the README and of docs/, out of rehearsals and odds; the screenshot needs Chromium
	@UPDATE_DOCS=1 $(CARGO) test $(CARGO_FLAGS) --package workspace-tests --test docs -- picture screenshot

.PHONY: check
check: fmt-check ## Check what is quick, for every day: formatting, and clippy and the tests of the crates that start no process
	@echo "==> Running clippy on $(words $(PURE)) crates, every warning an error"
	@$(CARGO) clippy $(CARGO_FLAGS) $(addprefix --package ,$(PURE)) --all-targets -- --deny warnings
	@echo "==> Running their tests"
	@$(CARGO) test $(CARGO_FLAGS) $(OPTIMISED) --quiet $(addprefix --package ,$(PURE)) --lib --tests

.PHONY: test
test: fmt-check validate lint-scripts clippy build tools-watch tools-build tools-dynamodb ## Run every check: formatting, both stacks, clippy, all tests; REQUIRE_ALL=1 leaves none out
	@scripts/left-out.sh begin
	@[ $(SYSTEM) = Linux ] || scripts/left-out.sh note shared/lifecycle-hook/tests/warm_sandbox.rs "it reads /proc, which $(SYSTEM) has not"
	@command -v node >/dev/null || scripts/left-out.sh note "functions of Node.js" "there is no node on this machine"
	@command -v python3 >/dev/null || scripts/left-out.sh note "functions of Python" "there is no python3 on this machine"
	@[ "$$(uname -m)" != x86_64 ] || [ -d "$(MUSL)" ] || rustup --quiet target add x86_64-unknown-linux-musl || scripts/left-out.sh note "static programs in tests/linking.rs" "Rust has no x86_64-unknown-linux-musl here, and rustup cannot add it"
	@$(MAKE) --no-print-directory sdks
	@$(MAKE) --no-print-directory tools-page
	@$(MAKE) --no-print-directory cdk-test
	@echo "==> Running all tests"
	@$(CARGO) test $(CARGO_FLAGS) --workspace
# Last: it builds for minutes, and all that fails sooner is told sooner.
	@$(MAKE) --no-print-directory rehearse-sam-build
	@scripts/left-out.sh total

.PHONY: soak
soak: build ## Try rehearse with random faults, signals and inputs for MINUTES=30: SEED=7, ROUND=123, SOAK_FLAGS=--stop
# As part of the workspace: after `make test`, nothing of it is built again.
	@echo "==> Building what the soak rehearses (profile dev)"
	@$(CARGO) build $(CARGO_FLAGS) $(addprefix --example ,$(SOAK_EXAMPLES))
	@echo "==> Soaking rehearse for $(MINUTES) minutes"
	@exec $(TARGET_DIR)/debug/examples/soak --minutes $(MINUTES) $(addprefix --seed ,$(SEED)) $(addprefix --round ,$(ROUND)) $(SOAK_FLAGS)

# The commit that make bench-check compares with, and other options of scripts/bench_check.py.
BENCH_FLAGS ?=

.PHONY: bench-check
bench-check: ## Count the instructions of the hot paths, here and where this branch began: BENCH_FLAGS='--base HEAD~1 --limit 5'
	@echo "==> Counting instructions (needs valgrind)"
	@scripts/bench_check.py $(BENCH_FLAGS)

# QUICK=1 leaves out what takes minutes, BENCH_PART=functions, rehearsals, hosting or build measures one part alone, the last a clean build.
.PHONY: bench
bench: tools-sam tools-watch tools-build ## Measure the functions and the rehearsal beside others, in one run: QUICK=1
	@.venv/bin/python -B benches/measure $(if $(QUICK),--quick) $(if $(BENCH_PART),--part $(BENCH_PART))

.PHONY: validate
validate: tools-sam ## Check template.yaml: sam validate, the expanded stack, and that each check can fail
	@echo "==> Validating template.yaml"
	@$(SAM) validate --lint --region us-east-1
	@echo "==> Checking the stack that SAM expands it to"
	@.venv/bin/python -m unittest discover --start-directory tests/template

.PHONY: watch
# What the template gives to the functions on AWS, and credentials that open nothing. Everything AWS is on this machine: the table is
# local_dynamodb's, whose address and name come with it; Lambda is the host itself; and no other service is there.
watch: export AWS_REGION := us-east-1
watch: export AWS_ACCESS_KEY_ID := local
watch: export AWS_SECRET_ACCESS_KEY := local
watch: export AWS_SESSION_TOKEN :=
watch: export AWS_ENDPOINT_URL = http://127.0.0.1:$(WATCH_PORT)
watch: export NEW_VERSION_ARN := contacts-api
watch: export API_URL = http://127.0.0.1:$(WATCH_PORT)/lambda-url/contacts-api/
watch: export API_AUTHORIZATION := NONE
watch: export HOOK_DRY_RUN := true
watch: tools-watch ## Host the functions on 127.0.0.1 with a table beside them, for cargo lambda invoke
# First, and with the features that cargo-lambda will ask for: the first invocation finds its function built.
	@echo "==> Building the functions (profile dev)"
	@$(CARGO) build $(CARGO_FLAGS) $(addprefix --bin ,$(FUNCTIONS))
	@echo "==> Building their table (profile dev)"
	@$(CARGO) build $(CARGO_FLAGS) --example local_dynamodb
	@echo "==> Hosting them on http://127.0.0.1:$(WATCH_PORT) until Ctrl-C"
	@exec $(TARGET_DIR)/debug/examples/local_dynamodb --template template.yaml -- \
		.venv/bin/cargo-lambda lambda watch -A 127.0.0.1 -P $(WATCH_PORT) --wait $(CARGO_FLAGS) $(WATCH_FLAGS)

# Programs that bring their C library: docs/performance.md. cargo-lambda takes no --arm64 beside it.
ifdef STATIC
sam-build cdk-build: export CARGO_LAMBDA_GLOBAL := $(CURDIR)/functions/static.toml
endif

.PHONY: sam-build
sam-build: tools-sam tools-watch tools-build ## Build what is deployed, into .aws-sam/build; STATIC=1: docs/performance.md
	@echo "==> Building the functions for Lambda (release, fat LTO: minutes)"
	@$(SAM) build $(BUILD_FLAGS)

.PHONY: rehearse-sam-build
ifeq ($(SYSTEM),Linux)
# Built for this machine's processor, for the functions are to start here.
rehearse-sam-build: BUILD_FLAGS += --parameter-overrides Architecture=$(patsubst aarch64,arm64,$(shell uname -m))
rehearse-sam-build: sam-build build ## Build what is deployed, and rehearse a healthy deployment of it
	@echo "==> Rehearsing a healthy deployment of what sam has built"
	@$(REHEARSE) run --builds sam tests/rehearsals/healthy.toml
else
rehearse-sam-build:
	@scripts/left-out.sh note "the rehearsal of what sam builds" "it builds for Linux, and that does not start on $(SYSTEM)"
endif

.PHONY: cdk-synth
cdk-synth: build ## Synthesise the same stack with CDK, of cdk/ and what make build has built, into cdk/cdk.out
	@echo "==> Synthesising the CDK application"
	@scripts/cdk.sh synth $(TARGET_DIR)/rehearse $(FUNCTIONS)

.PHONY: cdk-test
cdk-test: ## Check what CDK makes: cfn-lint, the same stack as template.yaml's, two rehearsals
	@if reason=$$(scripts/cdk.sh usable 2>&1); then $(MAKE) --no-print-directory cdk-check; \
		else scripts/left-out.sh note "the CDK application" "$${reason#cdk: }"; fi

.PHONY: cdk-build
cdk-build: tools-watch tools-build ## Build what cdk deploy deploys, into target/lambda, as sam build builds it; CDK_BUILD_FLAGS=--arm64
	@echo "==> Building the functions for Lambda (release, fat LTO: minutes)"
	@for function in $(FUNCTIONS); do \
		(cd functions/$$function && PATH="$(CURDIR)/.venv/bin:$$PATH" cargo-lambda lambda build $(CARGO_FLAGS) --release --bin $$function \
			--lambda-dir "$(CURDIR)/target/lambda" $(CDK_BUILD_FLAGS)) || exit 1; \
	done

.PHONY: deploy
# A dry run builds nothing.
deploy: $(if $(filter 1,$(DRY_RUN)),,sam-build) ## Build and deploy the stack; the first time: make deploy DEPLOY_FLAGS=--guided
	@scripts/deploy.sh $(DEPLOY_FLAGS)

.PHONY: ping
ping: $(if $(filter 1,$(DRY_RUN)),,call-ping) ## Request the API once a second and show which version answers: COUNT=60
	@exec scripts/call.sh $(TARGET_DIR)/debug/ping

.PHONY: smoke
smoke: $(if $(filter 1,$(DRY_RUN)),,call-smoke) ## Run the PostTraffic hook's checks against the API, by hand
	@exec scripts/call.sh --version $(TARGET_DIR)/debug/smoke

.PHONY: verdicts
verdicts: ## Show the last deployment, its lifecycle events and what the hooks found
	@scripts/verdicts.sh

# As it was typed: a filter pattern has dollar signs, which make would take for variables of its own.
override FILTER := $(value FILTER)
export FILTER

.PHONY: logs
logs: $(if $(filter 1,$(DRY_RUN)),,tools-sam) ## Show the stack's logs: SINCE=30m, FILTER=text, FOLLOW=1
	@scripts/logs.sh

.PHONY: rollback
rollback: ## Stop the running deployment and move the traffic back
	@scripts/rollback.sh

.PHONY: destroy
destroy: $(if $(filter 1,$(DRY_RUN)),,tools-sam) ## Delete the stack, but not its table; it asks, unless YES=1
	@scripts/destroy.sh

.PHONY: deny
deny: ## Check the dependencies against deny.toml: advisories, bans, licences, sources
	@echo "==> Checking the dependencies"
	@$(CARGO) install --locked --quiet --root $(CARGO_TOOLS) $(CARGO_DENY)
	@$(CARGO_TOOLS)/bin/cargo-deny --locked check $(CHECKS)

.PHONY: sbom
sbom: ## List the crates in each program that is released, in CycloneDX: SBOM_TARGET=triple
	@echo "==> Listing what is in the programs"
	@$(CARGO) install --locked --quiet --root $(CARGO_TOOLS) $(CARGO_CYCLONEDX)
	@PATH="$(CARGO_TOOLS)/bin:$$PATH" python3 scripts/sbom.py $(TARGET_DIR)/sbom $(SBOM_TARGET) $(FUNCTIONS) lambda-rehearse

.PHONY: requirements
requirements: tools-lock ## Pin the Python packages that scripts/requirements/*.in name: UPGRADE=package, UPGRADE=all
	@scripts/requirements.sh $(if $(filter all,$(UPGRADE)),--upgrade,$(addprefix --upgrade-package ,$(UPGRADE)))

.PHONY: clean
clean: ## Remove everything that was built or installed here
	@echo "==> Removing $(TARGET_DIR), .aws-sam, .venv, and what is made in cdk"
	@$(CARGO) clean --quiet
	@rm -rf .aws-sam .venv cdk/build cdk/cdk.out cdk/node_modules tests/page/node_modules

# Parts of the above.

.PHONY: sdks
sdks:
	@if reason=$$(scripts/sdks.sh usable 2>&1); then scripts/sdks.sh install $(TARGET_DIR)/sdks; \
		else scripts/left-out.sh note "the AWS SDKs for JavaScript" "$${reason#sdks: }"; fi

.PHONY: call-ping call-smoke
call-ping call-smoke: call-%:
# Of no named package, so with the features that `make watch` builds with: after it, the program is all that is left to build.
	@echo "==> Building $* (profile dev)"
	@$(CARGO) build $(CARGO_FLAGS) --bin $*

.PHONY: fmt-check
fmt-check:
	@echo "==> Checking the formatting"
	@$(CARGO) fmt --all --check

.PHONY: clippy
clippy:
	@echo "==> Running clippy, every warning an error"
	@$(CARGO) clippy $(CARGO_FLAGS) --workspace --all-targets -- --deny warnings

.PHONY: lint-scripts
lint-scripts: tools-check
	@echo "==> Checking the scripts, the pipeline's roles and the workflows"
	@.venv/bin/shellcheck --external-sources --source-path=scripts scripts/*.sh .ci/run
	@.venv/bin/cfn-lint pipeline/roles.yaml
	@.venv/bin/zizmor --offline --strict-collection --quiet --no-progress --min-severity=medium .github action.yml
	@echo "==> Running the scripts against a fake AWS"
	@.venv/bin/python -m unittest discover --start-directory tests/scripts

.PHONY: cdk-check
cdk-check: cdk-synth tools-check
	@echo "==> Comparing it with what SAM makes, and rehearsing it"
	@REHEARSE=$(abspath $(REHEARSE)) PYTHONPATH=tests/template .venv/bin/python -m unittest discover --start-directory tests/cdk

TOOLS := $(patsubst scripts/requirements/%.in,tools-%,$(wildcard scripts/requirements/*.in))

.PHONY: $(TOOLS)
$(TOOLS): tools-%:
	@scripts/venv.sh $*

# What looks at the page of rehearsals: a browser, and axe-core of npm, which audits it in there.
.PHONY: tools-page
tools-page:
	@for browser in chromium chromium-browser google-chrome google-chrome-stable none; do command -v $$browser >/dev/null && break; done; \
		[ $$browser != none ] || scripts/left-out.sh note "the page in a browser" "there is no Chromium on this machine"
	@if command -v npm >/dev/null; then cmp -s tests/page/package-lock.json tests/page/node_modules/installed.json || \
		{ npm ci --ignore-scripts --prefix tests/page --no-audit --no-fund --loglevel=error && \
		cp tests/page/package-lock.json tests/page/node_modules/installed.json; }; \
		else scripts/left-out.sh note "the audit of the page" "there is no npm on this machine"; fi

# Both are asked for where the project is checked.
tools-check: tools-sam
