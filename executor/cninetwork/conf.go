package cninetwork

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/containernetworking/cni/libcni"
)

// maxConf is the largest file of configuration that is read.
const maxConf = 1 << 20

// load reads the configuration to use now: the first file in lexical order or, if a network
// is named, the first with that name. A file that is no configuration is an error, not
// passed over: the next one may be a network that pods are not meant to be in.
func (n *Network) load() (*libcni.NetworkConfigList, error) {
	files, err := libcni.ConfFiles(n.cfg.ConfDir, []string{".conflist", ".conf", ".json"})
	if err != nil {
		return nil, fmt.Errorf("configurations of CNI: %w", err)
	}
	slices.Sort(files)
	for _, file := range files {
		list, err := loadFile(file)
		if err != nil {
			return nil, fmt.Errorf("configuration of CNI %s: %w: correct it, or remove it", file, err)
		}
		if n.cfg.Network == "" || list.Name == n.cfg.Network {
			return list, nil
		}
	}
	if n.cfg.Network != "" {
		return nil, fmt.Errorf("no file in %s configures the CNI network %s: put one there (.conflist, .conf or .json)", n.cfg.ConfDir, n.cfg.Network)
	}
	return nil, fmt.Errorf("no configuration of CNI in %s: install a network's plugins on this machine, or put a .conflist there", n.cfg.ConfDir)
}

// loadFile reads a file with a list of plugins, or with one plugin, which makes a list. The
// Bytes of the result have all that is needed, also what the file refers to.
func loadFile(path string) (*libcni.NetworkConfigList, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxConf {
		return nil, fmt.Errorf("it is no file of at most %d bytes", maxConf)
	}
	list, err := parseFile(path)
	if err != nil {
		return nil, err
	}
	if list.Bytes, err = encode(list); err != nil {
		return nil, err
	}
	return list, nil
}

func parseFile(path string) (*libcni.NetworkConfigList, error) {
	if filepath.Ext(path) == ".conflist" {
		return libcni.NetworkConfFromFile(path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	plugin, err := libcni.NetworkPluginConfFromBytes(text)
	if err != nil {
		return nil, err
	}
	list := &libcni.NetworkConfigList{Name: plugin.Network.Name, CNIVersion: plugin.Network.CNIVersion, Plugins: []*libcni.PluginConfig{plugin}}
	if list.Bytes, err = encode(list); err != nil {
		return nil, err
	}
	return libcni.NetworkConfFromBytes(list.Bytes)
}

// encode returns a list as it may stand in a file.
func encode(list *libcni.NetworkConfigList) ([]byte, error) {
	var plugins []json.RawMessage
	for _, p := range list.Plugins {
		plugins = append(plugins, p.Bytes)
	}
	all := map[string]any{"name": list.Name, "plugins": plugins}
	if list.CNIVersion != "" {
		all["cniVersion"] = list.CNIVersion
	}
	return json.Marshal(all)
}
