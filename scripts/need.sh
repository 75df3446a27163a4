#!/bin/sh
# Makes sure that commands are there, and says what it installs for that.
#
# usage: scripts/need.sh COMMAND=DEBIAN-PACKAGE..., as in scripts/need.sh protoc=protobuf-compiler
set -eu

missing=
for pair in "$@"; do
	command -v "${pair%%=*}" >/dev/null 2>&1 || missing="$missing ${pair#*=}"
done
[ -z "$missing" ] && exit 0

echo "Installing Debian's packages:$missing"
apt-get update -q
# shellcheck disable=SC2086 # one word per package
DEBIAN_FRONTEND=noninteractive apt-get install -q -y $missing
