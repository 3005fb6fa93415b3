# `make demo` runs the main job on a real cluster, `make test` passes the tests.
# `make help` lists the rest.

SHELL := /bin/bash -o pipefail
.DEFAULT_GOAL := help

TOOL := go tool -modfile=tools.mod
LINT := go tool -modfile=lint.mod golangci-lint

# Where envtest finds kube-apiserver and etcd. Unless the user has them
# already, the lab builds them.
ENVTEST = $${KUBEBUILDER_ASSETS:-$$(bin/lab assets)}

# Modules of their own, so that what they need stays out of the operator's.
MODULES = $(shell hack/modules.sh)

##@ The two commands

.PHONY: demo
demo: ## Bring up a cluster, deploy the operator and watch a server and a client talk (CLUSTER=lab|kind|current)
	@hack/demo.sh up

.PHONY: demo-down
demo-down: ## Remove what demo brought up
	@hack/demo.sh down

.PHONY: test
test: bin/lab ## Unit tests, workload tests and tests on a real API server
	KUBEBUILDER_ASSETS="$(ENVTEST)" go test $$(go list ./... | grep -v -x -e '.*/test/faults' -e '.*/test/faults/manager')
	KUBEBUILDER_ASSETS="$(ENVTEST)" go test -C test/faults # from within its folder, so that the table is shown
	KUBEBUILDER_ASSETS="$(ENVTEST)" go test -C test/faults/manager
	for m in $(filter-out test/page,$(MODULES)); do go -C $$m test ./... || exit; done # page-test has a browser

##@ Development

.PHONY: build
build: ## Compile the manager, the workload and the kubectl plugin into bin/
	@hack/build.sh

.PHONY: generate
generate: ## Regenerate deep copies, CRDs, RBAC, docs/api.md and dist/ from the Go types, markers and config/
	$(TOOL) controller-gen object paths=./api/...
	$(TOOL) controller-gen crd paths=./api/... output:crd:dir=config/crd/bases
	$(TOOL) controller-gen rbac:roleName=manager-role paths=./... output:rbac:dir=config/rbac
	go run ./hack/reference
	hack/dist.sh

.PHONY: faults
faults: bin/lab ## Fault plans against the operator: every call, and of the whole manager's plans some of every workload (EACH=4 of a kind; EACH=0: all)
	KUBEBUILDER_ASSETS="$(ENVTEST)" go test -v -count 1 -timeout 0 ./test/faults -full; calls=$$?; \
	KUBEBUILDER_ASSETS="$(ENVTEST)" go test -v -count 1 -timeout 0 ./test/faults/manager -full -each=$(or $(EACH),4) $(if $(SEED),-seed=$(SEED)) && exit $$calls

.PHONY: race
race: bin/lab ## Workload, unit tests and a running manager under the race detector
	KUBEBUILDER_ASSETS="$(ENVTEST)" go test -race $$(go list ./... | grep -v -e /api/ -e /controllers$$ -e /test/)
	KUBEBUILDER_ASSETS="$(ENVTEST)" go test -race -run TestARunningManager ./controllers # the others reconcile one at a time

.PHONY: fuzz
fuzz: ## Every fuzz target in turn, each for FUZZTIME=30s
	@hack/fuzz.sh

.PHONY: transitions
transitions: bin/lab ## Every field of both kinds through every change, from every earlier state
	KUBEBUILDER_ASSETS="$(ENVTEST)" go test ./test/transitions -all -v -timeout 1h

.PHONY: loopback
loopback: ## The server's tests on real sockets at full size: a million messages, a thousand slow peers, resets by ten thousands
	go test -count=1 -v -run 'TestConservation|TestLoopback|TestSlowloris|TestResetStorm|TestAcceptingABurst|TestSuspended' ./workload/server ./workload/cli -full

.PHONY: soak
soak: bin/lab ## Server, clients and operator under churn for MINUTES=10, and what grew meanwhile
	KUBEBUILDER_ASSETS="$(ENVTEST)" go test -count=1 -v -timeout 0 -run TestSoak ./test/soak -minutes=$(or $(MINUTES),10)

.PHONY: e2e
e2e: ## The samples on a lab of their own, through the shipped manifests, checked from outside
	@hack/e2e.sh

.PHONY: page-test
page-test: ## The operator's page in headless Chromium, which root has installed (BROWSER=path of another)
	browser=$$(hack/browser.sh) && BROWSER=$$browser go -C test/page test -count=1 -parallel 6 .

.PHONY: screenshots
screenshots: ## Take the pictures of docs/images anew
	mkdir -p docs/images
	browser=$$(hack/browser.sh) && BROWSER=$$browser go -C test/page test -count=1 -parallel 6 . -screenshots ../../docs/images

.PHONY: lint
lint: ## Static checks
	$(LINT) run

.PHONY: licences
licences: ## List the licences of everything that is linked, and fail for one that asks for more than a notice
	go test -count=1 -v ./test/licences

.PHONY: vuln
vuln: ## Look for known vulnerabilities; needs https://vuln.go.dev, or a copy of it in GOVULNDB
	@$(TOOL) govulncheck $(if $(GOVULNDB),-db $(GOVULNDB)) ./... || \
		{ echo "vuln: something was found, or https://vuln.go.dev is out of reach: then set GOVULNDB to the URL of a copy" >&2; exit 1; }

.PHONY: reproducible
reproducible: ## Fail unless two builds in two folders give the same bytes, and the workload's are few
	@hack/reproducible.sh

.PHONY: verify
verify: ## Fail if generated files, formatting or module files are not up to date
	@hack/verify.sh

.PHONY: bench
bench: bench-workload bench-controlplane ## Everything that docs/performance.md reports, on an otherwise idle machine

.PHONY: bench-workload
bench-workload: ## The workload, paired with other servers. ARGS=-quick for a short look
	@hack/bench-workload.sh $(ARGS)

.PHONY: bench-controlplane
bench-controlplane: bin/lab ## What the operator costs an API server, paired with a bare client. ARGS="-rounds=1 -pairs=100" for a short look
	KUBEBUILDER_ASSETS="$(ENVTEST)" go run -C bench ./controlplane $(ARGS)

.PHONY: bin/lab
bin/lab:
	@go build -C lab -o ../bin/lab .

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9\/-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
