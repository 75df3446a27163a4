package local

import (
	"net"
	"net/http"
	"strings"
)

// routes serves the master's routes and, if wanted, the fault pages.
func (m *Mesos) routes() http.Handler {
	mux := http.NewServeMux()
	m.master.addRoutes(mux)
	if m.cfg.FaultPages {
		m.addFaultRoutes(mux)
	}
	return guard(&m.cfg, m.Addr(), mux)
}

func (m *master) addRoutes(mux *http.ServeMux) {
	for _, prefix := range []string{"", "/master"} {
		mux.HandleFunc(prefix+"/api/v1/scheduler", m.schedulerAPI)
		mux.HandleFunc(prefix+"/api/v1/scheduler/{$}", m.schedulerAPI)
		mux.HandleFunc(prefix+"/api/v1", m.operatorAPI)
		mux.HandleFunc("GET "+prefix+"/state", m.statePage)
		mux.HandleFunc("GET "+prefix+"/health", healthPage)
		mux.HandleFunc(prefix+"/redirect", m.redirectPage)
	}
	mux.HandleFunc("GET /version", m.cfg.versionPage)
	mux.HandleFunc("GET /{$}", m.indexPage)
	mux.Handle("GET /files/", m.known(filesPages(m.workDir)))
	mux.HandleFunc("/", notFoundPage)
}

// routes serves the agent's routes.
func (a *agent) routes() http.Handler {
	mux := http.NewServeMux()
	for _, prefix := range []string{"", "/slave(1)"} {
		mux.HandleFunc(prefix+"/api/v1/executor", a.executorAPI)
		mux.HandleFunc("GET "+prefix+"/state", a.statePage)
		mux.HandleFunc("GET "+prefix+"/health", healthPage)
	}
	mux.HandleFunc("GET /version", a.m.cfg.versionPage)
	mux.Handle("GET /files/", a.m.known(filesPages(a.m.workDir)))
	mux.HandleFunc("/", notFoundPage)
	return guard(a.m.cfg, a.endpoint, mux)
}

// guard keeps web pages in a browser on this machine from driving a Mesos that
// listens on loopback only: a page reaches it under the page's own host name, which
// an API that runs commands must refuse.
func guard(cfg *Config, addr string, h http.Handler) http.Handler {
	if host, _, _ := net.SplitHostPort(addr); !isLoopback(host) {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if net.ParseIP(host) == nil && host != "localhost" && host != cfg.Hostname {
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
