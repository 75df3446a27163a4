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
# What comes out is in bin/conformance/results-TIME: junit.xml, table.txt, conformance.md (what
# is known of all conformance tests with these programs), for each failure its log with the
# events of its pods in failed, and the logs of all programs in logs.
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
(cd .. && nice -n 10 go build -o "$bin/kubectl" k8s.io/kubernetes/cmd/kubectl)
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
. ./cluster.sh
trap 'down; exit 1' INT TERM EXIT
cluster_up "${AGENTS:-2}"

# What the suite prints of nodes is not of ours, which have no SSH.
on host1 env KUBECONFIG="$kubeconfig" "$bin/ginkgo" -procs="${PARALLEL:-4}" -no-color -silence-skips \
	-focus="${FOCUS:-\[Conformance\]}" -skip="$skip" -timeout=6h -output-dir="$results" -junit-report=junit.xml \
	"$bin/e2e.test" -- -provider=skeleton -kubeconfig="$kubeconfig" -kubectl-path="$bin/kubectl" -disable-log-dump \
	-e2e-output-dir="$results" >"$results/e2e.log" 2>&1 || true
down
"$bin/results" -record "$record" -junit "$results/junit.xml" -dir "$results"
"$bin/results" -record "$record" -list "commit $(git describe --always --dirty) on $(date +%F)" >"$results/conformance.md"
