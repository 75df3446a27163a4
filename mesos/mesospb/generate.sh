#!/bin/sh
# Generates the Go code of this package, or a copy of it below the directory
# named: needs protoc (Debian's protobuf-compiler); the Go plugin is built from
# the version in go.mod.
set -eu
out=${1:-.}
cd "$(dirname "$0")/../.."
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/protoc-gen-gogofast" github.com/gogo/protobuf/protoc-gen-gogofast
PATH="$bin:$PATH" protoc --gogofast_out=paths=source_relative:"$out" \
	mesos/mesospb/mesos.proto mesos/mesospb/scheduler.proto mesos/mesospb/executor.proto mesos/mesospb/master.proto
