#!/bin/sh
# Runs Kubernetes' own end-to-end tests against this project, on a cluster of its own that
# is removed in the end.
#
# environment: FOCUS      which tests, a regular expression; default the conformance tests
#              SKIP       which of these not
#              PARALLEL   how many at once; default 4
#              AGENTS     how many agents; default 2
#              AGAIN=1    also what passed with these very programs before
#
# What comes out is in bin/conformance/results-TIME, also of a run that is interrupted:
# what the certification programme asks for (e2e.log, junit.xml, version.txt, README.md),
# table.txt, conformance.md (what is known of all conformance tests with these programs), for
# each failure its log with the events of its pods and what the agents logged about it in
# failed, and the logs of all programs in logs.
set -eu
cd "$(dirname "$0")"
here=$(cd .. && pwd)
bin=$here/bin/conformance

../scripts/need.sh gcc=gcc dpkg-deb=dpkg unshare=util-linux ip=iproute2 nft=nftables iptables=iptables
../scripts/docker.sh
(cd .. && ./build.sh)
echo "building the suite"
mkdir -p "$bin"
export CGO_ENABLED=0 GOFLAGS=-trimpath
nice -n 10 go test -vet=off -ldflags '-s -w' -c -o "$bin/e2e.test" k8s.io/kubernetes/test/e2e
nice -n 10 go build -o "$bin/" github.com/onsi/ginkgo/v2/ginkgo ./results
# "kubectl version" fails without a version, which the linker tells it.
kubernetes=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
(cd .. && nice -n 10 go build -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes -X k8s.io/client-go/pkg/version.gitVersion=$kubernetes" -o "$bin/kubectl" k8s.io/kubernetes/cmd/kubectl)
nice -n 10 ./images.sh build

version=$(cat ../framework_runner/framework_runner ../executor_runner/executor_runner "$bin/e2e.test" | sha256sum | cut -c1-12)
record=$bin/record-$version.tsv
touch "$record"
skip=${SKIP:-}
[ -n "${AGAIN:-}" ] || skip=$("$bin/results" -record "$record" -skip "$skip")

results=$bin/results-$(date +%Y%m%d-%H%M%S)
logs=$results/logs
mkdir -p "$logs"
dir=$(mktemp -d /tmp/kmconf.XXXX)
down() {
	trap - INT TERM EXIT
	cluster_down
	cp "$dir"/docker-*.log "$logs/" || true # there is none before the first host
	for run in "$dir"/data/mesos/slaves/*/frameworks/*/executors/*/runs/*/stderr; do
		node=${run#"$dir"/data/mesos/slaves/*-}
		[ ! -e "$run" ] || cat "$run" >>"$logs/executor-${node%%/*}.log"
	done
	rm -rf --one-file-system "$dir"
}

# report keeps the results of the suite, whether or not it came to its end.
report() {
	trap - INT TERM EXIT
	minutes=$((($(date +%s) - started) / 60))
	memory >"$results/memory.txt"
	down
	"$bin/results" -record "$record" -junit "$results/junit.xml" -dir "$results"
	echo "$minutes minutes" | tee -a "$results/table.txt"
	"$bin/results" -record "$record" -list "$tested" >"$results/conformance.md"
	cat >"$results/README.md" <<END
# How these results came about

"make conformance" in a clone of kubernetes-mesos makes them, with FOCUS='${FOCUS:-}' and
SKIP='${SKIP:-}' (what passed with these programs before is left out; AGAIN=1 runs it, too).
Tested: $tested.

On a cluster of your own, the suite is run as on any Kubernetes: by Hydrophone or Sonobuoy
with the kubeconfig that framework_runner leaves in its -data_dir.
END
}

# memory prints the most that each program of the cluster has had at a time.
memory() {
	for process in $(grep -l "$dir/" /proc/[0-9]*/cmdline 2>/dev/null); do
		awk '$1 == "Name:" { name = $2 } $1 == "VmHWM:" { print name, int($2 / 1024), "MB" }' "${process%cmdline}status" 2>/dev/null || true
	done
}

. ./cluster.sh
trap 'down; exit 1' INT TERM EXIT
cluster_up "${AGENTS:-2}"
kubectl version >"$results/version.txt"
tested="Kubernetes $kubernetes in commit $(git describe --always --dirty) on $(date +%F), \
with ${AGENTS:-2} agents that offer all ports above 1023 that are not of services, Linux $(uname -r) with $(nproc) cores, \
Docker $(on host1 docker version -f '{{.Server.Version}}')"

started=$(date +%s)
trap 'report; exit 1' INT TERM EXIT
# What the suite prints of nodes is not of ours, which have no SSH.
on host1 env KUBECONFIG="$kubeconfig" "$bin/ginkgo" -procs="${PARALLEL:-4}" -no-color -silence-skips \
	-focus="${FOCUS:-\[Conformance\]}" -skip="$skip" -timeout=6h -output-dir="$results" -junit-report=junit.xml \
	"$bin/e2e.test" -- -provider=skeleton -kubeconfig="$kubeconfig" -kubectl-path="$bin/kubectl" -disable-log-dump \
	-e2e-output-dir="$results" >"$results/e2e.log" 2>&1 || true
report
