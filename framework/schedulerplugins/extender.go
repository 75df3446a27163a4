package schedulerplugins

import (
	"context"
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// An extender's answer takes a request, and nothing here waits. So extenders are asked by
// goroutines, about a kind of pods and all nodes at once, and until the answer has come,
// which [Rules.Observe] takes, the nodes are refused with a reason that says so.

const (
	// askAgain is after how long a refusal counts no more: what an extender knows by itself
	// may have changed.
	askAgain = time.Minute
	// tryAgain is the same after a request that failed.
	tryAgain = 10 * time.Second
	// mostRequests is how many kinds of pods extenders are asked about at the same time.
	mostRequests = 16
)

// extenders are asked in their order, each about the nodes that those before it allow.
type extenders struct {
	all     []fwk.Extender
	ctx     context.Context
	slots   chan struct{}
	answers chan any // each an *opinion or an outdated
}

func newExtenders(ctx context.Context, all []fwk.Extender) *extenders {
	return &extenders{all: all, ctx: ctx, slots: make(chan struct{}, mostRequests), answers: make(chan any)}
}

// interested returns those that have something to say about pods like p.
func (x *extenders) interested(p *v1.Pod) []fwk.Extender {
	return slices.DeleteFunc(slices.Clone(x.all), func(e fwk.Extender) bool { return !e.IsInterested(p) || !e.IsFilter() && !e.IsPrioritizer() })
}

// opinion is what extenders say about a kind of pods.
type opinion struct {
	of      *rule
	asked   []string          // nodes
	refused map[string]string // nodes, with the reason
	scores  map[string]int64
	failure string // why nothing is known
}

// outdated says that an opinion counts no more.
type outdated struct{ *opinion }

// ask asks about pods of a kind, and returns at once.
func (x *extenders) ask(of *rule, about []fwk.Extender, nodes []fwk.NodeInfo) {
	go func() {
		select {
		case x.slots <- struct{}{}:
		case <-x.ctx.Done():
			return
		}
		o := consult(of, about, nodes)
		<-x.slots
		x.tell(o)
		again := askAgain
		if o.failure != "" {
			again = tryAgain
		} else if len(o.refused) == 0 {
			return
		}
		timer := time.NewTimer(again)
		defer timer.Stop()
		select {
		case <-timer.C:
			x.tell(outdated{o})
		case <-x.ctx.Done():
		}
	}()
}

func (x *extenders) tell(news any) {
	select {
	case x.answers <- news:
	case <-x.ctx.Done():
	}
}

// consult asks extenders one after another, as Kubernetes' scheduler does.
func consult(of *rule, about []fwk.Extender, nodes []fwk.NodeInfo) *opinion {
	o := &opinion{of: of, refused: map[string]string{}, scores: map[string]int64{}}
	for _, n := range nodes {
		o.asked = append(o.asked, n.Node().Name)
	}
	for _, e := range about {
		left, failed, forGood, err := e.Filter(of.pod, nodes)
		switch {
		case err != nil && e.IsIgnorable():
			klog.Background().Error(err, "an extender that may be ignored has no answer", "extender", e.Name())
			continue
		case err != nil:
			o.failure = fmt.Sprintf("node(s) about which extender %s says nothing: %v", e.Name(), err)
			return o
		}
		nodes = o.filter(e, nodes, left, failed, forGood)
	}
	for _, e := range about {
		if !e.IsPrioritizer() || len(nodes) == 0 {
			continue
		}
		scores, weight, err := e.Prioritize(of.pod, nodes)
		if err != nil {
			klog.Background().Error(err, "an extender has not scored nodes", "extender", e.Name())
			continue
		}
		for _, s := range *scores {
			o.scores[s.Host] += s.Score * weight * (fwk.MaxNodeScore / extenderv1.MaxExtenderPriority)
		}
	}
	return o
}

// filter notes what an extender refuses, and returns the others.
func (o *opinion) filter(e fwk.Extender, nodes, left []fwk.NodeInfo, failed, forGood extenderv1.FailedNodesMap) []fwk.NodeInfo {
	stays := map[string]bool{}
	for _, n := range left {
		stays[n.Node().Name] = true
	}
	return slices.DeleteFunc(nodes, func(n fwk.NodeInfo) bool {
		name := n.Node().Name
		if stays[name] {
			return false
		}
		why := failed[name]
		if why == "" {
			why = forGood[name]
		}
		if why == "" {
			why = fmt.Sprintf("node(s) were refused by extender %s", e.Name())
		}
		o.refused[name] = why
		return true
	})
}

// consulted is what a rule knows of its extenders' opinion.
type consulted struct {
	by      []fwk.Extender // that have something to say
	opinion *opinion
	valid   map[string]bool // nodes about which it counts: for one launch there
	asking  bool
	since   []string // nodes that have changed since they were asked
}

// extendersRefuse returns what the extenders have against a node that the plugins allow. Where that
// is not known, it has them asked about pods that there are.
func (k *rule) extendersRefuse(node string) string {
	x := &k.consulted
	switch {
	case len(x.by) == 0:
		return ""
	case x.opinion != nil && x.opinion.failure != "":
		return x.opinion.failure
	case x.opinion != nil && x.valid[node]:
		return x.opinion.refused[node]
	case !x.asking && k.imagined:
		return fmt.Sprintf("node(s) about which extender %s would be asked", x.by[0].Name())
	case !x.asking:
		x.asking = true
		k.rules.extenders.ask(k, x.by, k.allowed())
	}
	return fmt.Sprintf("node(s) about which extender %s is being asked", x.by[0].Name())
}

// allowed returns the nodes that the plugins allow, as copies that others may read.
func (k *rule) allowed() (nodes []fwk.NodeInfo) {
	for _, n := range k.rules.snapshot.nodes {
		if k.plugins.RunFilterPlugins(k.rules.extenders.ctx, k.state, k.pod, n).IsSuccess() {
			alone := framework.NewNodeInfo()
			alone.SetNode(n.Node())
			nodes = append(nodes, alone)
		}
	}
	return nodes
}

// heard takes what extenders have said.
func (x *consulted) heard(o *opinion) {
	x.opinion, x.valid = o, map[string]bool{}
	for _, node := range o.asked {
		x.valid[node] = !slices.Contains(x.since, node)
	}
	x.asking, x.since = false, nil
}

// outdated forgets an opinion, if it is the last, and reports whether it was.
func (x *consulted) outdated(o *opinion) bool {
	if x.opinion != o {
		return false
	}
	x.opinion, x.valid = nil, nil
	return true
}

// changed forgets what extenders have said about a node. It reports whether they have
// refused it.
func (x *consulted) changed(node string) (refused bool) {
	if x.asking {
		x.since = append(x.since, node)
	}
	if !x.valid[node] {
		return false
	}
	delete(x.valid, node)
	return x.opinion.refused[node] != ""
}
