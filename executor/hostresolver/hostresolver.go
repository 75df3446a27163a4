// Package hostresolver finds the DNS servers that this machine asks, as resolv.conf(5)
// names them, for pods that ask them directly and for the cluster's own DNS server.
package hostresolver

import (
	"bufio"
	"net/netip"
	"os"
	"strings"
)

// The file that programs of this machine read, and the one in which systemd-resolved names
// the servers that it asks itself.
const (
	usual   = "/etc/resolv.conf"
	behind  = "/run/systemd/resolve/resolv.conf"
	stubbed = "127.0.0.53"
)

// File returns the file that names the servers: given, if it is not empty. Otherwise it is
// the usual one, unless that names the stub of systemd-resolved, which pods cannot reach.
func File(given string) string {
	if given != "" {
		return given
	}
	return choose(usual, behind)
}

func choose(usual, behind string) string {
	for _, server := range Servers(usual) {
		if server.String() == stubbed && len(Servers(behind)) > 0 {
			return behind
		}
	}
	return usual
}

// Servers returns the servers that a file names, none if it cannot be read. An address with
// a zone is left out: it has no meaning elsewhere.
func Servers(path string) []netip.Addr {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	var servers []netip.Addr
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(fields[1]); err == nil && a.Zone() == "" {
			servers = append(servers, a)
		}
	}
	return servers
}
