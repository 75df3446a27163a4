package podnetwork

import (
	"fmt"
	"net/netip"
	"sync"
)

// Addresses gives out the addresses of a range, one after the other around the range: an
// address that was given back is used last, so that what still is on its way to its
// former pod does not meet a new one.
type Addresses struct {
	mu    sync.Mutex
	r     netip.Prefix
	first netip.Addr
	last  netip.Addr
	next  netip.Addr
	used  map[netip.Addr]bool
}

// NewAddresses returns the addresses of r. The first one belongs to the host, and the last
// one of an IPv4 range is not a pod's either.
func NewAddresses(r netip.Prefix) (*Addresses, error) {
	a := &Addresses{r: r, first: r.Masked().Addr().Next(), last: highest(r), used: map[netip.Addr]bool{}}
	if r.Addr().Is4() {
		a.last = a.last.Prev()
	}
	if !r.Contains(a.first) || a.last.Less(a.first) {
		return nil, fmt.Errorf("pod network: the range %v has no address for a pod", r)
	}
	a.next = a.first
	return a, nil
}

// Use puts an address to use that was given out by an earlier process. The highest of
// them counts as the last one given. One of another range is ignored.
func (a *Addresses) Use(u netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.r.Contains(u) {
		return // the node had another range before
	}
	a.used[u] = true
	if !u.Less(a.next) {
		a.next = a.after(u)
	}
}

// Take returns an address that is not in use, and puts it to use.
func (a *Addresses) Take() (netip.Addr, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for tried := a.next; ; {
		if !a.used[tried] {
			a.used[tried], a.next = true, a.after(tried)
			return tried, nil
		}
		if tried = a.after(tried); tried == a.next {
			return netip.Addr{}, fmt.Errorf("pod network: all %d addresses of the range %v are in use: the node takes no more pods", len(a.used), a.r)
		}
	}
}

// Free gives an address back. One that is not in use is ignored.
func (a *Addresses) Free(free netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.used, free)
}

// after returns the address that follows x around the range.
func (a *Addresses) after(x netip.Addr) netip.Addr {
	if x == a.last {
		return a.first
	}
	return x.Next()
}

// highest returns the last address of a range.
func highest(r netip.Prefix) netip.Addr {
	bytes := r.Masked().Addr().AsSlice()
	for bit := r.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 1 << (7 - bit%8)
	}
	a, _ := netip.AddrFromSlice(bytes)
	return a
}
