package noderoutes

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"sigs.k8s.io/knftables"
)

// admitTime is how long changing the rules may take.
const admitTime = 10 * time.Second

// admitTable returns the name of the table that drops what others than nodes send to the
// tunnel. Otherwise whoever knows the port could speak as any pod.
func (r *Routes) admitTable() string { return fmt.Sprintf("%s%06x", admitPrefix, r.cfg.VNI) }

const admitPrefix = "kubernetes-mesos-vxlan-"

// admit lets peers alone send packets of this cluster's VXLAN. Where no pods are there is
// nobody to be protected.
func (r *Routes) admit(peers []Peer) error {
	if len(r.cfg.Ranges) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), admitTime)
	defer cancel()
	nft, err := knftables.New(knftables.IPv4Family, r.admitTable())
	if err != nil {
		return fmt.Errorf("packets of the VXLAN are taken from anybody: %w", err)
	}
	tx := nft.NewTransaction()
	tx.Add(&knftables.Table{Comment: knftables.PtrTo("drops packets of the VXLAN that no node sent")})
	tx.Add(&knftables.Set{Name: "nodes", Type: "ipv4_addr"})
	tx.Flush(&knftables.Set{Name: "nodes"})
	known := map[netip.Addr]bool{}
	for _, p := range peers {
		if p.Node.Is4() && !known[p.Node] {
			known[p.Node] = true
			tx.Add(&knftables.Element{Set: "nodes", Key: []string{p.Node.String()}})
		}
	}
	tx.Add(&knftables.Chain{Name: "input", Type: knftables.PtrTo(knftables.FilterType), Hook: knftables.PtrTo(knftables.InputHook),
		Priority: knftables.PtrTo(knftables.BaseChainPriority("-5"))})
	tx.Flush(&knftables.Chain{Name: "input"})
	// The network identifier is the 24 bits after UDP's header and VXLAN's flags (RFC 7348).
	tx.Add(&knftables.Rule{Chain: "input", Rule: fmt.Sprintf("udp dport %d @th,96,24 0x%06x ip saddr != @nodes drop", r.cfg.Port, r.cfg.VNI)})
	if err := nft.Run(ctx, tx); err != nil {
		return fmt.Errorf("packets of the VXLAN are taken from anybody: %w", err)
	}
	return nil
}

// removeAdmit removes the rules of admit.
func (r *Routes) removeAdmit() error { return removeTable(r.admitTable()) }

// removeTable removes a table, if it is there. Without the program nft there are none.
func removeTable(name string) error {
	nft, err := knftables.New(knftables.IPv4Family, name)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), admitTime)
	defer cancel()
	tx := nft.NewTransaction()
	tx.Delete(&knftables.Table{})
	if err := nft.Run(ctx, tx); err != nil && !knftables.IsNotFound(err) {
		return fmt.Errorf("removing the rules for VXLAN: %w", err)
	}
	return nil
}
