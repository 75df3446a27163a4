package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/opencontainers/cgroups"
)

// Mesos neither accounts for nor limits containers that Docker starts, unless they are
// made below the control group of the executor's own container. Then Mesos also ends
// them together with the executor, however the executor ends.

// containerParent returns the control group to make all pods' containers under, or "" for
// Docker's default.
func (n *Node) containerParent() string {
	if !n.cfg.Contain {
		return ""
	}
	groups, err := cgroups.ParseCgroupFile("/proc/self/cgroup")
	if err == nil {
		var parent string
		if parent, err = containment(groups, filepath.Base(n.cfg.Sandbox)); err == nil {
			n.cfg.Log.Info("pods are contained: the limits of this executor's control group hold for all their containers together", "group", parent)
			return parent
		}
	}
	n.cfg.Log.Info("pods are not contained: each has only its own limits", "reason", err)
	return ""
}

// errNoIsolators is the usual case and not a fault.
var errNoIsolators = errors.New("the Mesos agent does not put executors into control groups (its isolators cgroups/cpu and cgroups/mem do)")

// containment finds the control group of the Mesos container among the executor's, by
// controller ("" is version 2). Mesos names the group after the container, under a root
// that an operator chooses (--cgroups_root).
func containment(groups map[string]string, container string) (string, error) {
	if container == "" || container == "." || container == "/" {
		return "", errors.New("the Mesos agent does not say which container this executor is in (MESOS_DIRECTORY)")
	}
	for _, controller := range []string{"memory", "cpu"} {
		if parent, _, ok := upTo(groups[controller], container); ok {
			return parent, nil
		}
	}
	if _, v1 := groups["memory"]; v1 {
		return "", errNoIsolators
	}
	parent, below, ok := upTo(groups[""], container)
	switch {
	case !ok:
		return "", errNoIsolators
	case !below:
		return "", fmt.Errorf("the control group %s holds the executor itself, and version 2 allows no groups with limits next to processes", parent)
	}
	return parent, nil
}

// upTo cuts path after its element name. below reports whether path goes on below that;
// ok reports whether path has such an element.
func upTo(path, name string) (cut string, below, ok bool) {
	elements := strings.Split(path, "/")
	for i, e := range elements {
		if e == name {
			return strings.Join(elements[:i+1], "/"), i+1 < len(elements), true
		}
	}
	return "", false, false
}

// removeGroups removes the groups that Docker has made for parent in hierarchies where
// Mesos has none. The other groups hold the executor, so the kernel keeps them.
func removeGroups(parent string) {
	if parent == "" {
		return
	}
	found, err := filepath.Glob("/sys/fs/cgroup/*" + parent)
	if err != nil { // a name that is not a valid pattern is not one of ours
		return
	}
	for _, group := range found {
		_ = os.Remove(group)
	}
}
