package localport

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Guard passes requests of programs to next and refuses those of web pages with 403.
//
// The local port asks for no credentials, and a user's browser on the same machine can
// reach it. So a request must name this machine as its host: an address, localhost
// or one of names (with DNS rebinding, where a page's name resolves to us, the host
// is that name). And if it carries the headers of a page (Origin, Sec-Fetch-Site;
// https://fetch.spec.whatwg.org/#origin-header and
// https://w3c.github.io/webappsec-fetch-metadata/), the page must be our own. Any page may
// have a link to entry, though, which is the path of a document that holds no secrets and
// that no page can frame: such as Mesos' list of frameworks.
//
// A caller's Authorization and X-Remote-… headers are dropped: a caller of the local
// port already has all rights. Impersonation headers, which only reduce them, stay.
func Guard(next http.Handler, names []string, entry string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reason := foreign(r, names, entry); reason != "" {
			refuse(w, http.StatusForbidden, reason)
			return
		}
		for name := range r.Header {
			if name == "Authorization" || strings.HasPrefix(name, "X-Remote-") {
				r.Header.Del(name)
			}
		}
		next.ServeHTTP(w, r)
	})
}

// foreign returns why r is not one of ours, or "".
func foreign(r *http.Request, names []string, entry string) string {
	host := hostOf(r.Host)
	if !isAddress(host) && !isLocalhost(host) && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, host) }) {
		return fmt.Sprintf("host %q is not this machine: use its address or localhost", r.Host)
	}
	for _, origin := range r.Header["Origin"] {
		if !ownOrigin(origin, r) {
			return fmt.Sprintf("origin %q: web pages may not use the local port", origin)
		}
	}
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "same-origin" && site != "none" && !followsLink(r, entry) {
			return fmt.Sprintf("a request from a %s page: web pages may not use the local port", site)
		}
	}
	return ""
}

// followsLink reports whether a browser asks for the document at path for a window of its own.
func followsLink(r *http.Request, path string) bool {
	return r.Method == http.MethodGet && r.URL.Path == path &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// ownOrigin reports whether r may have this Origin header: it must name our own host
// and port. WebSocket libraries from the time of v1beta1 made one up without the
// port; such a header is accepted only for a WebSocket, and not from a browser, whose
// Sec-Fetch-Site would show that the page is from another port.
func ownOrigin(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" {
		return false
	}
	if strings.EqualFold(u.Host, r.Host) {
		return true
	}
	library := strings.EqualFold(r.Header.Get("Upgrade"), "websocket") && len(r.Header["Sec-Fetch-Site"]) == 0
	return library && u.Port() == "" && strings.EqualFold(u.Hostname(), hostOf(r.Host))
}

// hostOf returns the host of a Host header without port, brackets and final dot.
func hostOf(header string) string {
	host, _, err := net.SplitHostPort(header)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(header, "["), "]")
	}
	return strings.TrimSuffix(host, ".")
}

// isAddress reports whether host is an IP address. Any address is fine, since a page
// cannot use one as its own name.
func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// isLocalhost reports whether host is a name that resolves to loopback (RFC 6761,
// section 6.3).
func isLocalhost(host string) bool {
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// refuse answers as an API server would, so kubectl shows the reason.
func refuse(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{ // an error means that the caller is gone
		"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{},
		"status": "Failure", "reason": reasons[code], "code": code,
		"message": "local port: " + why,
	})
}

// reasons maps the codes that refuse accepts to an API server's reasons.
var reasons = map[int]string{
	http.StatusForbidden:           "Forbidden",
	http.StatusServiceUnavailable:  "ServiceUnavailable",
	http.StatusInternalServerError: "InternalError",
}
