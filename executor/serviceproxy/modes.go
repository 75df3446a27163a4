package serviceproxy

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/version"
	utilsysctl "k8s.io/component-helpers/node/util/sysctl"
	"k8s.io/kubernetes/pkg/proxy"
	"k8s.io/kubernetes/pkg/proxy/iptables"
	"k8s.io/kubernetes/pkg/proxy/nftables"
	utiliptables "k8s.io/kubernetes/pkg/util/iptables"
	utilkernel "k8s.io/kubernetes/pkg/util/kernel"
	"sigs.k8s.io/knftables"
)

// mode is one of kube-proxy's ways to make rules.
type mode interface {
	// start returns what makes the rules.
	start(context.Context, settings) (proxy.Provider, error)
	// remove removes all rules and reports whether some are left.
	remove(context.Context) (left bool)
	// missing reports whether rules of a family have gone.
	missing(context.Context, knftables.Family) bool
}

// modes are all modes. Rules of one that this host has no more may be left there.
var modes = []mode{byNFTables{}, byIPTables{}}

// inForce reports whether rules of a mode are there.
func inForce(ctx context.Context, m mode) bool {
	for family := range families {
		if !m.missing(ctx, family) {
			return true
		}
	}
	return false
}

// removeOthers removes the rules of all modes but one.
func removeOthers(ctx context.Context, keep mode) error {
	for _, m := range modes {
		if m != keep && inForce(ctx, m) && m.remove(ctx) {
			return errLeft
		}
	}
	return nil
}

// supported returns the mode that works on this host: nftables, or else iptables.
func supported(ctx context.Context) (mode, error) {
	nft := supportsNFTables(ctx)
	if nft == nil {
		return byNFTables{}, nil
	}
	if err := supportsIPTables(ctx); err != nil {
		return nil, fmt.Errorf("%w: neither by nftables (%w) nor by iptables (%w): install nftables 1.0.1 and Linux %s, or iptables", ErrUnsupported, nft, err, utilkernel.NFTablesKubeProxyKernelVersion)
	}
	return byIPTables{}, nil
}

// supportsNFTables fails if kube-proxy's rules cannot be made by nftables. It makes the kinds
// of rules that it uses, without putting them in force.
func supportsNFTables(ctx context.Context) error {
	kernel, err := utilkernel.GetVersion()
	if err != nil {
		return err
	}
	if kernel.LessThan(version.MustParseGeneric(utilkernel.NFTablesKubeProxyKernelVersion)) {
		return fmt.Errorf("the kernel is %v", kernel)
	}
	nft, err := knftables.New(knftables.IPv4Family, "kubernetes-mesos-probe")
	if err != nil {
		return err
	}
	return nft.Check(ctx, probe(nft))
}

func probe(nft knftables.Interface) *knftables.Transaction {
	tx := nft.NewTransaction()
	tx.Add(&knftables.Table{})
	tx.Add(&knftables.Set{Name: "affinity", Type: "ipv4_addr", Flags: []knftables.SetFlag{knftables.DynamicFlag, knftables.TimeoutFlag}})
	for _, chain := range []string{"endpoint", "marking"} {
		tx.Add(&knftables.Chain{Name: chain})
	}
	tx.Add(&knftables.Map{Name: "services", Type: "ipv4_addr . inet_proto . inet_service : verdict"})
	tx.Add(&knftables.Element{Map: "services", Key: []string{"192.0.2.1", "tcp", "80"}, Value: []string{"goto endpoint"}})
	for hook, priority := range map[knftables.BaseChainHook]knftables.BaseChainPriority{
		knftables.PreroutingHook: knftables.DNATPriority, knftables.OutputHook: knftables.DNATPriority, knftables.PostroutingHook: knftables.SNATPriority,
	} {
		tx.Add(&knftables.Chain{Name: string(hook), Type: knftables.PtrTo(knftables.NATType), Hook: knftables.PtrTo(hook), Priority: knftables.PtrTo(priority)})
	}
	tx.Add(&knftables.Chain{Name: "forward", Type: knftables.PtrTo(knftables.FilterType), Hook: knftables.PtrTo(knftables.ForwardHook), Priority: knftables.PtrTo(knftables.FilterPriority)})
	for _, r := range []knftables.Rule{
		{Chain: "prerouting", Rule: "fib daddr type local ip daddr . meta l4proto . th dport vmap @services"},
		{Chain: "output", Rule: "numgen random mod 2 vmap { 0 : goto endpoint, 1 : goto marking }"},
		{Chain: "endpoint", Rule: "update @affinity { ip saddr }"},
		{Chain: "endpoint", Rule: "meta l4proto tcp dnat to 192.0.2.2:8080"},
		{Chain: "marking", Rule: "mark set mark or 0x4000"},
		{Chain: "postrouting", Rule: "masquerade fully-random"},
		{Chain: "forward", Rule: "ct state new reject"},
	} {
		tx.Add(&r)
	}
	return tx
}

func supportsIPTables(ctx context.Context) error {
	for _, program := range []string{"iptables-save", "iptables-restore"} {
		if _, err := exec.LookPath(program); err != nil {
			return err
		}
	}
	if out, err := exec.CommandContext(ctx, "iptables", "-w", "5", "-t", "nat", "-S", "POSTROUTING").CombinedOutput(); err != nil {
		return errors.New(string(out))
	}
	return nil
}

// byNFTables makes rules by nftables.
type byNFTables struct{}

func (byNFTables) start(ctx context.Context, s settings) (proxy.Provider, error) {
	if len(s.ips) == 2 {
		return nftables.NewDualStackProxier(ctx, syncPeriod, minSync, false, masqueradeBit, s.local, s.node, s.ips, s.recorder, s.health, s.nodePorts, false)
	}
	return nftables.NewProxier(ctx, s.family, syncPeriod, minSync, false, masqueradeBit, s.local[s.family], s.node, s.ips[s.family], s.recorder, s.health, s.nodePorts, false)
}

func (byNFTables) remove(ctx context.Context) bool { return nftables.CleanupLeftovers(ctx) }

func (byNFTables) missing(ctx context.Context, family knftables.Family) bool {
	return !hasTable(ctx, family, kubeProxyTable)
}

// byIPTables makes rules by iptables.
type byIPTables struct{}

func (byIPTables) start(ctx context.Context, s settings) (proxy.Provider, error) {
	if len(s.ips) == 2 {
		both := map[v1.IPFamily]utiliptables.Interface{
			v1.IPv4Protocol: utiliptables.New(utiliptables.ProtocolIPv4), v1.IPv6Protocol: utiliptables.New(utiliptables.ProtocolIPv6)}
		return iptables.NewDualStackProxier(ctx, both, utilsysctl.New(), syncPeriod, minSync, false, false, masqueradeBit, s.local, s.node, s.ips, s.recorder, s.health, s.nodePorts, false)
	}
	one := utiliptables.New(utiliptables.Protocol(s.family))
	return iptables.NewProxier(ctx, s.family, one, utilsysctl.New(), syncPeriod, minSync, false, false, masqueradeBit, s.local[s.family], s.node, s.ips[s.family], s.recorder, s.health, s.nodePorts, false)
}

func (byIPTables) remove(ctx context.Context) bool {
	left := iptables.CleanupLeftovers(ctx)
	for _, program := range []string{"iptables", "ip6tables"} { // the proxier makes this chain, its clean-up spares it
		for _, args := range [][]string{{"-D", "INPUT", "-j"}, {"-D", "OUTPUT", "-j"}, {"-F"}, {"-X"}} {
			args = append(append([]string{"-w", "5"}, args...), "KUBE-FIREWALL")
			_ = exec.CommandContext(ctx, program, args...).Run() // what is not there need not be removed
		}
	}
	return left
}

func (byIPTables) missing(ctx context.Context, family knftables.Family) bool {
	return !hasChains(ctx, family)
}
