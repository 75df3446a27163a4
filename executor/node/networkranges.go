package node

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// rangesWait is how long a node waits for its range of addresses before it says so, and
// again each time.
const rangesWait = 5 * time.Second

// rangesEnough is how long pods wait for the node's range.
const rangesEnough = 30 * time.Second

// awaitRanges waits until the Node has its ranges of pod addresses, which the controllers
// give it soon after it is made. It fails with a hostProblem if there are none, or others
// than the cluster's.
func (n *network) awaitRanges(ctx context.Context, client kubernetes.Interface, waits func(string)) ([]netip.Prefix, error) {
	var ranges []netip.Prefix
	began, asked := time.Now(), time.Now()
	err := wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		node, err := client.CoreV1().Nodes().Get(ctx, n.name, metav1.GetOptions{})
		if err == nil {
			ranges = noderoutes.PeerOf(node).Ranges
		}
		if len(ranges) == 0 && time.Since(asked) > rangesWait {
			asked = time.Now()
			waits(fmt.Sprintf("node %s has no range of pod addresses yet (%v): framework_runner's log tells whether the cluster's range is used up", n.name, err))
		}
		if len(ranges) == 0 && time.Since(began) > rangesEnough {
			return false, problem("RangeMissing", "this node has no range of pod addresses: framework_runner's log tells whether the cluster's range, 256 nodes for each 10.x.0.0/16, is used up")
		}
		return len(ranges) > 0, nil
	})
	for _, r := range ranges {
		if !overlaps(r, n.pods) {
			return nil, problem("RangeOutside", "this node has the range %v from before, which is outside of the cluster's %v: delete the Node, which is made again with another, or start framework_runner with the former range", r, n.pods)
		}
	}
	return ranges, err
}

func parsePrefixes(texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Masked())
	}
	return all, nil
}
