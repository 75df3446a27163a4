#!/bin/sh
# Builds both programs into the folders they are named after. They are static,
# so that an agent needs nothing but the file. The first build compiles
# Kubernetes and takes about ten minutes on two cores.
#
# usage: ./build.sh [FOLDER...], as in ./build.sh executor_runner
set -eu
cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- framework_runner executor_runner

# A library build does not know its Kubernetes version; the linker tells it.
version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
numbers=${version#v}
minor=${numbers#*.}
ldflags='-s -w'
for pkg in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	ldflags="$ldflags -X $pkg.gitVersion=$version -X $pkg.gitMajor=${numbers%%.*} -X $pkg.gitMinor=${minor%%.*}"
done

export CGO_ENABLED=0
for program; do
	echo "building $program/${program##*/}"
	go build -trimpath -ldflags "$ldflags" -o "$program/${program##*/}" "./$program"
done
