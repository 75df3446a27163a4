package networkpolicy

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"

	"sigs.k8s.io/knftables"
)

// A table has these parts: the base chain, two maps from a local pod's address to its
// chain, and a chain per pod and direction. A pod's chain returns for what is allowed, so
// that the other end's chain is asked too, and drops the rest.
const (
	base    = "forward"
	ingress = "ingress"
	egress  = "egress"
)

// render adds to tx what replaces the table by one with these rules. Without rules there is
// no table.
func render(tx *knftables.Transaction, family knftables.Family, owner string, all []podRules) {
	tx.Add(&knftables.Table{}) // so that there is one to delete
	tx.Delete(&knftables.Table{})
	r := renderer{tx: tx, ip: string(family), addr: "ipv4_addr", v6: family == knftables.IPv6Family}
	if r.v6 {
		r.addr = "ipv6_addr"
	}
	if len(all) == 0 {
		return
	}
	tx.Add(&knftables.Table{Comment: knftables.PtrTo("network policies of " + owner)})
	for _, name := range []string{ingress, egress} {
		tx.Add(&knftables.Map{Name: name, Type: r.addr + " : verdict"})
	}
	tx.Add(&knftables.Chain{Name: base, Type: knftables.PtrTo(knftables.FilterType), Hook: knftables.PtrTo(knftables.ForwardHook),
		Priority: knftables.PtrTo(knftables.BaseChainPriority("-10"))})
	for _, rule := range []string{
		"ct state established,related accept",
		r.ip + " saddr vmap @" + egress,
		r.ip + " daddr vmap @" + ingress,
	} {
		tx.Add(&knftables.Rule{Chain: base, Rule: rule})
	}
	for _, p := range all {
		r.pod(p)
	}
}

// renderer renders the rules of one IP family.
type renderer struct {
	tx       *knftables.Transaction
	ip, addr string
	v6       bool
	sets     int
}

func (r *renderer) pod(p podRules) {
	for _, a := range p.addresses {
		if a.Is6() != r.v6 {
			continue
		}
		if p.ingress != nil {
			r.chain(ingress, "saddr", a, p.name, *p.ingress)
		}
		if p.egress != nil {
			r.chain(egress, "daddr", a, p.name, *p.egress)
		}
	}
}

// maxComment is less than the 128 bytes that nft accepts.
const maxComment = 120

// chain makes the chain for a pod's address; side is the end of a packet that its peers are
// at.
func (r *renderer) chain(way, side string, pod netip.Addr, name string, d direction) {
	chain := fmt.Sprintf("%s-%x", way, sha256.Sum256([]byte(pod.String())))[:len(way)+13]
	r.tx.Add(&knftables.Chain{Name: chain, Comment: knftables.PtrTo(name[:min(len(name), maxComment)])})
	r.tx.Add(&knftables.Rule{Chain: chain, Rule: fmt.Sprintf("%s %s %s return", r.ip, side, pod)}) // a pod reaches itself
	for _, rule := range d.rules {
		for _, peers := range r.peers(side, rule) {
			for _, ports := range r.ports(rule) {
				r.tx.Add(&knftables.Rule{Chain: chain, Rule: strings.TrimSpace(peers+" "+ports) + " return"})
			}
		}
		r.named(chain, rule)
	}
	r.tx.Add(&knftables.Rule{Chain: chain, Rule: "drop"})
	r.tx.Add(&knftables.Element{Map: way, Key: []string{pod.String()}, Value: []string{"jump " + chain}})
}

// peers returns a match for each kind of peers of a rule.
func (r *renderer) peers(side string, rule rule) []string {
	if rule.all {
		return []string{""}
	}
	var all []string
	if set := r.addresses(rule.peers); set != "" {
		all = append(all, fmt.Sprintf("%s %s @%s", r.ip, side, set))
	}
	for _, b := range rule.blocks {
		if b.network.Addr().Is6() != r.v6 {
			continue
		}
		match := fmt.Sprintf("%s %s %s", r.ip, side, b.network)
		for _, e := range b.except {
			match += fmt.Sprintf(" %s %s != %s", r.ip, side, e)
		}
		all = append(all, match)
	}
	return all
}

// addresses makes a set of addresses and returns its name, "" if there is none of this
// family.
func (r *renderer) addresses(all []netip.Addr) string {
	name := ""
	for _, a := range all {
		if a.Is6() != r.v6 {
			continue
		}
		if name == "" {
			name = r.set(r.addr)
		}
		r.tx.Add(&knftables.Element{Set: name, Key: []string{a.String()}})
	}
	return name
}

// set makes a set of a type and returns its name.
func (r *renderer) set(kind string) string {
	r.sets++
	name := fmt.Sprint("peers-", r.sets)
	r.tx.Add(&knftables.Set{Name: name, Type: kind})
	return name
}

// ports returns a match for each range of ports of a rule.
func (r *renderer) ports(rule rule) []string {
	if rule.everyPort() {
		return []string{""}
	}
	var all []string
	for _, p := range rule.ports {
		match := "meta l4proto " + strings.ToLower(string(p.protocol))
		switch {
		case p.first == 0:
		case p.first == p.last:
			match += fmt.Sprint(" th dport ", p.first)
		default:
			match += fmt.Sprintf(" th dport %d-%d", p.first, p.last)
		}
		all = append(all, match)
	}
	return all
}

// named allows peers' ports that a rule names.
func (r *renderer) named(chain string, rule rule) {
	name := ""
	for _, n := range rule.named {
		if n.address.Is6() != r.v6 {
			continue
		}
		if name == "" {
			name = r.set(r.addr + " . inet_proto . inet_service")
		}
		r.tx.Add(&knftables.Element{Set: name, Key: []string{n.address.String(), strings.ToLower(string(n.protocol)), fmt.Sprint(n.port)}})
	}
	if name != "" {
		r.tx.Add(&knftables.Rule{Chain: chain, Rule: fmt.Sprintf("%s daddr . meta l4proto . th dport @%s return", r.ip, name)})
	}
}
