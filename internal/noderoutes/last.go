package noderoutes

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/vishvananda/netlink"
	"sigs.k8s.io/knftables"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/links"
)

// Connected reports whether a pod of any executor is connected on this host. If the executor
// has died, the next one finds its pods as they were.
func Connected() (bool, error) {
	all, err := linksBeginning(links.Pod)
	return len(all) > 0, err
}

// RemoveAll removes the routes and devices of all clusters on this host, which no program uses
// any more. While a pod is connected it does nothing: its executor may come back.
func RemoveAll() error {
	if connected, err := Connected(); connected || err != nil {
		return err
	}
	if err := errors.Join(removeRoutes(func(netlink.Route) bool { return true }), removeDevices(), removeAdmits()); err != nil {
		return fmt.Errorf("routes to nodes: %w", err)
	}
	return nil
}

func removeDevices() error {
	all, err := linksBeginning(links.VXLAN)
	failed := []error{err}
	for _, link := range all {
		failed = append(failed, netlink.LinkDel(link))
	}
	return errors.Join(failed...)
}

// removeAdmits removes the rules for all clusters' VXLANs. Without the program nft there are none.
func removeAdmits() error {
	if _, err := exec.LookPath("nft"); err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), admitTime)
	defer cancel()
	listed, err := exec.CommandContext(ctx, "nft", "list", "tables", string(knftables.IPv4Family)).Output()
	if err != nil {
		return fmt.Errorf("nft list tables: %w", err)
	}
	var failed []error
	for line := range strings.Lines(string(listed)) {
		if fields := strings.Fields(line); len(fields) == 3 && strings.HasPrefix(fields[2], admitPrefix) {
			failed = append(failed, removeTable(fields[2]))
		}
	}
	return errors.Join(failed...)
}

func linksBeginning(prefix string) ([]netlink.Link, error) {
	var all, found []netlink.Link
	err := complete(func() (err error) { all, err = netlink.LinkList(); return err })
	if err != nil {
		return nil, fmt.Errorf("links of this host: %w", err)
	}
	for _, link := range all {
		if strings.HasPrefix(link.Attrs().Name, prefix) {
			found = append(found, link)
		}
	}
	return found, nil
}

// complete repeats a listing that a change in between has cut short, such as by pods that come
// and go.
func complete(list func() error) error {
	var err error
	for range 10 {
		if err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return err
		}
	}
	return err
}
