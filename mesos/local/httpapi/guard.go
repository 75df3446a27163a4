package httpapi

import (
	"net"
	"net/http"
	"strings"
	"time"
)

// NewServer returns a server without a time limit on answers, as they may be streams.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 30 * time.Second}
}

// Guard keeps web pages in a browser on this machine from driving a Mesos that
// listens on loopback only: a page reaches it under the page's own host name, which
// an API that runs commands must refuse. Only an IP address, localhost and the host name
// of the machine are accepted.
func Guard(hostname, addr string, h http.Handler) http.Handler {
	if host, _, _ := net.SplitHostPort(addr); !isLoopback(host) {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if net.ParseIP(host) == nil && host != "localhost" && host != hostname {
			http.Error(w, "this address is not called "+host, http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
