#!/bin/bash
# Attacks a fresh cluster from outside and says of each attack whether it was
# refused. The cluster is started with the flags that docs/security.md names for
# production, on free ports and in a temporary directory; nothing of it is left.
# Ends with 1 when an attack gets through.
#
# usage: scripts/attack.sh [ROW...], as in scripts/attack.sh S1 S35; all without.
set -u
cd "$(dirname "$0")/.."

scripts/need.sh curl=curl busybox=busybox-static ss=iproute2 openssl=openssl setpriv=util-linux
[ -x framework_runner/framework_runner ] && [ -x executor_runner/executor_runner ] || ./build.sh
[ -x bin/kubectl ] || CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/kubectl k8s.io/kubernetes/cmd/kubectl
CGO_ENABLED=0 go build -trimpath -o bin/rude ./scripts/attack/rude

. scripts/attack/row.sh "$@"
. scripts/attack/cluster.sh
for rows in ports floods names rights tenants nodes containers disk mesos release; do
	. scripts/attack/rows-$rows.sh
done
summary
