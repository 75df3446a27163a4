package local

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// agent is one machine's agent, and what the master knows about it.
type agent struct {
	m        *master
	index    int
	hostname string
	ip       string
	endpoint string // host:port

	reserved *os.File // its port
	listener net.Listener
	server   *http.Server  // nil while it is not running
	served   chan struct{} // closed when the server has released the listener

	id         string
	total      []*mesospb.Resource
	attributes []*mesospb.Attribute
	registered time.Time

	// running: its process is alive. connected: it runs and the master can reach it.
	// removed: the master gave it up, at removedAt.
	running, connected, removed bool
	removedAt                   time.Time
	timeout                     *timer

	// recovering: a new master knows of it, but has not heard from it yet.
	recovering bool

	// silent: nothing passes between it and the master, which has not noticed yet;
	// the master's messages meanwhile wait in the mailbox.
	silent  bool
	mailbox []func()

	upkeep

	// mended ends a fault that lasts for a limited time.
	mended *timer

	free      []*mesospb.Resource // neither used nor offered
	offers    map[string]*offer
	executors map[executorKey]*executor
	tokens    map[string]executorKey // of executors that have not ended
	updates   map[updatesKey]*updates
	numbered  int         // number of update streams so far
	orphans   []*executor // still running, but unknown to the agent and the master
}

func (m *master) newAgent(index int, total []*mesospb.Resource) (*agent, error) {
	attributes, err := resources.ParseAttributes(m.cfg.attributes(index))
	if err != nil {
		return nil, fmt.Errorf("local Mesos: %w", err)
	}
	reserved, endpoint, err := reserve()
	if err != nil {
		return nil, fmt.Errorf("local Mesos: agent %d: %w", index+1, err)
	}
	l, err := net.Listen("tcp", endpoint)
	if err != nil {
		reserved.Close()
		return nil, fmt.Errorf("local Mesos: agent %d: %w", index+1, err)
	}
	a := &agent{
		m: m, index: index, hostname: m.cfg.hostname(index),
		ip: "127.0.0.1", endpoint: endpoint, reserved: reserved, listener: l,
		total: total, attributes: attributes,
	}
	a.clear()
	return a, nil
}

// clear resets it to an agent that has never run anything.
func (a *agent) clear() {
	a.free = a.total
	a.offers = map[string]*offer{}
	a.executors = map[executorKey]*executor{}
	a.tokens = map[string]executorKey{}
	a.updates = map[updatesKey]*updates{}
}

// start runs the agent's process: it serves executors and registers.
func (a *agent) start() {
	a.running = true
	a.serve()
	a.register()
}

// register makes the agent known to the master, under a new id if it has none.
func (a *agent) register() {
	if a.id == "" {
		a.id = a.m.newAgentID()
		a.m.agentOf[a.id] = a
		a.registered = time.Now()
	}
	a.connected, a.recovering = true, false
	a.drainAgain()
	a.m.allocate()
}

// heard reports whether the agent's messages reach the master.
func (a *agent) heard() bool { return a.connected && !a.silent }

// tell carries out an order of the master as soon as the agent hears it.
func (a *agent) tell(f func()) {
	if a.silent {
		a.mailbox = append(a.mailbox, f)
		return
	}
	f()
}

func (a *agent) serve() {
	server, l, served := newServer(a.routes()), a.listener, make(chan struct{})
	a.server, a.served = server, served
	a.m.serving.Go(func() {
		defer close(served)
		server.Serve(l)
	})
}

// stopServer closes the agent's socket and its executors' streams.
func (a *agent) stopServer(how ending) {
	if a.server == nil {
		return
	}
	for _, ex := range a.executors {
		ex.closeStream(how)
	}
	a.server.Close()
	<-a.served // until then the socket still listens, and no other can
	a.server = nil
}

// removeFramework shuts the framework's executors down and forgets its statuses.
func (a *agent) removeFramework(f *framework) {
	for _, ex := range a.executorsInOrder() {
		if ex.framework == f {
			ex.abandoned = true
			ex.shutdown()
		}
	}
	for key, u := range a.updates {
		if key.framework == f.id {
			u.retry.stop()
			delete(a.updates, key)
		}
	}
}

// endExecutors tells all executors of this agent to end.
func (a *agent) endExecutors() {
	a.timeout.stop()
	a.mailbox = nil
	for _, ex := range append(a.executorsInOrder(), a.orphans...) {
		if ex.stream == nil && ex.process != nil { // it cannot be told otherwise
			ex.process.terminate()
		}
		ex.shutdown()
	}
}
