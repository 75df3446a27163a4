package clusterdns

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"

	"sigs.k8s.io/knftables"
)

// Remove removes what the server of an executor has left of rules.
func Remove(ctx context.Context, owner string) error {
	for _, family := range []knftables.Family{knftables.IPv4Family, knftables.IPv6Family} {
		nft, err := knftables.New(family, tableName(owner))
		if err != nil {
			return err
		}
		tx := nft.NewTransaction()
		tx.Add(&knftables.Table{})
		tx.Delete(&knftables.Table{})
		if err := nft.Run(ctx, tx); err != nil {
			return fmt.Errorf("rules of cluster DNS: %w", err)
		}
	}
	return nil
}

func tableName(owner string) string {
	return fmt.Sprintf("kubernetes-mesos-dns-%x", sha256.Sum256([]byte(owner)))[:len("kubernetes-mesos-dns-")+8]
}

// apply makes the rules with other nodes' servers, in one step.
func (d *detour) apply(ctx context.Context, others []netip.AddrPort) error {
	family := knftables.IPv4Family
	if d.service.Is6() {
		family = knftables.IPv6Family
	}
	nft, err := knftables.New(family, tableName(d.owner))
	if err != nil {
		return err
	}
	tx := nft.NewTransaction()
	tx.Add(&knftables.Table{Comment: knftables.PtrTo("other nodes' DNS while this one's is silent")})
	if family == knftables.IPv4Family {
		d.render(tx, "ip", "ipv4_addr", "0.0.0.0", others)
	} else {
		d.render(tx, "ip6", "ipv6_addr", "::", others)
	}
	if err := nft.Run(ctx, tx); err != nil {
		return fmt.Errorf("the way to other nodes' DNS: %w", err)
	}
	return nil
}

// render adds the rules. The set has one element at most: an address of which no bit is
// left, which every packet has.
func (d *detour) render(tx *knftables.Transaction, ip, kind, zero string, others []netip.AddrPort) {
	tx.Add(&knftables.Set{Name: "answers", Type: kind, Flags: []knftables.SetFlag{knftables.DynamicFlag, knftables.TimeoutFlag}, Timeout: knftables.PtrTo(silence)})
	var choice []string
	for i, other := range others {
		name := fmt.Sprint("other-", i)
		chain(tx, knftables.Chain{Name: name}, fmt.Sprintf("meta l4proto { tcp, udp } dnat to %s", other))
		choice = append(choice, fmt.Sprintf("%d : goto %s", i, name))
	}
	var away, detours []string
	if len(others) > 0 {
		away = []string{fmt.Sprintf("numgen random mod %d vmap { %s }", len(others), strings.Join(choice, ", "))}
		detours = []string{fmt.Sprintf("%[1]s daddr %[2]s meta l4proto { tcp, udp } th dport 53 %[1]s daddr & %[3]s != @answers goto away", ip, d.service, zero)}
	}
	chain(tx, knftables.Chain{Name: "away"}, away...)
	for _, hook := range []knftables.BaseChainHook{knftables.PreroutingHook, knftables.OutputHook} {
		// Before kube-proxy's chains, which have the priority dstnat, -100.
		chain(tx, base("queries-"+string(hook), knftables.NATType, hook, "-106"), detours...)
	}
	chain(tx, base("beats", knftables.FilterType, knftables.OutputHook, "0"),
		fmt.Sprintf("%[1]s saddr %[2]s udp sport %[3]d update @answers { %[1]s saddr & %[4]s }", ip, d.own.Addr(), d.own.Port(), zero))
}

func base(name string, kind knftables.BaseChainType, hook knftables.BaseChainHook, priority knftables.BaseChainPriority) knftables.Chain {
	return knftables.Chain{Name: name, Type: &kind, Hook: &hook, Priority: &priority}
}

// chain makes a chain with these rules and no others.
func chain(tx *knftables.Transaction, c knftables.Chain, rules ...string) {
	tx.Add(&c)
	tx.Flush(&knftables.Chain{Name: c.Name})
	for _, rule := range rules {
		tx.Add(&knftables.Rule{Chain: c.Name, Rule: rule})
	}
}
