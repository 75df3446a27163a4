#!/bin/sh
# Builds programs of the last commit twice, in two folders, and wants equal bytes.
# Compiled packages come from Go's cache, so that this takes seconds; with
# FROM_SCRATCH=1 the second build compiles everything again, for ten minutes.
#
# usage: scripts/reproducible.sh FOLDER PROGRAM..., which FOLDER gets
set -eu
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/.."

export GOFLAGS=-buildvcs=true # a program says of which commit it is
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for folder in one another/of/another/length; do
	git clone -q --shared . "$work/$folder"
	if [ "$folder" != one ] && [ -n "${FROM_SCRATCH:-}" ]; then export GOCACHE="$work/cache"; fi
	"$work/$folder/build.sh" "$@" >/dev/null
done
for program; do
	cmp "$work/one/$program/$program" "$work/another/of/another/length/$program/$program" || {
		echo "$program: two builds of $(git rev-parse --short HEAD) differ" >&2
		exit 1
	}
	cp "$work/one/$program/$program" "$out/$program"
	echo "$program: two builds are equal"
done
