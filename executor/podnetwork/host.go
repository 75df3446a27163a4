package podnetwork

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/links"
)

// answerForAbsent makes pods that are not there unreachable; without it packets to them
// would circle between this host and its gateway.
func (f *family) answerForAbsent() error { return netlink.RouteReplace(f.absentRoute()) }

func (f *family) absentRoute() *netlink.Route {
	return &netlink.Route{Dst: links.IPNet(f.pods), Type: unix.RTN_UNREACHABLE, Protocol: protocol, Priority: 4096}
}

func (f *family) removeAbsentRoute() error {
	err := netlink.RouteDel(f.absentRoute())
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}

// The rules by which pods' packets pass a FORWARD chain whose policy is DROP, as Docker sets
// it. An accept in an nftables table of ours would not help: every table is asked.
var accepts = [][]string{
	{"FORWARD", "-i", links.Pod + "+", "-m", "comment", "--comment", "kubernetes-mesos: from pods", "-j", "ACCEPT"},
	{"FORWARD", "-o", links.Pod + "+", "-m", "comment", "--comment", "kubernetes-mesos: to pods", "-j", "ACCEPT"},
}

// acceptForwarded adds the accepts where the chain would drop: if its policy is DROP or a
// rule rejects what is left, as a distribution's firewall does; before that rule. A host
// without iptables has no such chain.
func (f *family) acceptForwarded(ctx context.Context) error {
	command, err := exec.LookPath(f.iptables())
	if err != nil {
		return nil
	}
	listed, err := run(ctx, command, "-w", "5", "-S", "FORWARD")
	if err != nil {
		return err
	}
	end, drops := lastWord(listed)
	if !drops {
		return nil
	}
	for _, rule := range accepts {
		if at := ruleNumber(listed, rule); at > 0 && at < end {
			continue
		}
		insert := append([]string{"-w", "5", "-I", rule[0], strconv.Itoa(end)}, rule[1:]...)
		if _, err := run(ctx, command, insert...); err != nil {
			return err
		}
		end++
	}
	return nil
}

// refuses matches a rule that drops or rejects whatever comes to it.
var refuses = regexp.MustCompile(`^-A FORWARD (-m comment --comment (".*"|\S+) )?-j (DROP|REJECT)( --reject-with \S+)?$`)

// lastWord returns the number of the rule of a listed FORWARD chain that refuses all, or one
// more than its rules, and whether the chain refuses what no rule accepts.
func lastWord(listed string) (number int, refused bool) {
	number = 1
	for line := range strings.Lines(listed) {
		line = strings.TrimSpace(line)
		switch {
		case line == "-P FORWARD DROP":
			refused = true
		case refuses.MatchString(line):
			return number, true
		case strings.HasPrefix(line, "-A "):
			number++
		}
	}
	return number, refused
}

// ruleNumber returns the number of one of our accepts in a listed chain, 0 if it is not there.
func ruleNumber(listed string, rule []string) int {
	number := 0
	for line := range strings.Lines(listed) {
		if !strings.HasPrefix(line, "-A ") {
			continue
		}
		number++
		if strings.Contains(line, " "+rule[1]+" "+rule[2]+" ") && strings.Contains(line, rule[6]) {
			return number
		}
	}
	return 0
}

// removeAccepts removes the accepts unless another executor of this host has pods.
func (f *family) removeAccepts(ctx context.Context) error {
	command, err := exec.LookPath(f.iptables())
	if err != nil {
		return nil
	}
	if others, err := f.otherTables(ctx); err != nil || others {
		return err
	}
	do := func(verb string, rule []string) error {
		_, err := run(ctx, command, append([]string{"-w", "5", verb}, rule...)...)
		return err
	}
	for _, rule := range accepts {
		for do("-C", rule) == nil { // it may be there more than once
			// An executor of this host that ends at the same time may have been faster.
			if err := do("-D", rule); err != nil && do("-C", rule) == nil {
				return err
			}
		}
	}
	return nil
}

func (f *family) iptables() string {
	if f.v6 {
		return "ip6tables"
	}
	return "iptables"
}

// run returns the output of a command; the error holds what it wrote as its reason.
func run(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		err = errors.New(name + " " + strings.Join(args, " ") + ": " + strings.TrimSpace(string(e.Stderr)))
	}
	return string(out), err
}
