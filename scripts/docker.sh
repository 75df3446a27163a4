#!/bin/sh
# Makes sure that a Docker Engine answers: installs Debian's when there is none,
# starts it when it does not run, and says so. Does nothing when all is well.
set -eu

answers() { docker version >/dev/null 2>&1; }

answers && exit 0

"$(dirname "$0")/need.sh" dockerd=docker.io

# The package may have started it by the init system, if there is one.
answers && exit 0

log=/var/log/dockerd.log
echo "Docker does not run: starting dockerd (log: $log)"
setsid dockerd >"$log" 2>&1 </dev/null &

tries=0
until answers; do
	tries=$((tries + 1))
	if [ $tries -gt 60 ]; then
		echo "dockerd did not answer within 60 s; the end of $log:" >&2
		tail -n 20 "$log" >&2
		exit 1
	fi
	sleep 1
done
