package local

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// master is everything the loop owns. All methods run in the loop unless they say
// otherwise.
type master struct {
	*loop
	cfg     *Config
	workDir string
	fetcher *fetcher
	dice    dice

	id      string
	addr    string // host:port
	started time.Time
	info    *mesospb.MasterInfo

	agents     []*agent // all of them, in order; fixed
	agentOf    map[string]*agent
	gone       map[string]bool // ids of agents that left for good
	frameworks map[string]*framework
	order      []*framework // of frameworks, by subscription
	completed  []*framework // the last ones removed
	offers     map[string]*offer

	offerCount, frameworkCount, agentCount int
	turn                                   int // whose turn it is to get an offer

	ending    bool
	executors sync.WaitGroup // one for each executor between launch and end
	serving   sync.WaitGroup // one for each agent's server
	context   context.Context
	cancel    context.CancelFunc // kills executors that do not end
}

func newMaster(cfg *Config, workDir string, addr *net.TCPAddr) (*master, error) {
	m := &master{
		loop: newLoop(), cfg: cfg, workDir: workDir,
		fetcher: newFetcher(workDir), dice: newDice(cfg.Faults.Seed),
		id: uuid.NewString(), started: time.Now(),
		agentOf: map[string]*agent{}, gone: map[string]bool{},
		frameworks: map[string]*framework{}, offers: map[string]*offer{},
	}
	ip := addr.IP
	if ip.IsUnspecified() {
		ip = net.IPv4(127, 0, 0, 1)
	}
	m.addr = net.JoinHostPort(ip.String(), strconv.Itoa(addr.Port))
	m.info = m.masterInfo(ip, addr.Port)
	all, err := agentResources(cfg, workDir)
	if err != nil {
		return nil, err
	}
	for i := range cfg.Agents {
		a, err := m.newAgent(i, all[i])
		if err != nil {
			return m, err // with the agents that must be freed
		}
		m.agents = append(m.agents, a)
	}
	return m, nil
}

func (m *master) masterInfo(ip net.IP, port int) *mesospb.MasterInfo {
	info := &mesospb.MasterInfo{
		Id:       proto.String(m.id),
		Ip:       proto.Uint32(0), // IPv4 as it lies in memory, first octet lowest
		Port:     proto.Uint32(uint32(port)),
		Pid:      proto.String("master@" + m.addr),
		Hostname: proto.String(m.cfg.Hostname),
		Version:  proto.String(m.cfg.Version),
		Address:  &mesospb.Address{Hostname: proto.String(m.cfg.Hostname), Ip: proto.String(ip.String()), Port: proto.Int32(int32(port))},
	}
	if !m.cfg.old() {
		info.Capabilities = []*mesospb.MasterInfo_Capability{
			{Type: mesospb.MasterInfo_Capability_AGENT_UPDATE.Enum()},
			{Type: mesospb.MasterInfo_Capability_AGENT_DRAINING.Enum()}}
	}
	if v4 := ip.To4(); v4 != nil {
		info.Ip = proto.Uint32(binary.LittleEndian.Uint32(v4))
	}
	return info
}

// start makes the agents register and starts the rounds of offers.
func (m *master) start() {
	m.context, m.cancel = context.WithCancel(context.Background())
	for _, a := range m.agents {
		a.start()
	}
	m.allocateEachInterval()
}

// end orders every executor to end; nothing new starts. Schedulers only see the
// master die: they need not act on what happens to the tasks.
func (m *master) end() {
	m.ending = true
	for _, f := range m.order {
		f.disconnectNow(cut)
	}
	for _, a := range m.agents {
		a.endExecutors()
	}
}

// stopServing ends every stream, and returns the agents' servers, still to be shut down.
func (m *master) stopServing() (servers []*http.Server) {
	m.cancel()
	for _, a := range m.agents {
		for _, ex := range append(a.executorsInOrder(), a.orphans...) {
			ex.closeStream(closed)
		}
		if a.server != nil {
			servers = append(servers, a.server)
		}
	}
	return servers
}

func (m *master) newFrameworkID() string {
	id := fmt.Sprintf("%s-%04d", m.id, m.frameworkCount)
	m.frameworkCount++
	return id
}

func (m *master) newAgentID() string {
	id := fmt.Sprintf("%s-S%d", m.id, m.agentCount)
	m.agentCount++
	return id
}

func (m *master) newOfferID() string {
	id := fmt.Sprintf("%s-O%d", m.id, m.offerCount)
	m.offerCount++
	return id
}

// now returns the time as Mesos writes it into statuses.
func now() *float64 {
	return proto.Float64(float64(time.Now().UnixMicro()) / 1e6)
}
