package cninetwork

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/containernetworking/cni/libcni"
)

// record is what is kept about a pod, in a file of its own.
type record struct {
	Pod          string          `json:"pod"`    // for people: namespace/name
	Config       json.RawMessage `json:"config"` // the list of plugins
	Netns        string          `json:"netns"`
	Args         [][2]string     `json:"args"`
	Capabilities map[string]any  `json:"capabilities"`
	Addresses    []netip.Addr    `json:"addresses,omitempty"` // none until it is attached

	Ending bool `json:"-"` // it is to be detached
}

// interfaceName is the name of pods' interfaces.
const interfaceName = "eth0"

func (r record) runtimeConf(sandbox string) *libcni.RuntimeConf {
	return &libcni.RuntimeConf{ContainerID: sandbox, NetNS: r.Netns, IfName: interfaceName, Args: r.Args, CapabilityArgs: r.Capabilities}
}

// Files of records are below podsDir, named by their sandbox.
const (
	podsDir      = "pods"
	recordSuffix = ".json"
)

func recordPath(dir, sandbox string) string {
	return filepath.Join(dir, podsDir, filepath.Base(sandbox)+recordSuffix)
}

// readRecords reads all records. One that cannot be read is left where it is.
func readRecords(dir string) (map[string]record, error) {
	paths, err := filepath.Glob(filepath.Join(dir, podsDir, "*"+recordSuffix))
	if err != nil {
		return nil, err
	}
	all := map[string]record{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var r record
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s is damaged, delete it: %w", path, err)
		}
		all[strings.TrimSuffix(filepath.Base(path), recordSuffix)] = r
	}
	return all, nil
}

func (n *Network) record(sandbox string) (record, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, known := n.pods[sandbox]
	return r, known
}

// put stores a record: as a whole or, if it fails, not at all.
func (n *Network) put(sandbox string, r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	path := recordPath(n.cfg.Dir, sandbox)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pods[sandbox] = r
	return nil
}

// forget deletes a record.
func (n *Network) forget(sandbox string) error {
	if err := os.Remove(recordPath(n.cfg.Dir, sandbox)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.pods, sandbox)
	return nil
}
