package clusterdns

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// machine knows the addresses of this machine's interfaces. Pods in the host's network may
// ask from any of them.
type machine struct {
	list func() ([]net.Addr, error)

	mu  sync.Mutex
	all map[netip.Addr]bool
	at  time.Time // of the last look
}

// machineFresh is for how long the addresses count as known. Strangers may ask by the
// thousand, so not every query is worth a look.
const machineFresh = time.Second

// has reports whether an interface of this machine has the address a.
func (m *machine) has(a netip.Addr) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := time.Now(); m.at.IsZero() || now.Sub(m.at) >= machineFresh {
		m.at = now
		m.look()
	}
	return m.all[a]
}

// look lists the addresses. If it fails, what was known before holds.
func (m *machine) look() {
	own, err := m.list()
	if err != nil {
		return
	}
	m.all = map[netip.Addr]bool{}
	for _, a := range own {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			m.all[p.Addr()] = true
		}
	}
}
