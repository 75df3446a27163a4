package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/containerizer"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
)

// Mesos is a master and its agents.
type Mesos struct {
	cfg     Config
	workDir string // ours to remove, with its contents, if temporary
	tempDir bool
	master  *master
	gate    *httpapi.Gate
	reopen  *loop.Timer // when a master that is down comes back; the loop's
}

// New creates a local Mesos and listens, so [Mesos.Addr] is known and connections
// wait for [Mesos.Run], which must follow: it frees the sockets and the temporary
// directory. The error names what is wrong in cfg or already in use.
func New(cfg Config) (*Mesos, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &Mesos{cfg: cfg}
	if err := m.makeWorkDir(); err != nil {
		return nil, err
	}
	if err := m.listen(); err != nil {
		m.free()
		return nil, err
	}
	return m, nil
}

func (m *Mesos) makeWorkDir() (err error) {
	if m.workDir = m.cfg.WorkDir; m.workDir == "" {
		m.tempDir = true
		m.workDir, err = os.MkdirTemp("", "local-mesos-")
	} else if m.workDir, err = filepath.Abs(m.workDir); err == nil {
		err = containerizer.PrepareWorkDir(m.workDir)
	}
	if err != nil {
		return fmt.Errorf("local Mesos: work directory: %w", err)
	}
	return nil
}

func (m *Mesos) listen() error {
	l, err := net.Listen("tcp", m.cfg.Addr)
	if err != nil {
		return fmt.Errorf("local Mesos: master: %w", err)
	}
	m.gate = httpapi.NewGate(l)
	m.master, err = newMaster(&m.cfg, m.workDir, l.Addr().(*net.TCPAddr))
	return err
}

// free releases what New took.
func (m *Mesos) free() {
	if m.gate != nil {
		m.gate.Close()
	}
	if m.master != nil {
		for _, a := range m.master.agents.all {
			a.endpoint.Close()
		}
	}
	if m.tempDir {
		os.RemoveAll(m.workDir)
	}
}

// Addr returns the master's host:port; the host is 127.0.0.1 if it listens on every
// address.
func (m *Mesos) Addr() string { return m.master.addr }

// Run serves until ctx ends or the master can no longer serve. Then every executor
// gets SHUTDOWN and, after its grace period, SIGKILL; Run returns when no process,
// socket or goroutine remains. It may be called only once.
func (m *Mesos) Run(ctx context.Context) error {
	defer m.free()
	stop, failed := make(chan struct{}), make(chan error, 1)
	var serving, looping sync.WaitGroup
	looping.Go(func() { m.master.loop.Run(stop) })

	m.master.loop.Do(m.master.start)
	server := httpapi.NewServer(m.routes())
	serving.Go(func() {
		if err := server.Serve(m.gate); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("local Mesos: master: %w", err)
		}
	})
	m.cfg.Log.Info("serving", "master", m.Addr(), "agents", m.cfg.Agents, "workDirectory", m.workDir)

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	m.master.loop.Do(m.master.end)
	m.master.launcher.running.Wait()
	servers := []*http.Server{server}
	m.master.loop.Do(func() { servers = append(servers, m.master.stopServing()...) })
	shutDown(servers)
	serving.Wait()
	for _, a := range m.master.agents.all {
		a.endpoint.Wait()
	}
	close(stop)
	looping.Wait()
	return err
}

// shutDown waits for requests being answered, but not for clients that keep idle
// connections open.
func shutDown(servers []*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var all sync.WaitGroup
	for _, s := range servers {
		all.Go(func() {
			if s.Shutdown(ctx) != nil {
				s.Close()
			}
		})
	}
	all.Wait()
}
