# What there is to do. `make help` lists it.

# One set of flags for all compilation without the race detector, so that
# Kubernetes is compiled once and not once per use.
plain := CGO_ENABLED=0 GOFLAGS=-trimpath
race  := CGO_ENABLED=1 go test -race

# These link Kubernetes or etcd and are tested without the race detector, which
# would compile those a second time, and without vet, which would analyse all of
# Kubernetes first and takes longer than compiling it.
linked := controlplane controlplane/etcd controlplane/leaderelection controlplane/sharedpki executor/kubelet executor/node executor/serviceproxy executor_runner framework/etcdstore framework/schedulerplugins framework_runner framework_runner/app examples/scheduler-plugin internal/testing/testetcd
module := $(shell go list -m)
others  = $(filter-out $(addprefix $(module)/,$(linked) e2e),$(shell go list ./...))

.DEFAULT_GOAL := help

.PHONY: help
help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

.PHONY: build
build: ## both programs, into framework_runner/ and executor_runner/
	./build.sh

.PHONY: run
run: ## the main job: a pod, POSTed to v1beta1, runs in Docker as a Mesos task, and a service leads to it
	@scripts/run.sh

.PHONY: test
test: setup ## everything that can be tested; sets up what is missing
	$(race) $(others)
	$(plain) go test -vet=off $(addprefix ./,$(linked))
	$(plain) go test -vet=off -timeout 60m ./e2e
	cd conformance && $(plain) go test -vet=off ./results

.PHONY: check
check: setup ## formatting, vet, go.mod, types of the web pages, and known vulnerabilities where their database can be reached
	@test -z "$$(gofmt -l .)" || { echo "run gofmt on:"; gofmt -l .; exit 1; }
	CGO_ENABLED=1 go vet -race $(others)
	go mod tidy -diff
	@scripts/browser.sh
	npm --prefix controlplane/ui/browser run -s check
	@scripts/vulnerabilities.sh

.PHONY: bench
bench: build setup ## measured figures of this machine; takes minutes
	$(plain) go test -vet=off -run '^$$' -bench . ./scheduler
	$(plain) go test -vet=off -run '^$$' -bench . -benchtime 3x ./framework/schedulerplugins
	$(plain) go test -vet=off -run '^$$' -bench Ceiling ./framework
	$(plain) go test -vet=off -run '^$$' -bench Updates -benchtime 10x ./framework
	$(plain) go test -vet=off -run '^$$' -bench Scheduling -benchtime 1x ./framework
	$(plain) go test -vet=off -run '^$$' -bench . -benchtime 1x -timeout 60m ./e2e

.PHONY: faults
faults: setup ## what can go wrong with processes and nodes, kills FAULT_ROUNDS (50) times: promise and measured result side by side; takes an hour
	$(race) -count=1 -timeout 60m -run 'Daemon|Lost|Docker|EachCall|List' ./executor/dockershim
	FAULTS=long $(plain) go test -vet=off -count=1 -v -run FaultReconciliation ./framework
	FAULTS=long FAULT_ROUNDS=$${FAULT_ROUNDS:-50} $(plain) go test -vet=off -count=1 -timeout 4h -v -run 'Fault|Resisting|DiskFull|Mount|Contained|^TestVolumes$$' ./e2e

.PHONY: attack
attack: build setup ## attacks from outside on a cluster of its own: each is refused or explained
	@scripts/attack.sh

.PHONY: conformance
conformance: setup ## Kubernetes' own tests (FOCUS, SKIP: regular expressions; PARALLEL, AGENTS) on two hosts of their own; the first time builds the suite and its images
	@conformance/run.sh

.PHONY: release
release: ## what others run, into release/: both programs, what is inside, checksums; RELEASE_KEY signs them
	@scripts/release.sh release

.PHONY: proto
proto: setup ## the Mesos messages, generated from their .proto files
	sh mesos/mesospb/generate.sh

.PHONY: setup
setup: # what the tests need besides Go
	@scripts/need.sh curl=curl gcc=gcc protoc=protobuf-compiler busybox=busybox-static etcd=etcd-server ss=iproute2 nft=nftables iptables=iptables openssl=openssl
	@scripts/docker.sh

.PHONY: clean
clean: ## what was built
	rm -rf bin release framework_runner/framework_runner executor_runner/executor_runner
