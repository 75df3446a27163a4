package pages

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/faults"
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

// A Condition is the answer to GET /local, and to each POST once it is done.
type Condition struct {
	Can    []string         `json:"can,omitempty"`
	Agents []AgentCondition `json:"agents"`
	Faults faults.Faults    `json:"faults"`
}

// An AgentCondition says in a word how an agent is.
type AgentCondition struct {
	Index     int        `json:"index"`
	Hostname  string     `json:"hostname"`
	ID        string     `json:"id"`
	Condition string     `json:"condition"`
	Executors []Executor `json:"executors"`
}

// Agents can be broken. Errors say which agent cannot be, why, and what would help.
type Agents interface {
	StopAgent(i int, d time.Duration) error
	StartAgent(i int) error
	PauseAgent(i int, d time.Duration) error
	ResumeAgent(i int) error
	RemoveAgent(i int) error
	MarkAgentGone(i int) error
	KillExecutor(i int, framework, executor string) error
}

// Mesos is a master and agents that can be broken.
type Mesos interface {
	Agents
	CrashMaster(down, agentsAfter time.Duration) error
	Rescind() error
	SetFaults(faults.Faults) error
	Condition() Condition
}

// FaultPages serves the pages below /local; posts passes on those requests that may break
// something. Requests by pages of another origin in a browser are refused.
func FaultPages(m Mesos, posts func(http.Handler) http.Handler) http.Handler {
	p := faultPages{m}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /local/{$}", p.condition)
	mux.HandleFunc("GET /local", p.condition)
	mux.HandleFunc("GET /local/faults", func(w http.ResponseWriter, _ *http.Request) { Write(w, m.Condition().Faults) })
	post := func(path string, h http.Handler) { mux.Handle("POST /local/"+path, posts(h)) }
	post("faults", p.cause(p.setFaults))
	post("rescind", p.cause(func(*http.Request, url.Values) error { return m.Rescind() }))
	post("agents/{agent}/{what}", p.cause(p.breakAgent))
	post("master/fail-over", http.HandlerFunc(p.failOver))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Errorf("%s %s: there is no such page; GET /local lists what there is", r.Method, r.URL.Path))
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

type faultPages struct{ mesos Mesos }

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

// cause answers with the state after f, or with 409 and why f cannot be done.
func (p faultPages) cause(f func(*http.Request, url.Values) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := url.ParseQuery(r.URL.RawQuery)
		if err == nil {
			err = f(r, q)
		}
		if err != nil {
			refuse(w, http.StatusConflict, err)
			return
		}
		Write(w, p.mesos.Condition())
	})
}

func (p faultPages) condition(w http.ResponseWriter, _ *http.Request) {
	page := p.mesos.Condition()
	page.Can = faultHelp[:]
	Write(w, page)
}

func (p faultPages) setFaults(r *http.Request, _ url.Values) error {
	b, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil {
		return err
	}
	f, err := faults.Parse(b)
	if err != nil {
		return err
	}
	return p.mesos.SetFaults(f)
}

func (p faultPages) breakAgent(r *http.Request, q url.Values) error {
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
		return p.mesos.StopAgent(i, d)
	case "start":
		return p.mesos.StartAgent(i)
	case "pause":
		return p.mesos.PauseAgent(i, d)
	case "resume":
		return p.mesos.ResumeAgent(i)
	case "remove":
		return p.mesos.RemoveAgent(i)
	case "gone":
		return p.mesos.MarkAgentGone(i)
	case "kill-executor":
		return p.mesos.KillExecutor(i, q.Get("framework"), q.Get("executor"))
	default:
		return fmt.Errorf("agent %d: there is no %q; choose stop, start, pause, resume, remove, gone or kill-executor", i, what)
	}
}

// failOver answers first, as its own connection is among those to be broken.
func (p faultPages) failOver(w http.ResponseWriter, r *http.Request) {
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
	Write(w, p.mesos.Condition())
	http.NewResponseController(w).Flush()
	p.mesos.CrashMaster(down, after) // fails only when everything is ending anyway
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
