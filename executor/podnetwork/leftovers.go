package podnetwork

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/knftables"
)

// RemoveOwner removes what an executor has made on this host: its pods' links, and its
// tables with what belongs to the ranges that they name, or to these ranges. What another
// executor uses too stays.
func RemoveOwner(ctx context.Context, owner string, ranges ...netip.Prefix) error {
	links, err := (&Network{cfg: Config{Owner: owner}}).links()
	all := []error{err}
	for _, l := range links {
		all = append(all, deleteLink(l))
	}
	for _, nft := range []knftables.Family{knftables.IPv4Family, knftables.IPv6Family} {
		all = append(all, removeOwnerTable(ctx, nft, owner, ranges))
	}
	if err := errors.Join(all...); err != nil {
		return fmt.Errorf("pod network of %s: %w", owner, err)
	}
	return nil
}

func removeOwnerTable(ctx context.Context, nft knftables.Family, owner string, ranges []netip.Prefix) error {
	tables, err := ownersByTable(ctx, nft)
	if err != nil {
		return err
	}
	f := &family{nft: nft, v6: nft == knftables.IPv6Family, owner: owner, name: tableName(owner)}
	own, found := tables[f.name]
	f.pods = own.Range
	for _, r := range ranges {
		if r.Addr().Is6() == f.v6 {
			f.pods, found = r, true
		}
	}
	if !found {
		return nil
	}
	delete(tables, f.name)
	shared := false
	for _, other := range tables {
		shared = shared || other.Range == f.pods
	}
	if !shared {
		err = f.removeAbsentRoute()
	}
	return errors.Join(err, f.removeTable(ctx), f.removeAccepts(ctx))
}

// Claim is a range of pod addresses that an executor uses on this host.
type Claim struct {
	Owner string
	Range netip.Prefix
}

// Claims returns the ranges in use on this host, also those of executors that died.
func Claims(ctx context.Context) ([]Claim, error) {
	var all []Claim
	for _, nft := range []knftables.Family{knftables.IPv4Family, knftables.IPv6Family} {
		tables, err := ownersByTable(ctx, nft)
		if err != nil {
			return nil, fmt.Errorf("pod networks of this host: %w", err)
		}
		all = slices.AppendSeq(all, maps.Values(tables))
	}
	return all, nil
}

// comment matches the comment of a table: its owner and its range.
var comment = regexp.MustCompile(`comment "(\S+) (\S+)"`)

// ownersByTable returns the executors of this host with their ranges, by the names of their
// tables.
func ownersByTable(ctx context.Context, nft knftables.Family) (map[string]Claim, error) {
	listed, err := run(ctx, "nft", "list", "tables", string(nft))
	if err != nil {
		return nil, err
	}
	owners := map[string]Claim{}
	for line := range strings.Lines(listed) {
		fields := strings.Fields(line)
		if len(fields) != 3 || !strings.HasPrefix(fields[2], tablePrefix) {
			continue
		}
		claim, found, err := claimOf(ctx, nft, fields[2])
		if err != nil {
			return nil, err
		}
		if found {
			owners[fields[2]] = claim
		}
	}
	return owners, nil
}

// claimOf returns what a table says of its executor. It is not found if the table says
// nothing, or has been removed meanwhile.
func claimOf(ctx context.Context, nft knftables.Family, table string) (c Claim, found bool, err error) {
	listed, err := run(ctx, "nft", "list", "table", string(nft), table)
	if err != nil && strings.Contains(err.Error(), "No such file or directory") { // nft speaks English alone
		return Claim{}, false, nil
	}
	m := comment.FindStringSubmatch(listed)
	if err != nil || m == nil {
		return Claim{}, false, err
	}
	pods, err := netip.ParsePrefix(m[2])
	return Claim{m[1], pods}, err == nil, nil
}
