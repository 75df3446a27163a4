package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockerd"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// hostProblem is a reason why a host cannot have the network, with what to do about it.
type hostProblem struct {
	reason string // one word, for the Node's condition
	err    error
}

func (p *hostProblem) Error() string { return p.err.Error() }
func (p *hostProblem) Unwrap() error { return p.err }

func problem(reason, format string, args ...any) error {
	return &hostProblem{reason, fmt.Errorf(format, args...)}
}

// checkHost fails with a hostProblem if this host cannot have the network. It changes
// nothing.
func (n *network) checkHost(ctx context.Context) error {
	for _, program := range []string{"nft", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			return problem("ProgramMissing", "the program %s is missing on this machine: install the package %s",
				program, map[string]string{"nft": "nftables", "ip": "iproute2"}[program])
		}
	}
	if err := checkRights(); err != nil {
		return err
	}
	if err := checkNamespace(n.docker); err != nil {
		return err
	}
	if err := podnetwork.Supported(ctx); err != nil {
		return problem("KernelTooOld", "the kernel or the program nft lacks what the network needs (Linux 5.13, nft 1.0.1): %w", err)
	}
	if err := checkIPv6(append(slices.Clone(n.pods), n.service...), "/proc/sys/net/ipv6"); err != nil {
		return err
	}
	return n.checkRanges()
}

// checkIPv6 fails if the cluster has a range of IPv6 and the kernel runs without it: then it has
// no parameters of it.
func checkIPv6(ranges []netip.Prefix, parameters string) error {
	at := slices.IndexFunc(ranges, func(r netip.Prefix) bool { return r.Addr().Is6() })
	if at < 0 {
		return nil
	}
	_, err := os.Stat(parameters)
	if errors.Is(err, fs.ErrNotExist) {
		return problem("IPv6Missing", "the cluster has the range %v, and the kernel of this machine runs without IPv6: boot it without ipv6.disable=1, or load the module ipv6", ranges[at])
	}
	return err
}

// The capabilities that the network needs (capabilities(7)): to make links, routes and
// rules, and to enter pods' network namespaces.
var capabilities = map[string]uint{"CAP_NET_ADMIN": unix.CAP_NET_ADMIN, "CAP_SYS_ADMIN": unix.CAP_SYS_ADMIN}

func checkRights() error {
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		return err
	}
	return rightsOf(string(status))
}

// rightsOf fails if the status of a process (proc(5)) lacks one of the capabilities.
func rightsOf(status string) error {
	_, after, _ := strings.Cut(status, "\nCapEff:")
	line, _, _ := strings.Cut(after, "\n")
	has, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	if err != nil {
		return fmt.Errorf("capabilities of this process: %w", err)
	}
	for name, bit := range capabilities {
		if has&(1<<bit) == 0 {
			return problem("RightsMissing", "the executor lacks %s: let Mesos start executors as root (--switch_user, the framework's user) and give them this capability where the isolator linux/capabilities is used", name)
		}
	}
	return nil
}

// checkNamespace fails if the executor is in another network than Docker's daemon: Mesos
// may give containers networks of their own. A daemon that cannot be seen proves nothing.
func checkNamespace(endpoint string) error {
	pid, err := dockerd.Process(dockerd.Endpoint(endpoint))
	if err != nil || pid == os.Getpid() {
		return nil
	}
	var own, docker unix.Stat_t
	if unix.Stat("/proc/thread-self/ns/net", &own) != nil || unix.Stat(fmt.Sprintf("/proc/%d/ns/net", pid), &docker) != nil || own.Ino == docker.Ino {
		return nil
	}
	return problem("OtherNetworkNamespace", "the executor is not in the host's network, but in one of its own: start it without the isolator network/cni or port mapping")
}

// checkRanges fails if this machine is in a network that overlaps the cluster's ranges.
func (n *network) checkRanges() error {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	if err := noderoutes.Apart(own, append(append([]netip.Prefix(nil), n.pods...), n.service...)); err != nil {
		return &hostProblem{"RangeOverlaps", err}
	}
	return nil
}

// checkClaims fails if another cluster that lives on this host uses addresses of the
// cluster's range.
func (n *network) checkClaims(ctx context.Context) error {
	claims, err := podnetwork.Claims(ctx)
	if err != nil {
		return err
	}
	for _, c := range claims {
		framework, _, _ := strings.Cut(c.Owner, "/")
		if framework == n.framework || !overlaps(c.Range, n.pods) {
			continue
		}
		lives, err := n.locks.Held(clusterMembers(framework))
		if err != nil {
			return err
		}
		if lives {
			return problem("RangeInUse", "the cluster of framework %s uses %v on this machine, which is in this cluster's range: start one of them with another -cluster_cidr", framework, c.Range)
		}
	}
	return nil
}

func overlaps(r netip.Prefix, all []netip.Prefix) bool {
	for _, other := range all {
		if r.Overlaps(other) {
			return true
		}
	}
	return false
}

// reasonOf returns the word for a problem of a part of the network.
func reasonOf(part string, err error) string {
	var p *hostProblem
	if errors.As(err, &p) {
		return p.reason
	}
	return strings.ToUpper(part[:1]) + part[1:] + "Failed"
}
