package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockerd"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
)

// dockerFile, below a root directory, tells in which Docker the containers are.
const dockerFile = "docker-endpoint"

// makeRoot makes the root directory of the agent, and locks it.
func (n *Node) makeRoot(ctx context.Context, spec executor.Spec) (string, error) {
	owner := dockershim.Owner{Framework: spec.Framework, Agent: spec.Agent}
	root, err := rootOf(n.cfg.RootDir, owner)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(n.cfg.RootDir, 0o750); err != nil {
		return "", fmt.Errorf("node: root directory: %w", err)
	}
	held, err := awaitLock(ctx, root+lockSuffix, owner)
	if err != nil {
		return "", fmt.Errorf("node: root directory: %w", err)
	}
	if err := os.MkdirAll(root, 0o750); err != nil {
		return "", fmt.Errorf("node: root directory: %w", errors.Join(err, held.remove()))
	}
	if err := os.WriteFile(filepath.Join(root, dockerFile), []byte(dockerd.Endpoint(n.cfg.Docker)), 0o600); err != nil {
		n.cfg.Log.Error(err, "executors of other frameworks will not remove what this one may leave")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.root, n.lock = root, held
	return root, nil
}

// releaseRoot gives up the root directory without removing it.
func (n *Node) releaseRoot() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lock != nil {
		n.lock.release()
		n.lock = nil
	}
}

// removeRoot removes the root directory, and the lock when nothing is left of it.
func (n *Node) removeRoot() error {
	n.mu.Lock()
	root, held := n.root, n.lock
	n.lock = nil
	n.mu.Unlock()
	if held == nil {
		return nil
	}
	if err := removeTree(root); err != nil {
		held.release()
		return err
	}
	return held.remove()
}
