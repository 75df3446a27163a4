package detector

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// masterLabel is the prefix of masters' names in ZooKeeper since Mesos 0.24; a
// sequence number follows (src/master/contender/zookeeper.cpp).
const masterLabel = "json.info_"

// firstMaster returns the child of the leading master: the one with the lowest
// sequence number. Other children belong to the replicated log.
func firstMaster(children []string) (name string, ok bool) {
	lowest := uint64(0)
	for _, c := range children {
		digits, labelled := strings.CutPrefix(c, masterLabel)
		n, err := strconv.ParseUint(digits, 10, 64)
		if !labelled || err != nil || ok && n >= lowest {
			continue
		}
		name, lowest, ok = c, n, true
	}
	return name, ok
}

// masterURL parses a MasterInfo in JSON. It prefers addresses to names, as some
// names of a master cannot be resolved elsewhere; for https it prefers names, as
// certificates are issued for names.
func masterURL(info []byte, scheme, apiPath string) (*url.URL, error) {
	var m struct {
		Hostname string
		Port     int
		PID      string `json:"pid"`
		Address  struct {
			Hostname string
			IP       string `json:"ip"`
			Port     int
		}
	}
	if err := json.Unmarshal(info, &m); err != nil {
		return nil, fmt.Errorf("what the leading master has registered cannot be read: %w", err)
	}
	host, port := m.Address.IP, m.Address.Port
	if name := m.Address.Hostname; name != "" && (host == "" || scheme == "https") {
		host = name
	}
	if host == "" || port == 0 {
		host, port = m.Hostname, m.Port
	}
	if host == "" || port == 0 {
		_, at, _ := strings.Cut(m.PID, "@")
		h, p, err := net.SplitHostPort(at)
		if err == nil {
			port, err = strconv.Atoi(p)
		}
		if host = h; err != nil {
			return nil, fmt.Errorf("the leading master has registered no address, only %q", info)
		}
	}
	return &url.URL{Scheme: scheme, Host: net.JoinHostPort(host, strconv.Itoa(port)), Path: apiPath}, nil
}
