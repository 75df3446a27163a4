package podnetwork

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sigs.k8s.io/knftables"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/links"
)

// tablePrefix begins the name of each executor's table.
const tablePrefix = "kubernetes-mesos-pods-"

// The parts of the table.
const (
	insideSet    = "inside"        // destinations that are not masqueraded
	itself       = "itself"        // pairs of the same pod's address: a pod that reaches itself by its host port
	ports        = "ports"         // host ports on every address of the host
	addressPorts = "address-ports" // host ports on one address
)

// tableName returns the name of an executor's table.
func tableName(owner string) string { return tablePrefix + short(owner, 8) }

func (f *family) table() (knftables.Interface, error) { return knftables.New(f.nft, f.name) }

// makeTable makes the table with its rules, or what is missing of it. Elements stay.
func (f *family) makeTable(ctx context.Context, inside []netip.Prefix) error {
	nft, err := f.table()
	if err != nil {
		return err
	}
	tx := nft.NewTransaction()
	f.fillTable(tx, inside)
	return nft.Run(ctx, tx)
}

// Supported fails if this host's kernel or nft lacks something that the tables need. It
// changes nothing.
func Supported(ctx context.Context) error {
	f, err := newFamily("probe", netip.MustParsePrefix("192.0.2.0/24"))
	if err != nil {
		return err
	}
	nft, err := f.table()
	if err != nil {
		return err
	}
	tx := nft.NewTransaction()
	f.fillTable(tx, nil)
	return nft.Check(ctx, tx)
}

// fillTable adds what makeTable makes to a transaction.
func (f *family) fillTable(tx *knftables.Transaction, inside []netip.Prefix) {
	addr := "ipv4_addr"
	if f.v6 {
		addr = "ipv6_addr"
	}
	tx.Add(&knftables.Table{Comment: knftables.PtrTo(f.owner + " " + f.pods.String())})
	tx.Add(&knftables.Set{Name: insideSet, Type: addr, Flags: []knftables.SetFlag{knftables.IntervalFlag}, AutoMerge: knftables.PtrTo(true)})
	tx.Flush(&knftables.Set{Name: insideSet})
	for _, p := range append(slices.Clone(inside), f.pods) {
		if p.Addr().Is6() == f.v6 {
			tx.Add(&knftables.Element{Set: insideSet, Key: []string{p.Masked().String()}})
		}
	}
	tx.Add(&knftables.Set{Name: itself, Type: addr + " . " + addr})
	tx.Add(&knftables.Map{Name: ports, Type: "inet_proto . inet_service : " + addr + " . inet_service"})
	tx.Add(&knftables.Map{Name: addressPorts, Type: addr + " . inet_proto . inet_service : " + addr + " . inet_service"})
	f.makeChains(tx)
}

// makeChains adds the chains with their rules. Host ports are translated before service
// ports (kube-proxy's chains have the priority dstnat), so both may name the same port.
func (f *family) makeChains(tx *knftables.Transaction) {
	for _, c := range []struct {
		name     string
		hook     knftables.BaseChainHook
		priority string
		rules    []string
	}{
		{"prerouting", knftables.PreroutingHook, "-105", f.portRules()},
		{"output", knftables.OutputHook, "-105", f.portRules()},
		{"postrouting", knftables.PostroutingHook, "100", f.masqueradeRules()},
	} {
		tx.Add(&knftables.Chain{
			Name: c.name, Type: knftables.PtrTo(knftables.NATType), Hook: knftables.PtrTo(c.hook),
			Priority: knftables.PtrTo(knftables.BaseChainPriority(c.priority)),
		})
		tx.Flush(&knftables.Chain{Name: c.name})
		for _, rule := range c.rules {
			tx.Add(&knftables.Rule{Chain: c.name, Rule: rule})
		}
	}
	const filter = "from-pods"
	tx.Add(&knftables.Chain{Name: filter, Type: knftables.PtrTo(knftables.FilterType), Hook: knftables.PtrTo(knftables.PreroutingHook),
		Priority: knftables.PtrTo(knftables.BaseChainPriority("-300"))})
	tx.Flush(&knftables.Chain{Name: filter})
	for _, rule := range f.filterRules() {
		tx.Add(&knftables.Rule{Chain: filter, Rule: rule})
	}
}

// filterRules drop what no pod may send: to the host's loopback addresses, which its link
// would accept, and from an address that is not the pod's own.
func (f *family) filterRules() []string {
	from := fmt.Sprintf(`iifname "%s*"`, links.Pod)
	if f.v6 {
		return []string{from + " ip6 saddr != fe80::/10 ip6 saddr != :: fib saddr . iif oif missing counter drop"}
	}
	return []string{from + " ip daddr 127.0.0.0/8 counter drop", from + " fib saddr . iif oif missing counter drop"}
}

// portRules lead to pods. The kernel takes no packet to ::1 out of the host, so those are
// left, and refused.
func (f *family) portRules() []string {
	ip, local := string(f.nft), "fib daddr type local"
	if f.v6 {
		local = "ip6 daddr != ::1 " + local
	}
	return []string{
		fmt.Sprintf("%s dnat %s to %s daddr . meta l4proto . th dport map @%s", local, ip, ip, addressPorts),
		fmt.Sprintf("%s dnat %s to meta l4proto . th dport map @%s", local, ip, ports),
	}
}

func (f *family) masqueradeRules() []string {
	ip := string(f.nft)
	rules := []string{
		fmt.Sprintf("%s saddr . %s daddr @%s masquerade", ip, ip, itself),
		fmt.Sprintf("%s saddr %s %s daddr != @%s masquerade", ip, f.pods, ip, insideSet),
	}
	if !f.v6 {
		rules = append(rules, fmt.Sprintf(`oifname "%s*" ip saddr 127.0.0.0/8 masquerade`, links.Pod))
	}
	return rules
}

// removeTable deletes the table, if it is there.
func (f *family) removeTable(ctx context.Context) error {
	nft, err := f.table()
	if err != nil {
		return err
	}
	tx := nft.NewTransaction()
	tx.Add(&knftables.Table{}) // so that there is one to delete
	tx.Delete(&knftables.Table{})
	return nft.Run(ctx, tx)
}

// otherTables reports whether other executors of this host have a table.
func (f *family) otherTables(ctx context.Context) (bool, error) {
	listed, err := run(ctx, "nft", "list", "tables", string(f.nft))
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(listed) {
		if fields := strings.Fields(line); len(fields) == 3 && strings.HasPrefix(fields[2], tablePrefix) && fields[2] != f.name {
			return true, nil
		}
	}
	return false, nil
}
