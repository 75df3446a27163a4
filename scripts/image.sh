#!/bin/sh
# Makes sure that the image of an example is there: pulls it, or builds it from
# examples/NAME (a static Go program, nothing else in the image).
#
# usage: scripts/image.sh NAME, as in scripts/image.sh nginx
set -eu
cd "$(dirname "$0")/.."

name=$1
image=kubernetes-mesos/$name:1

docker image inspect "$image" >/dev/null 2>&1 && exit 0
docker pull -q "$image" >/dev/null 2>&1 && exit 0

echo "The image $image cannot be pulled: building it from examples/$name"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$dir/$name" "./examples/$name"
tar -C "$dir" -c "$name" | docker import --change "ENTRYPOINT [\"/$name\"]" - "$image" >/dev/null
