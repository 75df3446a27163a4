// Package etcd runs one etcd member in our process, for our process.
//
// It listens only on a unix socket in its data directory: only those who may read
// that directory (its owner) can reach it.
package etcd

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/go-logr/logr"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
)

const (
	// quota is the maximum size of the database in bytes; etcd suggests no more than
	// 8 GiB (https://etcd.io/docs/v3.6/dev-guide/limit/). A full database can only
	// be read and shrunk.
	quota = 8 << 30
	// tick and election are in milliseconds. There are no peers to wait for, so
	// they only determine how soon a starting member elects itself.
	tick, election = 50, 250
	// snapshotCount is the number of writes after which the write-ahead log is cut;
	// a start replays at most that many.
	snapshotCount = 5000
	// catchUp is the number of entries that stay in memory for a lagging follower.
	// There are no followers.
	catchUp = 100
	// defragMegabytes is the free space in the file from which a start returns it
	// to the file system.
	defragMegabytes = 256
)

// Member is a running etcd.
type Member struct {
	etcd *embed.Etcd
	dir  *os.File
	log  *logCore
	room *room
	stop func() // stops watching room
	URL  string // where clients reach it
}

// Start starts etcd on dir, which only one process at a time may use, and waits
// until it answers. dir is created (mode 0700) if it is missing.
func Start(ctx context.Context, dir string, log logr.Logger) (*Member, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	held, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	socket := url.URL{Scheme: "unix", Path: socketPath(held)}
	core := newLogCore(log)
	e, err := embed.StartEtcd(config(dir, socket, zap.New(core)))
	if err != nil {
		held.Close()
		return nil, fmt.Errorf("etcd in %s: %w", dir, err)
	}
	m := &Member{etcd: e, dir: held, log: core, room: &room{dir: dir, free: freeSpace, log: log}, stop: func() {}, URL: socket.String()}
	select {
	case <-e.Server.ReadyNotify():
		if err = os.Chmod(socket.Path, 0o600); err == nil {
			m.watchRoom()
			return m, nil
		}
	case err = <-e.Err():
	case <-e.Server.StopNotify():
		err = errors.New("it stopped while it started; its log says why")
	case <-ctx.Done():
		err = ctx.Err()
	}
	m.Stop()
	return nil, fmt.Errorf("etcd in %s: %w", dir, err)
}

// watchRoom watches the disk until Stop.
func (m *Member) watchRoom() {
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	m.room.look()
	watching.Go(func() { m.room.watch(ctx) })
	m.stop = func() { cancel(); watching.Wait() }
}

func config(dir string, socket url.URL, logger *zap.Logger) *embed.Config {
	c := embed.NewConfig()
	c.Name = "kubernetes-mesos"
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.Dir = dir
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(logger)
	c.ListenPeerUrls = nil // there are no peers; the URL advertised to them is only a name
	c.ListenClientUrls = []url.URL{socket}
	c.EnableGRPCGateway = false
	c.TickMs, c.ElectionMs = tick, election
	c.QuotaBackendBytes = quota
	c.SnapshotCount = snapshotCount
	c.SnapshotCatchUpEntries = catchUp
	c.BootstrapDefragThresholdMegabytes = defragMegabytes
	return c
}

// Failed is closed or receives an error when etcd ends by itself.
func (m *Member) Failed() <-chan error { return m.etcd.Err() }

// Stop stops etcd and waits until it has ended. This may take some seconds while
// clients are connected.
func (m *Member) Stop() {
	m.stop()
	m.log.stopping.Store(true)
	m.etcd.Close()
	m.dir.Close()
}

// maxSocketPath is the maximum length of a unix socket's path: sun_path in unix(7).
const maxSocketPath = 107

// socketPath returns a path for a socket in dir. If the plain path is longer than
// maxSocketPath, it goes through our open file descriptor of dir.
func socketPath(dir *os.File) string {
	const name = "socket"
	path, err := filepath.Abs(filepath.Join(dir.Name(), name))
	if err == nil && len(path) <= maxSocketPath {
		return path
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), name)
}
