package apiproxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

const (
	// probeEvery is how often servers with connections are probed, if there are
	// several servers. Together with probeTimeout it bounds how long a hanging server
	// goes unnoticed.
	probeEvery   = 2 * time.Second
	probeTimeout = 2500 * time.Millisecond
	// retryAfter is how soon servers are probed again while none lives.
	retryAfter = 500 * time.Millisecond
	// serverName is the address that clients connect to.
	serverName = "127.0.0.1"
)

// A probe attempts a TLS handshake with a server.
type probe struct{ config *tls.Config }

// newProbe returns a probe of servers whose certificates roots has signed. It resumes
// sessions, which spares frequently probed servers the signatures.
func newProbe(roots *x509.CertPool) probe {
	return probe{&tls.Config{RootCAs: roots, ServerName: serverName, ClientSessionCache: tls.NewLRUClientSessionCache(0)}}
}

// lives returns nil if a server of the cluster lives at addr, and otherwise why not.
func (p probe) lives(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errSilent)
	defer cancel()
	conn, err := (&tls.Dialer{Config: p.config}).DialContext(ctx, "tcp", addr)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("API server %s: %w", addr, err)
	}
	return conn.Close()
}

var errSilent = errors.New("no TLS handshake within " + probeTimeout.String())

// addresses returns host:port of each server. servers must be https URLs, at least one.
func addresses(servers []string) ([]string, error) {
	if len(servers) == 0 {
		return nil, errors.New("no API server is named")
	}
	addrs := make([]string, len(servers))
	for i, s := range servers {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" {
			return nil, fmt.Errorf("API server %q is not an https URL", s)
		}
		port := u.Port()
		if port == "" {
			port = "443"
		}
		addrs[i] = net.JoinHostPort(u.Hostname(), port)
	}
	return addrs, nil
}
