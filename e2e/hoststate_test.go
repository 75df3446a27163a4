package e2e

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// hostCommands show what is set up on a machine. Whatever a cluster does to it, in the end they
// show what they showed before.
var hostCommands = [][]string{
	{"nft", "--stateless", "list", "ruleset"}, {"iptables-save"}, {"ip", "-d", "-o", "link"}, {"ip", "route"},
	{"docker", "network", "ls"}, {"sysctl", "-a"},
}

// othersOwn matches what is not ours to leave as it was: comments, what Docker's own links come
// and go with, and routes that tests guard ranges with.
var othersOwn = regexp.MustCompile(`^#|metric 9000|docker0|veth|br-|fe80::|172\.17\.`)

// ownWill matches the kernel parameters that change by themselves.
var ownWill = regexp.MustCompile(`^(fs\.(quota\.|aio-nr|dentry-state|file-nr|inode-nr|inode-state)|kernel\.(ns_last_pid|pty\.nr|random\.|perf_)|net\.netfilter\.nf_conntrack_count|net\.ipv4\.tcp_fastopen_key|vm\.numa_stat)`)

// counters matches the numbers of packets and bytes of iptables' chains.
var counters = regexp.MustCompile(` \[\d+:\d+\]$`)

// hostState is what the commands show, line by line: each with the number of times.
type hostState map[string]int

func stateOfHost(t testing.TB) hostState {
	t.Helper()
	state := hostState{}
	for _, args := range hostCommands {
		out, err := exec.Command(args[0], args[1:]...).Output()
		if err != nil && args[0] != "sysctl" { // some parameters cannot be read
			t.Fatalf("%s: %v", strings.Join(args, " "), err)
		}
		for line := range strings.Lines(string(out)) {
			line = strings.TrimSpace(line)
			if !othersOwn.MatchString(line) && !ownWill.MatchString(line) {
				state[args[0]+": "+counters.ReplaceAllString(line, "")]++
			}
		}
	}
	return state
}

// leftAsBefore checks that the machine is as it was.
func (before hostState) leftAsBefore(t testing.TB, after string) {
	t.Helper()
	now := stateOfHost(t)
	var differs []string
	for line := range maps.Keys(now) {
		if now[line] > before[line] {
			differs = append(differs, "new: "+line)
		}
	}
	for line := range maps.Keys(before) {
		if now[line] < before[line] {
			differs = append(differs, "gone: "+line)
		}
	}
	if slices.Sort(differs); len(differs) > 0 {
		t.Errorf("after %s this machine is not as before:\n%s", after, strings.Join(differs, "\n"))
	}
}

// noLocks checks that nobody shares this machine's network any more.
func noLocks(t testing.TB) {
	t.Helper()
	left, err := os.ReadDir("/run/kubernetes-mesos")
	if err != nil || len(left) > 0 {
		t.Errorf("left in the directory of locks: %v, %v", left, err)
	}
}

// awaitNoExecutor waits until the executors of a framework have ended.
func awaitNoExecutor(t *testing.T, framework string) {
	t.Helper()
	for end := time.Now().Add(soon); len(programs(t, framework)) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("executors of framework %s still run", framework)
		}
	}
}
