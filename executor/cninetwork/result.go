package cninetwork

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/containernetworking/cni/pkg/types"
	types100 "github.com/containernetworking/cni/pkg/types/100"
)

// addressesOf returns the pod's addresses, at most one per IP family: Kubernetes knows no
// more. Addresses of other interfaces than the pod's are not its own.
func addressesOf(result types.Result) ([]netip.Addr, error) {
	r, err := types100.NewResultFromResult(result)
	if err != nil {
		return nil, err
	}
	var all []netip.Addr
	families := map[bool]bool{}
	for _, ip := range r.IPs {
		if ip == nil {
			continue
		}
		if of, err := ofPod(r, ip); err != nil {
			return nil, err
		} else if !of {
			continue
		}
		a, ok := netip.AddrFromSlice(ip.Address.IP)
		a = a.Unmap()
		if !ok || !a.IsGlobalUnicast() {
			return nil, fmt.Errorf("the plugins gave the pod the address %v, by which others cannot reach it: correct the configuration of their addresses", ip.Address.IP)
		}
		if !families[a.Is6()] {
			all, families[a.Is6()] = append(all, a), true
		}
	}
	if len(all) == 0 {
		return nil, errors.New("the plugins gave the pod no address: name a plugin for addresses (ipam) in the configuration")
	}
	return all, nil
}

// ofPod reports whether an address belongs to the pod's interface. Older plugins do not say
// which interface it is.
func ofPod(r *types100.Result, ip *types100.IPConfig) (bool, error) {
	if ip.Interface == nil {
		return true, nil
	}
	if *ip.Interface < 0 || *ip.Interface >= len(r.Interfaces) || r.Interfaces[*ip.Interface] == nil {
		return false, fmt.Errorf("the plugins say that address %v belongs to interface %d, and name %d interfaces: report it to their authors", ip.Address.IP, *ip.Interface, len(r.Interfaces))
	}
	i := r.Interfaces[*ip.Interface]
	return i.Name == interfaceName && i.Sandbox != "", nil
}
