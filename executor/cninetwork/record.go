package cninetwork

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/containernetworking/cni/libcni"
	"github.com/go-logr/logr"
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
	Former bool `json:"-"` // an earlier process has attached it
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

// readRecords reads all records, and tells log of one that cannot be read, which is left
// where it is: pods run on without it.
func readRecords(dir string, log logr.Logger) (map[string]record, error) {
	paths, err := filepath.Glob(filepath.Join(dir, podsDir, "*"+recordSuffix))
	if err != nil {
		return nil, err
	}
	all := map[string]record{}
	for _, path := range paths {
		r := record{Former: true}
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err != nil {
			log.Error(err, "a pod that was attached will not be detached: its record is damaged; delete it, and release the pod's addresses by the plugin's means", "file", path)
			continue
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
	if err := writeSynced(path+".new", text); err != nil {
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

// writeSynced writes a file that survives a loss of power.
func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
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
