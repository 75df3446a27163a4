package volumes

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mesosvolumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Mesos is the space of persistent volumes of Mesos. The framework shows it what Mesos
// offers and lists; what it decides then is in package mesosvolumes.
type Mesos struct {
	cfg    MesosConfig
	needed chan struct{} // holds a value while offers are wanted at once
	wake   chan struct{} // holds a value while Run has something to do

	mu       sync.Mutex
	state    *mesosvolumes.State // nil: the records have not been read
	unstored []records.Change    // in order; until they are stored Mesos is told nothing
	changed  []string
	sought   map[string]string // nodes of volumes whose path is not known yet
	paths    map[string]string // of volumes, on their hosts
	askAt    time.Time         // when offers are wanted next, if anything is to be done
	asked    int               // how often they were since something was new
}

// MesosConfig configures a [Mesos]. All is required, but Principal and Log.
type MesosConfig struct {
	Client kubernetes.Interface
	Store  records.Store
	Volume mesosvolumes.Config
	Log    logr.Logger
}

// While something is to be done, offers are asked for often at first, as calls get lost, and
// then seldom, as agents may be away for long.
const (
	askOften  = 5 * time.Second
	askSeldom = 5 * time.Minute
	often     = 12 // times
)

// NewMesos returns a space that knows nothing until Load.
func NewMesos(cfg MesosConfig) *Mesos {
	return &Mesos{cfg: cfg, needed: make(chan struct{}, 1), wake: make(chan struct{}, 1), sought: map[string]string{}, paths: map[string]string{}}
}

// Load reads what is on record. It comes before all that [Space] demands.
func (m *Mesos) Load(ctx context.Context) error {
	r, err := records.Read(ctx, m.cfg.Store)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = mesosvolumes.New(m.cfg.Volume, r.Volumes)
	return nil
}

// Needed yields a value when offers are wanted although no pod may wait for any.
func (m *Mesos) Needed() <-chan struct{} { return m.needed }

// Offered learns from an offer of a node's agent, and returns what it is to be used for;
// nothing: it is of no use here.
func (m *Mesos) Offered(now time.Time, node string, offered []*mesospb.Resource) []*mesospb.Offer_Operation {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == nil || len(m.unstored) > 0 {
		return nil
	}
	ops, o := m.state.Offered(now, node, offered)
	m.take(o)
	return ops
}

// Listed learns all that a node's agent has, as the master said when it was asked.
func (m *Mesos) Listed(asked time.Time, node string, total []*mesospb.Resource) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != nil {
		m.take(m.state.Listed(asked, node, total))
	}
}

// Present learns which nodes have an agent. Offers are wanted at once of one that is back.
func (m *Mesos) Present(nodes map[string]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != nil && m.state.Present(nodes) {
		m.askAt, m.asked = time.Time{}, 0
	}
}

// Have implements [Space].
func (m *Mesos) Have(v Volume) (State, error) {
	if v.From != "" {
		return State{}, errors.New("a volume of Mesos cannot be a copy of another one")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == nil {
		return State{}, errors.New("the records of volumes have not been read yet")
	}
	a, err, o := m.state.Have(v.Name, v.Node, (v.Bytes+1<<20-1)>>20, v.Made)
	m.take(o)
	if err != nil || !a.Ready {
		return State{}, err
	}
	s := State{Bytes: a.MB << 20, Unlimited: "Mesos does not see what containers of Docker write"}
	path, known := m.paths[v.Name]
	if !known && !v.Made {
		m.sought[v.Name] = v.Node
		m.rouse()
		return s, nil
	}
	s.Ready, s.Source.Local = true, &v1.LocalVolumeSource{Path: path}
	return s, nil
}

// Remove implements [Space].
func (m *Mesos) Remove(v Volume) (removed bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == nil {
		return false, errors.New("the records of volumes have not been read yet")
	}
	removed, err, o := m.state.Remove(v.Name, v.Node)
	m.take(o)
	return removed, err
}

// Forget implements [Space].
func (m *Mesos) Forget(volume string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.paths, volume)
	delete(m.sought, volume)
	if m.state != nil {
		m.take(m.state.Forget(volume))
	}
}

// take notes what is to be done; m.mu is held.
func (m *Mesos) take(o mesosvolumes.Outcome) {
	for _, notice := range o.Notices {
		m.cfg.Log.Info(notice)
	}
	m.changed = append(m.changed, o.Changed...)
	if len(o.Records) > 0 {
		m.unstored = append(m.unstored, o.Records...)
		m.askAt, m.asked = time.Time{}, 0
	}
	if len(o.Records)+len(o.Changed) > 0 {
		m.rouse()
	}
}

// rouse has Run look around.
func (m *Mesos) rouse() { signal(m.wake) }

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
