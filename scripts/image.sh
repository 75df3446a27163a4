#!/bin/sh
# Makes sure that the image of an example is there, as it is in examples/NAME: a static Go
# program, nothing else in the image.
#
# usage: scripts/image.sh NAME, as in scripts/image.sh nginx
set -eu
cd "$(dirname "$0")/.."

name=$1
image=kubernetes-mesos/$name:1
source=$(cat examples/"$name"/*.go | sha256sum | cut -c1-16)

made=$(docker image inspect -f '{{index .Config.Labels "source"}}' "$image" 2>/dev/null || true)
[ "$made" = "$source" ] && exit 0

echo "Building the image $image from examples/$name"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$dir/$name" "./examples/$name"
tar -C "$dir" -c "$name" | docker import --change "ENTRYPOINT [\"/$name\"]" --change "LABEL source=$source" - "$image" >/dev/null
