package schedulerplugins

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"
)

// quota is an extender that refuses node "small" and prefers node "best".
func quota(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /filter", func(w http.ResponseWriter, r *http.Request) {
		var args extenderv1.ExtenderArgs
		if err := json.NewDecoder(r.Body).Decode(&args); err != nil {
			t.Error(err)
			return
		}
		answer := extenderv1.ExtenderFilterResult{FailedNodes: extenderv1.FailedNodesMap{"small": "no licence is left"}}
		if args.NodeNames != nil { // nodeCacheCapable
			answer.NodeNames = &[]string{}
			for _, n := range *args.NodeNames {
				if n != "small" {
					*answer.NodeNames = append(*answer.NodeNames, n)
				}
			}
		} else {
			answer.Nodes = &v1.NodeList{}
			for _, n := range args.Nodes.Items {
				if n.Name != "small" {
					answer.Nodes.Items = append(answer.Nodes.Items, n)
				}
			}
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
	mux.HandleFunc("POST /prioritize", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(extenderv1.HostPriorityList{{Host: "best", Score: extenderv1.MaxExtenderPriority}})
	})
	mux.HandleFunc("POST /broken", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "", http.StatusTeapot) })
	mux.HandleFunc("POST /slow", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the client goes
		<-r.Context().Done()
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// Extenders decide, too, and no pod is launched before they have answered; what goes wrong
// with them is a reason of the pod.
func TestExtenders(t *testing.T) {
	t.Parallel()
	url := quota(t)
	for name, row := range map[string]struct {
		extender string
		unasked  bool
		launched string
		says     string
	}{
		"filter":         {extender: "filterVerb: filter", launched: "free"},
		"names":          {extender: "filterVerb: filter, nodeCacheCapable: true", launched: "free"},
		"prioritize":     {extender: "filterVerb: filter, prioritizeVerb: prioritize, weight: 5", launched: "best"},
		"prioritizeOnly": {extender: "prioritizeVerb: prioritize, weight: 5", launched: "best"},
		"broken":         {extender: "filterVerb: broken", says: "says nothing: failed broken"},
		"ignorable":      {extender: "filterVerb: broken, ignorable: true", launched: "small"},
		"slow":           {extender: "filterVerb: slow, httpTimeout: 50ms", says: "Client.Timeout"},
		"not concerned":  {extender: "filterVerb: broken, managedResources: [{name: example.com/gpu}]", unasked: true, launched: "small"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			profiles, err := Load(fmt.Appendf(nil, header+"profiles: [{plugins: {score: {disabled: [{name: '*'}]}}}]\nextenders: [{urlPrefix: %q, %s}]\n", url, row.extender), nil)
			if err != nil {
				t.Fatal(err)
			}
			r, err := New(t.Context(), profiles)
			if err != nil {
				t.Fatal(err)
			}
			core, now := scheduler.New(scheduler.Config{Rules: r}), time.Unix(0, 0)
			var offers scheduler.Offered
			for _, name := range []string{"small", "free", "best"} {
				core.Step(now, scheduler.NodeChanged{Name: name, Node: &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}})
				offers.Offers = append(offers.Offers, scheduler.Offer{ID: name, Agent: name, Node: name, Amount: scheduler.Amount{CPU: 9000, Mem: 9000}})
			}
			core.Step(now, scheduler.PodsListed{})
			core.Step(now, scheduler.Subscribed{})
			core.Step(now, scheduler.PodAdded{Pod: licensed("first")})
			got := launchedOn(core.Step(now, offers))
			if !row.unasked {
				if got != "" {
					t.Fatalf("launched on %s before the extender has answered", got)
				}
				answered(t, r, core, now)
				got = launchedOn(core.Step(now, offers))
			}
			if got != row.launched {
				t.Errorf("launched on %q, want %q", got, row.launched)
			}
			if why := r.Rule(licensed("first")).Refuses("small"); row.says != "" && !strings.Contains(why, row.says) {
				t.Errorf("refused as %q, want %q", why, row.says)
			}
		})
	}
}

func licensed(name string) scheduler.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
	p.Spec.SchedulerName = v1.DefaultSchedulerName
	p.Spec.Containers = []v1.Container{{Resources: v1.ResourceRequirements{Requests: v1.ResourceList{"cpu": resource.MustParse("1")}}}}
	return specOf(p)
}

// answered waits until an extender has answered, and tells the rules and the core.
func answered(t *testing.T, r *Rules, core *scheduler.State, now time.Time) {
	t.Helper()
	if !r.Observe(<-r.Answers(), false) {
		t.Error("an answer changes nothing")
	}
	core.Step(now, scheduler.RulesChanged{})
}

// Extenders are not asked about a pod that does not exist. What they have said about pods of its kind
// counts.
func TestExtendersAreNotAskedAboutImaginedPods(t *testing.T) {
	t.Parallel()
	profiles, err := Load(fmt.Appendf(nil, header+"extenders: [{urlPrefix: %q, filterVerb: filter}]\n", quota(t)), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(t.Context(), profiles)
	if err != nil {
		t.Fatal(err)
	}
	core, now := scheduler.New(scheduler.Config{Rules: r}), time.Unix(0, 0)
	var offers scheduler.Offered
	for _, name := range []string{"small", "best"} {
		core.Step(now, scheduler.NodeChanged{Name: name, Node: &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}})
		offers.Offers = append(offers.Offers, scheduler.Offer{ID: name, Agent: name, Node: name, Amount: scheduler.Amount{CPU: 9000, Mem: 9000}})
	}
	core.Step(now, scheduler.PodsListed{})
	core.Step(now, scheduler.Subscribed{})
	core.Step(now, offers)
	fit := func(want string) {
		t.Helper()
		if _, got := core.Fit(licensed("imagined"), func(string) (none scheduler.Amount) { return none }); !strings.Contains(got, want) {
			t.Errorf("of a pod that does not exist is said %q, want %q", got, want)
		}
	}
	fit("would be asked")
	fit("would be asked")
	if n := len(r.carried); n > 0 {
		t.Errorf("%d rules are left behind", n)
	}
	r.Rule(licensed("real")).Refuses("best")
	fit("is being asked")
	r.Observe(<-r.Answers(), false)
	fit("it would fit now on 1 of 2 nodes")
}

// What an extender says of a node is good for one launch there, and until something changes
// there.
func TestExtendersAreAskedAgain(t *testing.T) {
	t.Parallel()
	profiles, err := Load(fmt.Appendf(nil, header+"extenders: [{urlPrefix: %q, filterVerb: filter}]\n", quota(t)), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(t.Context(), profiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"small", "best"} {
		r.Node(name, &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	kind := r.Rule(licensed("p")).(*rule)
	asked := func(node string) bool { return strings.Contains(kind.Refuses(node), "is being asked") }
	if !asked("best") {
		t.Fatal("nobody is asked")
	}
	o := (<-r.Answers()).(*opinion)
	if kind.Try("best").Refuses() == "" {
		t.Error("pods would be preempted on a node about which an extender is being asked")
	}
	r.Observe(o, false)
	if kind.Try("best").Refuses() != "" || kind.Try("small").Refuses() == "" {
		t.Error("whether pods are preempted is not up to the extender")
	}
	if why := kind.Refuses("best") + kind.Refuses("small"); why != "no licence is left" {
		t.Errorf("the extender's answer has become %q", why)
	}
	r.Settled(licensed("p"), "best")
	if !asked("best") || asked("small") {
		t.Error("after a launch the extender is asked before another one there, and only there")
	}
	r.Settled(licensed("q"), "best") // while it is asked
	r.Observe(<-r.Answers(), false)
	if !asked("best") {
		t.Error("an answer counts that does not know of the last launch")
	}
	r.Observe(<-r.Answers(), false)
	if why := kind.Refuses("best"); why != "" {
		t.Errorf("the third answer has become %q", why)
	}
	if e := r.Left(licensed("q"), "best"); e.More {
		t.Error("a node that was allowed is thought to be allowed now")
	}
	r.Settled(licensed("q"), "small")
	if r.Observe(outdated{o}, false) {
		t.Error("an opinion is dropped that was no longer the last")
	}
	if last := kind.opinion; !r.Observe(outdated{last}, false) || !asked("best") {
		t.Error("an opinion that is too old counts")
	}
}
