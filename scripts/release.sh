#!/bin/sh
# Makes a release of the last commit: both programs, built twice with equal bytes;
# for each a list of what is inside (CycloneDX); checksums of all, SHA256SUMS; and
# its signature, SHA256SUMS.sig, when RELEASE_KEY names an ssh key.
#
# To check one:   sha256sum -c SHA256SUMS
#                 ssh-keygen -Y verify -f SIGNERS -I WHO -n file -s SHA256SUMS.sig <SHA256SUMS
#
# usage: scripts/release.sh FOLDER
set -eu
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

if [ -n "$(git status --porcelain)" ]; then
	echo "A release is made of a commit: commit or remove these first" >&2
	git status --short >&2
	exit 1
fi
go mod verify
scripts/reproducible.sh "$out" framework_runner executor_runner
files=
for program in framework_runner executor_runner; do
	go run ./scripts/bom "$out/$program" >"$out/$program.cdx.json"
	files="$files $program $program.cdx.json"
done
cd "$out"
# shellcheck disable=SC2086 # one word per file
sha256sum $files >SHA256SUMS
rm -f SHA256SUMS.sig
if [ -n "${RELEASE_KEY:-}" ]; then
	ssh-keygen -q -Y sign -n file -f "$RELEASE_KEY" SHA256SUMS
fi
sha256sum -c SHA256SUMS
