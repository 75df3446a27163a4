package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"

	"k8s.io/client-go/kubernetes"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/cninetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/serviceproxy"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// cniDir is the directory, below an executor's root, of what is kept about pods that
// plugins of CNI connect.
const cniDir = "cni"

// private are the ranges of addresses that no network of the Internet has (RFC 1918, 6598,
// 4193). Pods have theirs from them, as plugins choose; the cluster's names are told to nobody
// else.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7"),
}

// useCNI has plugins connect pods, if that is wanted: from now on, so that a pod of the
// host's network can install them.
func (n *network) useCNI(wanted *taskdata.Network, root string, shim *dockershim.Config) error {
	if n == nil || wanted.CNI == nil {
		return nil
	}
	var err error
	n.cni, err = cninetwork.New(cninetwork.Config{
		BinDirs: []string{wanted.CNI.BinDir}, ConfDir: wanted.CNI.ConfDir, Network: wanted.CNI.Network,
		Dir: filepath.Join(root, cniDir), Report: n.problems.of("pods"), Log: n.log.WithName("cni"),
	})
	if err != nil {
		return err
	}
	n.pods, n.problems.works = private, "plugins of CNI connect pods; services hold"
	shim.PodNetwork = func() (dockershim.PodNetwork, error) { return n.cni, nil }
	shim.NetworkReady, shim.PodRanges = n.cni.Ready, n.cni.SetRanges
	return nil
}

// makeCNI makes what plugins do not: the rules for services. It tells the network which
// pods there still are.
func (n *network) makeCNI(ctx context.Context, client kubernetes.Interface, r *runtime) error {
	boxes, err := r.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return fmt.Errorf("listing pod sandboxes: %w", err)
	}
	var ids []string
	for _, box := range boxes.Items {
		ids = append(ids, box.Id)
	}
	n.cni.Keep(ids)
	// Which addresses pods have is the plugins' business. So the proxy is told no ranges, and
	// masquerades nothing but what came by a node's address and pods that reach themselves.
	proxy, err := serviceproxy.New(serviceproxy.Config{
		Client: client, Cluster: n.framework, Node: n.name, Addresses: n.addresses, Services: n.service,
		Locks: n.locks, Report: n.problems.of("services"), Log: n.log.WithName("services"),
	})
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.proxy = proxy
	n.mu.Unlock()
	close(n.made)
	return nil
}

// detachCNI detaches the pods that an executor with this root directory has had connected by
// plugins of CNI, also if it is dead or has another mode by now. It comes before the pods'
// sandboxes are removed, when plugins find everything to undo, and does no harm afterwards.
func detachCNI(ctx context.Context, root, binDir string) error {
	dir := filepath.Join(root, cniDir)
	if _, err := os.Stat(dir); root == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	network, err := cninetwork.New(cninetwork.Config{BinDirs: []string{binDir}, Dir: dir})
	if err != nil {
		return err
	}
	return network.Remove(ctx)
}

// cniBinDir returns the directory of plugins, "" if it is the usual one.
func cniBinDir(n *taskdata.Network) string {
	if n == nil || n.CNI == nil {
		return ""
	}
	return n.CNI.BinDir
}
