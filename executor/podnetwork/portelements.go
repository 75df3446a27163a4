package podnetwork

import (
	"context"
	"errors"
	"net/netip"
	"strconv"

	"sigs.k8s.io/knftables"
)

// addPorts makes a pod's host ports lead to it, until removePorts.
func (n *Network) addPorts(ctx context.Context, f *family, p Pod) error {
	elements := f.portElements(p)
	if len(elements) == 0 {
		return nil
	}
	n.porting.Lock()
	defer n.porting.Unlock()
	delete(n.left, p.Sandbox)
	f.ported[p.Sandbox] = elements
	return f.addElements(ctx, elements)
}

// removePorts removes the host ports of a sandbox. If that fails, prunePorts does it later.
func (n *Network) removePorts(ctx context.Context, sandbox string) error {
	n.porting.Lock()
	defer n.porting.Unlock()
	for _, f := range n.families {
		if f.known && len(f.ported[sandbox]) == 0 {
			continue // no command for each pod that ends
		}
		if err := f.removeElements(ctx, func(of string) bool { return of == sandbox }); err != nil {
			n.left[sandbox] = true
			return err
		}
		delete(f.ported, sandbox)
	}
	return nil
}

// restorePorts adds the host ports of all pods, in case others have removed them. The first
// time it learns those that an earlier process has made.
func (n *Network) restorePorts(ctx context.Context, f *family) error {
	n.porting.Lock()
	defer n.porting.Unlock()
	if !f.known {
		found, err := f.listElements(ctx)
		if err != nil {
			return err
		}
		for _, e := range found {
			n.left[*e.Comment] = true
			f.ported[*e.Comment] = append(f.ported[*e.Comment], e)
		}
		f.known = true
	}
	var all []*knftables.Element
	for _, elements := range f.ported {
		all = append(all, elements...)
	}
	return f.addElements(ctx, all)
}

// prunePorts removes the host ports of sandboxes that are gone: that ended while no process
// was there to see it, so that they are not connected or not adopted, or whose removal failed.
func (n *Network) prunePorts(ctx context.Context) error {
	n.porting.Lock()
	defer n.porting.Unlock()
	for sandbox := range n.left {
		if n.Addresses(sandbox) == nil {
			for _, f := range n.families {
				delete(f.ported, sandbox)
			}
		}
	}
	clear(n.left)
	var failed []error
	for _, f := range n.families {
		if f.known {
			failed = append(failed, f.removeElements(ctx, func(of string) bool { return len(f.ported[of]) == 0 }))
		}
	}
	return errors.Join(failed...)
}

// portElements returns the elements that make a pod's host ports lead to it. They carry the
// sandbox as their comment.
func (f *family) portElements(p Pod) []*knftables.Element {
	var pod netip.Addr
	for _, a := range p.Addresses {
		if a.Is6() == f.v6 {
			pod = a
		}
	}
	if !pod.IsValid() || len(p.Ports) == 0 {
		return nil
	}
	comment := knftables.PtrTo(p.Sandbox)
	all := []*knftables.Element{{Set: itself, Key: []string{pod.String(), pod.String()}, Comment: comment}}
	for _, port := range p.Ports {
		e := &knftables.Element{
			Map:     ports,
			Key:     []string{port.Protocol, strconv.Itoa(int(port.HostPort))},
			Value:   []string{pod.String(), strconv.Itoa(int(port.PodPort))},
			Comment: comment,
		}
		if ip := port.HostIP; ip.IsValid() && !ip.IsUnspecified() {
			if ip.Is6() != f.v6 {
				continue
			}
			e.Map, e.Key = addressPorts, append([]string{ip.String()}, e.Key...)
		}
		all = append(all, e)
	}
	return all
}

// listElements returns the elements of all host ports, each with a comment.
func (f *family) listElements(ctx context.Context) ([]*knftables.Element, error) {
	nft, err := f.table()
	if err != nil {
		return nil, err
	}
	var all []*knftables.Element
	for _, set := range []struct{ kind, name string }{{"map", ports}, {"map", addressPorts}, {"set", itself}} {
		elements, err := nft.ListElements(ctx, set.kind, set.name)
		if err != nil && !knftables.IsNotFound(err) {
			return nil, err
		}
		for _, e := range elements {
			if e.Comment != nil {
				all = append(all, e)
			}
		}
	}
	return all, nil
}

func (f *family) addElements(ctx context.Context, all []*knftables.Element) error {
	nft, err := f.table()
	if err != nil || len(all) == 0 {
		return err
	}
	tx := nft.NewTransaction()
	for _, e := range all {
		tx.Add(e)
	}
	return nft.Run(ctx, tx)
}

// removeElements removes the elements of the sandboxes that gone names.
func (f *family) removeElements(ctx context.Context, gone func(sandbox string) bool) error {
	nft, err := f.table()
	if err != nil {
		return err
	}
	found, err := f.listElements(ctx)
	if err != nil {
		return err
	}
	tx := nft.NewTransaction()
	var free []Port
	for _, e := range found {
		if !gone(*e.Comment) {
			continue
		}
		tx.Delete(e)
		if p, is := portOf(e); is {
			free = append(free, p)
		}
	}
	if tx.NumOperations() == 0 {
		return nil
	}
	err = nft.Run(ctx, tx)
	f.forget(free)
	return err
}
