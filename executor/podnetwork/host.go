package podnetwork

import (
	"context"
	"errors"
	"os/exec"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// forward makes the host forward packets. Docker does so, too, when it starts.
func (f *family) forward() error {
	if f.v6 {
		return sysctl("net/ipv6/conf/all/forwarding", "1")
	}
	return sysctl("net/ipv4/ip_forward", "1")
}

// answerForAbsent makes pods that are not there unreachable; without it packets to them
// would circle between this host and its gateway.
func (f *family) answerForAbsent() error { return netlink.RouteReplace(f.absentRoute()) }

func (f *family) absentRoute() *netlink.Route {
	return &netlink.Route{Dst: ipNet(f.pods), Type: unix.RTN_UNREACHABLE, Protocol: protocol, Priority: 4096}
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
	{"FORWARD", "-i", linkPrefix + "+", "-m", "comment", "--comment", "kubernetes-mesos: from pods", "-j", "ACCEPT"},
	{"FORWARD", "-o", linkPrefix + "+", "-m", "comment", "--comment", "kubernetes-mesos: to pods", "-j", "ACCEPT"},
}

// acceptForwarded appends the accepts if the chain has the policy DROP. A host without
// iptables has no such chain.
func (f *family) acceptForwarded(ctx context.Context) error {
	command, err := exec.LookPath(f.iptables())
	if err != nil {
		return nil
	}
	listed, err := run(ctx, command, "-w", "5", "-S", "FORWARD")
	if err != nil || !strings.Contains(listed, "-P FORWARD DROP") {
		return err
	}
	for _, rule := range accepts {
		if _, err := run(ctx, command, append([]string{"-w", "5", "-C"}, rule...)...); err == nil {
			continue
		}
		if _, err := run(ctx, command, append([]string{"-w", "5", "-A"}, rule...)...); err != nil {
			return err
		}
	}
	return nil
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
	for _, rule := range accepts {
		for { // until it is not there
			if _, err := run(ctx, command, append([]string{"-w", "5", "-C"}, rule...)...); err != nil {
				break
			}
			if _, err := run(ctx, command, append([]string{"-w", "5", "-D"}, rule...)...); err != nil {
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
