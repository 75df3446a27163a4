package serviceproxy

import (
	"context"
	"net/netip"
	"os/exec"

	"sigs.k8s.io/knftables"
)

// guardPrefix begins the name of a cluster's table that rejects what is sent to services and
// was not translated. It shows whose the table kube-proxy on this host is.
const guardPrefix = "kubernetes-mesos-services-"

func guardTable(cluster string) string { return guardPrefix + short(cluster) }

// kubeProxyTable is the table of kube-proxy's library; its name is fixed.
const kubeProxyTable = "kube-proxy"

// families are the types of addresses by IP family.
var families = map[knftables.Family]string{knftables.IPv4Family: "ipv4_addr", knftables.IPv6Family: "ipv6_addr"}

// guard makes the tables of a cluster that reject what was not translated.
func guard(ctx context.Context, cluster string, services []netip.Prefix) error {
	for family, addr := range families {
		nft, err := knftables.New(family, guardTable(cluster))
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
			// A reset is sent at once, while the kernel sends few ICMP messages to one address.
			tx.Add(&knftables.Rule{Chain: name, Rule: string(family) + " daddr @services meta l4proto tcp reject with tcp reset"})
			tx.Add(&knftables.Rule{Chain: name, Rule: string(family) + " daddr @services reject"})
		}
		if err := nft.Run(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// unguard removes the tables of a name, if they are there.
func unguard(ctx context.Context, name string) error {
	for family := range families {
		nft, err := knftables.New(family, name)
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
