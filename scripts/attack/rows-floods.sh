# Floods, all at the same time as little else. To be read by attack.sh.

# Connections that never end their header run beside all other rows.
if wanted S16; then
	bin/rude slow "127.0.0.1:$secure" 500 >"$work/slow" 2>&1 &
	slow=$!
	started="$slow $started"
fi

cpu_ticks() { awk '{print $14 + $15}' "/proc/$runner/stat"; }
resets() {
	local before=$(cpu_ticks)
	bin/rude resets "127.0.0.1:$secure" 1000000 | sed 's/after .*//'
	[ $(($(cpu_ticks) - before)) -lt 1000 ] || echo "cost $((($(cpu_ticks) - before) / 100)) s of CPU"
}
frames() {
	local before=$(rss)
	bin/rude frames "127.0.0.1:$secure" '/api/v1/namespaces/default/pods/victim/exec?command=sleep&command=5&stdin=true&stdout=true' "${token[boss]}" 3000 2>/dev/null
	[ $(($(rss) - before)) -lt 100 ] || echo "grew by $(($(rss) - before)) MiB"
}
healthy() { curl -s -m 1 "$L/healthz"; }

row S17 'streams that are opened and reset end the connection' 'closed ' resets
row S18 'noise on an exec ends it, or is thrown away' '(closed after [0-9]+ frames|took all)' frames
row S16 'it answers within a second meanwhile' ok healthy
