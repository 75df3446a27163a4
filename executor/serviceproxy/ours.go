package serviceproxy

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"sigs.k8s.io/knftables"
)

// ours fails unless the services of this host are our cluster's, or may become so. What a
// cluster has left whose executors have all gone is taken over at the second look: they may
// come back at once.
func (p *Proxy) ours(ctx context.Context) error {
	tables, err := guardTables(ctx)
	if err != nil {
		return err
	}
	if slices.Contains(tables, guardTable(p.cfg.Cluster)) {
		return nil
	}
	if len(tables) == 0 {
		return foreign(ctx)
	}
	before := p.abandoned
	p.abandoned = map[string]bool{}
	for _, table := range tables {
		lives, err := p.cfg.Locks.Held(membersPrefix + strings.TrimPrefix(table, guardPrefix))
		if err != nil {
			return err
		}
		p.abandoned[table] = !lives
		if lives || !before[table] {
			err = ErrOtherCluster
		}
		if err != nil {
			return err
		}
	}
	for _, table := range tables {
		if err := unguard(ctx, table); err != nil {
			return err
		}
	}
	return nil
}

// guarded reports whether the services of this host are our cluster's, by what this process has
// made or another one has left. Without the program nft no process has.
func (p *Proxy) guarded(ctx context.Context) (bool, error) {
	if _, err := exec.LookPath("nft"); err != nil || p.guards {
		return p.guards, nil
	}
	tables, err := guardTables(ctx)
	return slices.Contains(tables, guardTable(p.cfg.Cluster)), err
}

// guardTables returns the names of all clusters' guard tables on this host.
func guardTables(ctx context.Context) ([]string, error) {
	listed, err := exec.CommandContext(ctx, "nft", "list", "tables").Output()
	if err != nil {
		return nil, fmt.Errorf("nft list tables: %w", err)
	}
	var all []string
	for line := range strings.Lines(string(listed)) {
		if fields := strings.Fields(line); len(fields) == 3 && strings.HasPrefix(fields[2], guardPrefix) {
			all = append(all, fields[2])
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// foreign fails with ErrForeign if a kube-proxy works on this host: its table is there, or
// its chains in iptables.
func foreign(ctx context.Context) error {
	for family := range families {
		if hasTable(ctx, family, kubeProxyTable) || hasChains(ctx, family) {
			return ErrForeign
		}
	}
	return nil
}

// hasChains reports whether kube-proxy's chains are in iptables.
func hasChains(ctx context.Context, family knftables.Family) bool {
	iptables := map[knftables.Family]string{knftables.IPv4Family: "iptables", knftables.IPv6Family: "ip6tables"}[family]
	return exec.CommandContext(ctx, iptables, "-w", "5", "-t", "nat", "-S", "KUBE-SERVICES").Run() == nil
}
