package framework

import (
	"math"
	"testing"

	"github.com/gogo/protobuf/proto"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Nothing is launched on offers with impossible amounts, and the next good offer
// is used as usual.
func TestHostileOffers(t *testing.T) {
	t.Parallel()
	amount := func(v float64) func(*mesospb.Offer) {
		return func(o *mesospb.Offer) { o.Resources[0].Scalar.Value = &v }
	}
	for name, change := range map[string]func(*mesospb.Offer){
		"negative": amount(-8), "no number": amount(math.NaN()), "infinite": amount(math.Inf(1)),
		"minus infinite": amount(math.Inf(-1)), "absurd": amount(1e300), "tiny": amount(math.SmallestNonzeroFloat64),
		"no value":     func(o *mesospb.Offer) { o.Resources[0].Scalar = nil },
		"another type": func(o *mesospb.Offer) { o.Resources[0].Type = mesospb.Value_SET.Enum() },
		"no resources": func(o *mesospb.Offer) { o.Resources = nil },
		"empty ids": func(o *mesospb.Offer) {
			o.Resources, o.AgentId.Value, o.Hostname = nil, proto.String(""), proto.String("")
		},
		"ports turned": func(o *mesospb.Offer) {
			ports := o.Resources[2].Ranges.Range[0]
			ports.Begin, ports.End, o.Resources[0].Scalar = proto.Uint64(math.MaxUint64), proto.Uint64(0), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHarness(t).start()
			w.post(makePod("php"))
			w.offers(has("bad", four, change))
			w.offers(has("bad", four, change), has("S1", four))
			c, tasks := w.launch()
			if len(tasks) != 1 || tasks[0].AgentId.GetValue() != "S1" {
				t.Errorf("launched %v with %v", tasks, c.Accept.OfferIds)
			}
		})
	}
}

// An offer with the id of a held one is ignored: the first counts.
func TestDuplicateOffers(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("big", func(p *v1.Pod) {
		p.Spec.Containers[0].Resources.Requests = v1.ResourceList{v1.ResourceCPU: resource.MustParse("3")}
	}))
	same := func(agent, rs string) func(string) *mesospb.Offer {
		return func(string) *mesospb.Offer { return makeOffer("same", agent, rs) }
	}
	w.offers(same("S1", four), same("S2", four), same("S1", "cpus:0.01;mem:1"))
	c, tasks := w.launch()
	if len(c.Accept.OfferIds) != 1 || len(tasks) != 1 || tasks[0].AgentId.GetValue() != "S1" {
		t.Errorf("launched %v with %v", tasks, c.Accept.OfferIds)
	}
	s, err := w.frame.Status(w.Context())
	if err != nil || len(s.Agents) != 1 {
		t.Errorf("agents %v, %v", s.Agents, err)
	}
}
