package local

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// faultHelp lists what can be done, for GET /local.
var faultHelp = [...]string{
	"GET  /local                                    this page",
	"POST /local/agents/{i}/stop[?for=30s]          end the agent's process as kill -9 would; its executors live on",
	"POST /local/agents/{i}/start                   start it again, at the same address",
	"POST /local/agents/{i}/pause[?for=60s]         cut it off from the master, who notices when the agent timeout is over",
	"POST /local/agents/{i}/resume                  end that",
	"POST /local/agents/{i}/remove                  have it unregister and come back under another id",
	"POST /local/agents/{i}/gone                    the same, by an operator who marks it gone",
	"POST /local/agents/{i}/kill-executor[?framework=ID&executor=ID]   kill -9 the executors there, or only these",
	"POST /local/master/fail-over[?down=5s&agents-after=1s]            kill -9 the master; another one, knowing nothing, follows",
	"POST /local/rescind                            take every offer back",
	"GET  /local/faults                             what is played at random",
	"POST /local/faults                             play these from now on, a JSON object; {} ends them all",
}

// agentsAfter is how long agents take to find a new master, by default.
const agentsAfter = time.Second

// brokenPage is the answer to GET /local, and to each POST once it is done.
type brokenPage struct {
	Can    []string          `json:"can,omitempty"`
	Agents []brokenAgentPage `json:"agents"`
	Faults *faultsPage       `json:"faults"`
}

type brokenAgentPage struct {
	Index     int            `json:"index"`
	Hostname  string         `json:"hostname"`
	ID        string         `json:"id"`
	Condition string         `json:"condition"`
	Executors []executorPage `json:"executors"`
}

// addFaultRoutes adds the pages of [Config.FaultPages]. Requests by pages of another
// origin in a browser are refused.
func (m *Mesos) addFaultRoutes(mux *http.ServeMux) {
	pages := http.NewServeMux()
	pages.HandleFunc("GET /local/{$}", m.brokenPage)
	pages.HandleFunc("GET /local", m.brokenPage)
	pages.HandleFunc("GET /local/faults", m.faultsPage)
	post := func(path string, h http.Handler) { pages.Handle("POST /local/"+path, m.master.known(h)) }
	post("faults", m.fault(m.setFaults))
	post("rescind", m.fault(func(*http.Request, url.Values) error { return m.Rescind() }))
	post("agents/{agent}/{what}", m.fault(m.breakAgent))
	post("master/fail-over", http.HandlerFunc(m.failOverPage))
	pages.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Errorf("%s %s: there is no such page; GET /local lists what there is", r.Method, r.URL.Path))
	})
	mux.Handle("/local", http.NewCrossOriginProtection().Handler(pages))
	mux.Handle("/local/", http.NewCrossOriginProtection().Handler(pages))
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", typeJSON)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

// fault answers with the state after f, or with 409 and why f cannot be done.
func (m *Mesos) fault(f func(*http.Request, url.Values) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := url.ParseQuery(r.URL.RawQuery)
		if err == nil {
			err = f(r, q)
		}
		if err != nil {
			refuse(w, http.StatusConflict, err)
			return
		}
		writePage(w, m.broken())
	})
}

func (m *Mesos) brokenPage(w http.ResponseWriter, _ *http.Request) {
	page := m.broken()
	page.Can = faultHelp[:]
	writePage(w, page)
}

func (m *Mesos) faultsPage(w http.ResponseWriter, _ *http.Request) { writePage(w, m.broken().Faults) }

func (m *Mesos) broken() (page brokenPage) {
	m.master.do(func() {
		page.Faults = m.cfg.Faults.page()
		for _, a := range m.master.agents {
			one := brokenAgentPage{Index: a.index, Hostname: a.hostname, ID: a.id, Condition: a.condition(), Executors: []executorPage{}}
			for _, ex := range a.executorsInOrder() {
				one.Executors = append(one.Executors, ex.page())
			}
			page.Agents = append(page.Agents, one)
		}
	})
	return page
}

// condition returns the agent's state as one word.
func (a *agent) condition() string {
	switch {
	case !a.running && a.removed:
		return "stopped, unreachable"
	case !a.running:
		return "stopped"
	case a.silent && a.removed:
		return "paused, unreachable"
	case a.silent:
		return "paused"
	case !a.connected:
		return "registering"
	case a.drain != nil:
		return strings.ToLower(a.drain.state.String())
	case a.deactivated:
		return "deactivated"
	}
	return "running"
}

func (m *Mesos) setFaults(r *http.Request, _ url.Values) error {
	b, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil {
		return err
	}
	f, err := ParseFaults(b)
	if err != nil {
		return err
	}
	return m.SetFaults(f)
}

func (m *Mesos) breakAgent(r *http.Request, q url.Values) error {
	i, err := strconv.Atoi(r.PathValue("agent"))
	if err != nil {
		return fmt.Errorf("agent %q: agents are numbers, counted from 0; GET /local lists them", r.PathValue("agent"))
	}
	d, err := duration(q, "for", 0)
	if err != nil {
		return err
	}
	switch what := r.PathValue("what"); what {
	case "stop":
		return m.StopAgent(i, d)
	case "start":
		return m.StartAgent(i)
	case "pause":
		return m.PauseAgent(i, d)
	case "resume":
		return m.ResumeAgent(i)
	case "remove":
		return m.RemoveAgent(i)
	case "gone":
		return m.MarkAgentGone(i)
	case "kill-executor":
		return m.KillExecutor(i, q.Get("framework"), q.Get("executor"))
	default:
		return fmt.Errorf("agent %d: nobody knows how to %s it; stop, start, pause, resume, remove, gone or kill-executor?", i, what)
	}
}

// failOverPage answers first, as its own connection is among those to be broken.
func (m *Mesos) failOverPage(w http.ResponseWriter, r *http.Request) {
	down, err := duration(r.URL.Query(), "down", 0)
	after := agentsAfter
	if err == nil {
		after, err = duration(r.URL.Query(), "agents-after", agentsAfter)
	}
	if err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	w.Header().Set("Connection", "close")
	writePage(w, m.broken())
	http.NewResponseController(w).Flush()
	m.CrashMaster(down, after) // fails only when everything is ending anyway
}

// duration parses a time from a query, or returns unset if it is missing.
func duration(q url.Values, name string, unset time.Duration) (time.Duration, error) {
	text := strings.TrimSpace(q.Get(name))
	if text == "" {
		return unset, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s=%s: a time is 0s or more, as 500ms, 30s or 2m", name, text)
	}
	return d, nil
}
