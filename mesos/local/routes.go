package local

import (
	"net/http"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/credentials"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/pages"
)

// routes serves the master's routes and, if wanted, the fault pages.
func (m *Mesos) routes() http.Handler {
	mux := http.NewServeMux()
	m.master.addRoutes(mux)
	if m.cfg.FaultPages {
		faults := pages.FaultPages(m, credentials.Secrets(m.cfg.Credentials).Require)
		mux.Handle("/local", faults)
		mux.Handle("/local/", faults)
	}
	return httpapi.Guard(m.cfg.Hostname, m.Addr(), mux)
}

func (m *master) addRoutes(mux *http.ServeMux) {
	for _, prefix := range []string{"", "/master"} {
		mux.Handle(prefix+"/api/v1/scheduler", schedulerAPI{m})
		mux.Handle(prefix+"/api/v1/scheduler/{$}", schedulerAPI{m})
		mux.Handle(prefix+"/api/v1", operatorAPI{m})
		mux.HandleFunc("GET "+prefix+"/state", m.statePage)
		mux.HandleFunc("GET "+prefix+"/health", pages.Health)
		mux.HandleFunc(prefix+"/redirect", pages.Redirect(m.addr))
	}
	mux.HandleFunc("GET /version", pages.Version(m.cfg.Version))
	mux.HandleFunc("GET /{$}", m.indexPage)
	mux.HandleFunc("/", pages.NotFound)
}

// routes serves the agent's routes.
func (a *agent) routes() http.Handler {
	mux := http.NewServeMux()
	for _, prefix := range []string{"", "/slave(1)"} {
		mux.Handle(prefix+"/api/v1/executor", executorAPI{a})
		mux.HandleFunc("GET "+prefix+"/state", a.statePage)
		mux.HandleFunc("GET "+prefix+"/health", pages.Health)
	}
	mux.HandleFunc("GET /version", pages.Version(a.master.cfg.Version))
	mux.HandleFunc("/", pages.NotFound)
	return httpapi.Guard(a.master.cfg.Hostname, a.endpoint.Addr, mux)
}
