#!/bin/sh
# Sets up what checks and tests the web pages: Chromium, Node, and the packages that
# controlplane/ui/browser/package-lock.json names.
#
# usage: scripts/browser.sh
set -eu
cd "$(dirname "$0")/.."

scripts/need.sh chromium=chromium node=nodejs npm=npm
cd controlplane/ui/browser
if ! cmp -s package-lock.json node_modules/.installed; then
	npm ci --no-audit --no-fund
	cp package-lock.json node_modules/.installed
fi
