# What pods may ask for and what containers reach. To be read by attack.sh.

# asks FIELDS [CONTAINER-FIELDS]: the status of making a pod with these.
asks() {
	as boss "${json[@]}" -d "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"asks\"},\"spec\":{$1\"containers\":[{\"name\":\"c\",\"image\":\"none\"${2-}}]}}" "$pods"
}
host_rights() {
	asks '' ',"securityContext":{"privileged":true}'
	echo
	asks '' ',"securityContext":{"capabilities":{"add":["SYS_ADMIN"]}}'
	echo
	asks '' ',"securityContext":{"seccompProfile":{"type":"Unconfined"}}'
	echo
	for what in '"hostPID":true,' '"hostIPC":true,' '"hostNetwork":true,' '"volumes":[{"name":"v","hostPath":{"path":"/"}}],'; do
		asks "$what"
		echo
	done
}
container() { k get pod "$1" -o jsonpath='{.status.containerStatuses[0].containerID}' | sed 's|docker://||'; }
defaults() { docker inspect -f '{{.HostConfig.SecurityOpt}} {{.HostConfig.PidsLimit}} {{.HostConfig.Privileged}} {{.HostConfig.CapAdd}}' "$(container victim)"; }
copy() {
	local since=$(date +%s)
	k cp victim:/etc "$work/copied" 2>/dev/null >&2
	[ -e "$work/copied/hostname" ] && echo copied
	docker events --since "$since" --until "$(date +%s)" --filter event=archive-path --filter event=extract-to-dir
}
growth() {
	local id
	within 60 eval 'k get pod grower -o jsonpath="{.status.phase}" | grep -q Succeeded'
	[ "$(k get pod grower -o jsonpath='{.status.containerStatuses[0].state.terminated.message}' | wc -c)" -le 4096 ] && echo 'short message'
	id=$(container grower)
	[ "$(du -cm "$(docker inspect -f '{{.LogPath}}' "$id")"* | tail -n 1 | cut -f1)" -le 60 ] && echo 'short log'
}
# tries: how often the racer's containers were started, or why they were not.
tries() {
	k get events --field-selector involvedObject.name=racer -o jsonpath='{range .items[*]}{.reason} {.count}{"\n"}{end}' |
		awk '/^(Started|Failed) / { n += $2 } END { print n + 0 }'
}
escaped() {
	within 30 eval '[ "$(tries)" -ge 8 ]'
	local m
	for m in 1 2 3 4 5; do
		k logs racer -c m$m 2>/dev/null
		k logs racer -c m$m --previous 2>/dev/null
	done | grep ESCAPED
	[ "$(tries)" -ge 8 ] && echo 'tried often' || echo "tried $(tries) times only"
}

row S23 "Docker's socket cannot be mounted" 403 asks '"volumes":[{"name":"v","hostPath":{"path":"/var/run/docker.sock"}}],'
row S24 "no pod gets the host's rights (-pod_security=baseline; -allow_privileged is off)" '403 422' eval 'host_rights | unique'
row S25 'a container has the seccomp profile and a limit of processes' '\[[^u]*\] 4096 false \[\]' defaults
row S22 "nobody uses Docker's archives, not even kubectl cp" copied copy
row S32 'termination messages and logs do not grow without end' $'short message\nshort log' growth
explained S32 "a container's own files and /etc/hosts" 'their size is not limited, see docs/security.md'
row S46 'a token is dead when its pod is deleted' '200 then dead' dead_token
row S11 'a link in a volume leads nobody to the host' 'tried often' escaped
