package podnetwork

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"sigs.k8s.io/knftables"
)

// RemoveOwner removes what an executor that died has left on this host: its pods' links and
// its tables, which name its ranges. What another executor uses too stays.
func RemoveOwner(ctx context.Context, owner string) error {
	links, err := (&Network{cfg: Config{Owner: owner}}).links()
	all := []error{err}
	for _, l := range links {
		all = append(all, deleteLink(l))
	}
	for _, nft := range []knftables.Family{knftables.IPv4Family, knftables.IPv6Family} {
		all = append(all, removeOwnerTable(ctx, nft, owner))
	}
	if err := errors.Join(all...); err != nil {
		return fmt.Errorf("pod network of %s: %w", owner, err)
	}
	return nil
}

func removeOwnerTable(ctx context.Context, nft knftables.Family, owner string) error {
	ranges, err := rangesByTable(ctx, nft)
	if err != nil {
		return err
	}
	f := &family{nft: nft, v6: nft == knftables.IPv6Family, owner: owner, name: tableName(owner)}
	pods, found := ranges[f.name]
	if !found {
		return nil
	}
	f.pods = pods
	delete(ranges, f.name)
	shared := false
	for _, other := range ranges {
		shared = shared || other == pods
	}
	if !shared {
		err = f.removeAbsentRoute()
	}
	return errors.Join(err, f.removeTable(ctx), f.removeAccepts(ctx))
}

// comment matches the comment of a table: its owner and its range.
var comment = regexp.MustCompile(`comment "\S+ (\S+)"`)

// rangesByTable returns the ranges of the executors of this host, by the names of their
// tables.
func rangesByTable(ctx context.Context, nft knftables.Family) (map[string]netip.Prefix, error) {
	listed, err := run(ctx, "nft", "list", "tables", string(nft))
	if err != nil {
		return nil, err
	}
	ranges := map[string]netip.Prefix{}
	for line := range strings.Lines(listed) {
		fields := strings.Fields(line)
		if len(fields) != 3 || !strings.HasPrefix(fields[2], tablePrefix) {
			continue
		}
		table, err := run(ctx, "nft", "list", "table", string(nft), fields[2])
		if err != nil {
			return nil, err
		}
		if m := comment.FindStringSubmatch(table); m != nil {
			if pods, err := netip.ParsePrefix(m[1]); err == nil {
				ranges[fields[2]] = pods
			}
		}
	}
	return ranges, nil
}
