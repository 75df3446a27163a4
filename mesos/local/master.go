package local

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/faults"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/machine"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// master is everything the loop owns: it makes the parts, passes calls on to them, and
// combines what concerns several. All methods run in the loop unless they say otherwise.
type master struct {
	cfg     *Config
	workDir string
	loop    *loop.Loop
	faults  *faults.Player

	id      string
	addr    string // host:port
	started time.Time
	info    *mesospb.MasterInfo

	agents     *agents
	frameworks *frameworks
	offers     *allocator
	launcher   *launcher

	ending bool
}

// newMaster returns a master that does nothing yet. If it fails, the agents of the one it
// returns have taken ports all the same, to be freed by the caller.
func newMaster(cfg *Config, workDir string, addr *net.TCPAddr) (*master, error) {
	m := &master{
		cfg: cfg, workDir: workDir, loop: loop.New(), faults: faults.NewPlayer(cfg.Faults),
		id: uuid.NewString(), started: time.Now(),
		agents: newAgents(), frameworks: newFrameworks(),
	}
	m.launcher = newLauncher(m)
	m.offers = &allocator{
		cfg: cfg, loop: m.loop, faults: m.faults, agents: m.agents, frameworks: m.frameworks,
		master: m.id, byID: map[string]*offer{},
	}
	ip := addr.IP
	if ip.IsUnspecified() {
		ip = net.IPv4(127, 0, 0, 1)
	}
	m.addr = net.JoinHostPort(ip.String(), strconv.Itoa(addr.Port))
	m.info = m.masterInfo(ip, addr.Port)
	all, err := machine.Resources(cfg.Resources, cfg.Agents, workDir)
	if err != nil {
		return m, fmt.Errorf("local Mesos: %w", err)
	}
	for i := range cfg.Agents {
		a, err := m.newAgent(i, all[i])
		if err != nil {
			return m, err
		}
		m.agents.all = append(m.agents.all, a)
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
	for _, a := range m.agents.all {
		a.start()
	}
	m.offers.allocateEachInterval()
}

// end orders every executor to end; nothing new starts. Schedulers only see the
// master die: they need not act on what happens to the tasks.
func (m *master) end() {
	m.ending, m.offers.stopped = true, true
	for _, f := range m.frameworks.order {
		f.endStream(httpapi.Cut)
	}
	for _, a := range m.agents.all {
		a.link.close()
		a.executors.end()
	}
}

// stopServing ends every stream, and returns the agents' servers, still to be shut down.
func (m *master) stopServing() (servers []*http.Server) {
	m.launcher.kill()
	for _, a := range m.agents.all {
		for _, ex := range a.executors.all() {
			ex.closeStream(httpapi.Closed)
		}
		if s := a.endpoint.Server(); s != nil {
			servers = append(servers, s)
		}
	}
	return servers
}

// removeFramework ends a framework for good, with its tasks and executors.
func (m *master) removeFramework(f *framework) {
	f.failover.Stop()
	f.endStream(httpapi.Closed)
	m.offers.takeAllBack(f)
	for _, a := range m.agents.all {
		a.link.tell(func() { a.executors.abandon(f) })
		a.reservations.forget(outcomeOf(f))
	}
	for _, t := range slices.Clone(f.tasks.order) {
		t.state, t.latest = mesospb.TaskState_TASK_KILLED, mesospb.TaskState_TASK_KILLED
		t.remove()
	}
	f.ended = time.Now()
	m.frameworks.complete(f)
}
