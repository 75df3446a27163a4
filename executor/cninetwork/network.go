package cninetwork

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/containernetworking/cni/libcni"
	"github.com/go-logr/logr"
)

// The defaults of Config.
const (
	DefaultBinDir  = "/opt/cni/bin"
	DefaultConfDir = "/etc/cni/net.d"
	defaultTime    = time.Minute
)

// Config configures a network.
type Config struct {
	// BinDirs are the directories of plugins; DefaultBinDir if there are none.
	BinDirs []string
	// ConfDir is the directory of configurations, DefaultConfDir if empty. Network names the
	// one to use; empty means the first file in lexical order.
	ConfDir, Network string
	// Dir is where this executor keeps its own files.
	Dir string
	// Time limits what plugins may take to attach or detach a pod; a minute if zero.
	Time time.Duration
	// Report is told nil by Run when no pod is still to be detached.
	Report func(error)
	Log    logr.Logger
}

// Network attaches pods. It is used by several goroutines.
type Network struct {
	cfg    Config
	cni    *libcni.CNIConfig
	busy   keyedMutex    // by sandbox
	failed chan struct{} // wakes Run: a pod is still to be detached

	mu     sync.Mutex
	ranges []netip.Prefix
	pods   map[string]record // by sandbox, as in files
}

// New returns a network with the pods that an earlier process has attached.
func New(cfg Config) (*Network, error) {
	cfg.BinDirs = slices.DeleteFunc(slices.Clone(cfg.BinDirs), func(dir string) bool { return dir == "" })
	if len(cfg.BinDirs) == 0 {
		cfg.BinDirs = []string{DefaultBinDir}
	}
	cfg.ConfDir, cfg.Time = cmp.Or(cfg.ConfDir, DefaultConfDir), cmp.Or(cfg.Time, defaultTime)
	if cfg.Report == nil {
		cfg.Report = func(error) {}
	}
	if !filepath.IsAbs(cfg.Dir) {
		return nil, fmt.Errorf("CNI network: directory %q: an absolute path is needed", cfg.Dir)
	}
	pods, err := readRecords(cfg.Dir, cfg.Log)
	if err != nil {
		return nil, fmt.Errorf("CNI network: the pods attached before: %w", err)
	}
	return &Network{
		cfg: cfg, cni: libcni.NewCNIConfigWithCacheDir(cfg.BinDirs, cfg.Dir, &programs{}),
		failed: make(chan struct{}, 1), pods: pods,
	}, nil
}

// statusTime is how long plugins may take to say that they are ready.
const statusTime = 5 * time.Second

// Ready returns why pods cannot be attached now, if so: there is no configuration, a plugin
// is missing or says that it is not ready.
func (n *Network) Ready(ctx context.Context) error {
	list, err := n.load()
	if err != nil {
		return err
	}
	for _, p := range list.Plugins {
		for _, program := range []string{p.Network.Type, p.Network.IPAM.Type} {
			if program == "" { // a plugin need not have one for addresses
				continue
			}
			if _, err := (&programs{}).FindInPath(program, n.cfg.BinDirs); err != nil {
				return err
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, statusTime)
	defer cancel()
	if err := n.cni.GetStatusNetworkList(ctx, list); err != nil {
		return fmt.Errorf("CNI network %s: %w", list.Name, err)
	}
	return nil
}

// SetRanges passes on the node's ranges of pod addresses to plugins that ask for them.
func (n *Network) SetRanges(all []netip.Prefix) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ranges = all
}

// Take reserves nothing: plugins choose the addresses.
func (n *Network) Take() ([]netip.Addr, error) { return nil, nil }

// Return does nothing, see Take.
func (n *Network) Return([]netip.Addr) {}

// Keep has pods of earlier processes detached, except those of these sandboxes: the others
// were removed while no executor lived.
func (n *Network) Keep(sandboxes []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, r := range n.pods {
		if r.Former && !slices.Contains(sandboxes, id) {
			r.Ending = true
			n.pods[id] = r
			n.wake()
		}
	}
}

// Run detaches what could not be detached before, until ctx ends, and reports when that is
// done. It fails if a pod cannot be detached, and is to be called again after a while.
func (n *Network) Run(ctx context.Context) error {
	for {
		if err := n.end(ctx, func(r record) bool { return r.Ending }); err != nil {
			n.wake()
			return err
		}
		n.cfg.Report(nil)
		select {
		case <-n.failed:
		case <-ctx.Done():
			return nil
		}
	}
}

// Remove detaches all pods. What plugins share among pods, such as a bridge, is theirs.
func (n *Network) Remove(ctx context.Context) error {
	return n.end(ctx, func(record) bool { return true })
}

// end detaches the pods that are meant.
func (n *Network) end(ctx context.Context, meant func(record) bool) error {
	var ids []string
	n.mu.Lock()
	for id, r := range n.pods {
		if meant(r) {
			ids = append(ids, id)
		}
	}
	n.mu.Unlock()
	slices.Sort(ids)
	var failed []error
	for _, id := range ids {
		failed = append(failed, n.Detach(ctx, id))
	}
	return errors.Join(failed...)
}

func (n *Network) wake() {
	select {
	case n.failed <- struct{}{}:
	default:
	}
}
