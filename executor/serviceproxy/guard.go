package serviceproxy

import (
	"context"
	"net/netip"
	"os/exec"

	"sigs.k8s.io/knftables"
)

// guardTable rejects what is sent to services and was not translated, and shows that the
// table kube-proxy on this host is ours.
const guardTable = "kubernetes-mesos-services"

// kubeProxyTable is the table of kube-proxy's library; its name is fixed.
const kubeProxyTable = "kube-proxy"

var families = map[knftables.Family]string{knftables.IPv4Family: "ipv4_addr", knftables.IPv6Family: "ipv6_addr"}

// guard makes the tables that reject what was not translated. It fails with [ErrForeign]
// if another cluster's kube-proxy works here.
func guard(ctx context.Context, services []netip.Prefix) error {
	for family := range families {
		if foreign, err := foreignProxy(ctx, family); err != nil {
			return err
		} else if foreign {
			return ErrForeign
		}
	}
	for family, addr := range families {
		nft, err := knftables.New(family, guardTable)
		if err != nil {
			return err
		}
		tx := nft.NewTransaction()
		tx.Add(&knftables.Table{Comment: knftables.PtrTo("rejects what is sent to services that do not exist")})
		tx.Add(&knftables.Set{Name: "services", Type: addr, Flags: []knftables.SetFlag{knftables.IntervalFlag}, AutoMerge: knftables.PtrTo(true)})
		for _, s := range services {
			if s.Addr().Is4() == (family == knftables.IPv4Family) {
				tx.Add(&knftables.Element{Set: "services", Key: []string{s.String()}})
			}
		}
		for name, hook := range map[string]knftables.BaseChainHook{"forward": knftables.ForwardHook, "output": knftables.OutputHook} {
			tx.Add(&knftables.Chain{Name: name, Type: knftables.PtrTo(knftables.FilterType), Hook: knftables.PtrTo(hook),
				Priority: knftables.PtrTo(knftables.BaseChainPriority("10"))}) // after kube-proxy's own answers
			tx.Flush(&knftables.Chain{Name: name})
			tx.Add(&knftables.Rule{Chain: name, Rule: string(family) + " daddr @services reject"})
		}
		if err := nft.Run(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// unguard removes the tables of guard.
func unguard(ctx context.Context) error {
	for family := range families {
		nft, err := knftables.New(family, guardTable)
		if err != nil {
			return err
		}
		tx := nft.NewTransaction()
		tx.Delete(&knftables.Table{})
		if err := nft.Run(ctx, tx); err != nil && !knftables.IsNotFound(err) {
			return err
		}
	}
	return nil
}

func hasTable(ctx context.Context, family knftables.Family, name string) bool {
	return exec.CommandContext(ctx, "nft", "list", "table", string(family), name).Run() == nil
}

func nftFamily(a netip.Addr) knftables.Family {
	if a.Is4() {
		return knftables.IPv4Family
	}
	return knftables.IPv6Family
}

// foreignProxy reports whether a kube-proxy that is not ours works on this host: a table
// of its name without ours next to it, or its chains in iptables.
func foreignProxy(ctx context.Context, family knftables.Family) (bool, error) {
	if hasTable(ctx, family, guardTable) {
		return false, nil
	}
	if hasTable(ctx, family, kubeProxyTable) {
		return true, nil
	}
	iptables := map[knftables.Family]string{knftables.IPv4Family: "iptables", knftables.IPv6Family: "ip6tables"}[family]
	if _, err := exec.LookPath(iptables); err != nil {
		return false, nil
	}
	return exec.CommandContext(ctx, iptables, "-w", "-t", "nat", "-S", "KUBE-SERVICES").Run() == nil, ctx.Err()
}
