package node

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
)

// rootOf returns the root directory of an agent's executor, below dir. Several
// frameworks may each have an executor on one agent, so the name consists of the
// agent's id and a digest of the framework's id: both ids in full would make the
// paths of the kubelet's sockets longer than the 107 bytes that Linux allows.
//
// Earlier versions used the agent's id alone. If one of the same framework has left
// its directory, mounts and running containers refer to it, so it stays in use.
func rootOf(dir string, owner dockershim.Owner) (string, error) {
	agent := owner.Agent
	if agent == "" || strings.ContainsAny(agent, "/\x00") || agent == "." || agent == ".." {
		return "", fmt.Errorf("node: agent id %q cannot be the name of a directory", agent)
	}
	plain := filepath.Join(dir, agent)
	if left, err := readOwner(plain + lockSuffix); err == nil && left == owner {
		return plain, nil
	}
	sum := sha256.Sum256([]byte(owner.Framework))
	root := plain + "." + hex.EncodeToString(sum[:4])
	if over := len(filepath.Join(root, longestSocket)) - maxSocketPath; over > 0 {
		return "", badSetting(rootDir, "the path %s is %d bytes too long for the kubelet's sockets: choose a shorter directory", root, over)
	}
	return root, nil
}

// maxSocketPath is the maximum length of a socket's path (unix(7): sun_path);
// longestSocket is the longest path that the kubelet uses below its root directory.
const (
	maxSocketPath = 107
	longestSocket = "pod-resources/kubelet.sock"
)

// readOwner reads the executor's owner from a lock file: the framework id and the
// agent id on one line each. Earlier versions wrote no agent id; it is the file's
// name.
func readOwner(path string) (dockershim.Owner, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return dockershim.Owner{}, err
	}
	framework, agent, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if agent == "" {
		agent = strings.TrimSuffix(filepath.Base(path), lockSuffix)
	}
	return dockershim.Owner{Framework: framework, Agent: agent}, nil
}
