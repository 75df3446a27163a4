package scheduler

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// parseEvent reads an event as a line of words:
//
//	pod a ns=team cpu=1 mem=64 disk=512 port=31080 select=zone=a tolerate=gpu priority=5 assigned=n1 on=n1
//	pod a in=web apart=web near=db shun=web like=db even=web	(see fakeRules)
//	pod a never nominated=n1 started=5s gone=30s
//	pod a class=web	(else those of the same words are of one class)
//	removed a
//	started a at=5s
//	budget web allows=1		(of the pods in=web)
//	budget-gone web
//	listed
//	restored a.1 agent=A1 node=n1 cpu=1 mem=64 killed
//	node n1 zone=a taint=gpu=yes:NoSchedule cordoned pods=2 cpu=4 mem=1024 disk=512
//	node-gone n1
//	subscribed
//	disconnected
//	offer o1 agent=A1 node=n1 cpu=4 mem=1024 ports=31000-32000 executor
//	rescind o1
//	update a.1 RUNNING agent=A1 from=executor reason=RECONCILIATION uuid=u1 says=words_of_it waits
//	executor-lost A1
//	agent-lost A1
//	launch-failed a.1
//	bound a.1 error=gone denied
//	failed a
//
// Several offers in one event are joined by " + ".
func parseEvent(line string) (Event, error) {
	if strings.Contains(line, " + ") {
		var all Offered
		for part := range strings.SplitSeq(line, " + ") {
			e, err := parseEvent(part)
			if err != nil {
				return nil, err
			}
			all.Offers = append(all.Offers, e.(Offered).Offers...)
		}
		return all, nil
	}
	f := strings.Fields(line)
	w := words{named: map[string][]string{}}
	if len(f) > 1 {
		w.name = f[1]
		for _, word := range f[2:] {
			k, v, _ := strings.Cut(word, "=")
			w.named[k] = append(w.named[k], v)
			w.order = append(w.order, word)
		}
	}
	e := w.event(f[0])
	if e == nil {
		return nil, errors.New("unknown event")
	}
	return e, w.err
}

type words struct {
	name  string
	named map[string][]string
	order []string
	err   error
}

func (w *words) get(k string) string {
	if v := w.named[k]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (w *words) has(k string) bool { return len(w.named[k]) > 0 }

func (w *words) amount() Amount {
	cpu, err := strconv.ParseFloat(cmp.Or(w.get("cpu"), "0"), 64)
	mem, err2 := strconv.ParseInt(cmp.Or(w.get("mem"), "0"), 10, 64)
	disk, err3 := strconv.ParseInt(cmp.Or(w.get("disk"), "0"), 10, 64)
	w.err = cmp.Or(w.err, err, err2, err3)
	return Amount{int64(math.Round(cpu * 1000)), mem, disk}
}

func (w *words) ports() (ports []uint16) {
	for _, v := range w.named["port"] {
		n, err := strconv.ParseUint(v, 10, 16)
		w.err = cmp.Or(w.err, err)
		ports = append(ports, uint16(n))
	}
	slices.Sort(ports)
	return ports
}

func (w *words) event(kind string) Event {
	switch kind {
	case "pod":
		return PodAdded{Pod: w.pod(), Node: w.get("on")}
	case "removed":
		return PodRemoved{UID: w.name}
	case "started":
		return PodStarted{UID: w.name, At: w.time("at").Time}
	case "budget":
		n, err := strconv.ParseInt(w.get("allows"), 10, 32)
		w.err = cmp.Or(w.err, err)
		return BudgetChanged{Name: w.name, Budget: &policyv1.PodDisruptionBudget{
			ObjectMeta: metav1.ObjectMeta{Name: w.name},
			Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"in": w.name}}},
			Status:     policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: int32(n)},
		}}
	case "budget-gone":
		return BudgetChanged{Name: w.name}
	case "listed":
		return PodsListed{}
	case "restored":
		if w.name == "" {
			return Restored{}
		}
		return Restored{Tasks: []Task{w.task()}}
	case "node":
		return NodeChanged{Name: w.name, Node: w.node()}
	case "node-gone":
		return NodeChanged{Name: w.name}
	case "subscribed":
		return Subscribed{}
	case "disconnected":
		return Disconnected{}
	case "offer":
		return Offered{Offers: []Offer{{
			ID: w.name, Agent: w.get("agent"), Node: w.get("node"),
			Amount: w.amount(), Ports: w.ranges(), Executor: w.has("executor"),
		}}}
	case "rescind":
		return Rescinded{ID: w.name}
	case "update":
		return Updated{Update: w.update()}
	case "executor-lost":
		return ExecutorLost{Agent: w.name}
	case "agent-lost":
		return AgentLost{Agent: w.name}
	case "launch-failed":
		return LaunchFailed{Tasks: []Task{{ID: w.name}}, Err: errors.New("no space left")}
	case "bound":
		var err error
		if w.has("error") {
			err = errors.New(w.get("error"))
		}
		return Bound{Task: w.name, Err: err, Denied: w.has("denied")}
	case "failed":
		return Failed{PodUID: w.name}
	}
	return nil
}

// time returns a time of the story; nil: none is given.
func (w *words) time(k string) *metav1.Time {
	if !w.has(k) {
		return nil
	}
	d, err := time.ParseDuration(w.get(k))
	w.err = cmp.Or(w.err, err)
	return &metav1.Time{Time: time.Unix(0, 0).UTC().Add(d)}
}

func (w *words) pod() Pod {
	priority, err := strconv.ParseInt(cmp.Or(w.get("priority"), "0"), 10, 32)
	w.err = cmp.Or(w.err, err)
	p := Pod{UID: w.name, Namespace: w.get("ns"), Node: w.get("assigned"), Priority: int32(priority), Amount: w.amount(), Ports: w.ports(), Class: cmp.Or(w.get("class"), strings.Join(w.order, " "))}
	k := &v1.Pod{}
	for _, v := range w.named["select"] {
		key, value, _ := strings.Cut(v, "=")
		if k.Spec.NodeSelector == nil {
			k.Spec.NodeSelector = map[string]string{}
		}
		k.Spec.NodeSelector[key] = value
	}
	p.Affinity = nodeaffinity.GetRequiredNodeAffinity(k)
	p.Object = &v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: types.UID(p.UID), Labels: map[string]string{}}}
	p.Object.Status.NominatedNodeName, p.Object.Status.StartTime, p.Object.DeletionTimestamp = w.get("nominated"), w.time("started"), w.time("gone")
	if w.has("never") {
		p.Object.Spec.PreemptionPolicy = new(v1.PreemptNever)
	}
	for _, wish := range []string{"in", "near", "apart", "shun", "like", "even"} {
		if w.has(wish) {
			p.Object.Labels[wish] = w.get(wish)
		}
	}
	for _, v := range w.named["tolerate"] {
		p.Tolerations = append(p.Tolerations, v1.Toleration{Key: v, Operator: v1.TolerationOpExists})
	}
	return p
}

func (w *words) task() Task {
	pod, attempt, _ := strings.Cut(w.name, ".")
	n, err := strconv.Atoi(attempt)
	w.err = cmp.Or(w.err, err)
	return Task{
		ID: w.name, PodUID: pod, Attempt: n,
		Agent: w.get("agent"), Node: w.get("node"), Amount: w.amount(), Ports: w.ports(), Killed: w.has("killed"),
	}
}

func (w *words) node() *v1.Node {
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: w.name, Labels: map[string]string{}}}
	allocatable := v1.ResourceList{}
	for _, word := range w.order {
		k, v, _ := strings.Cut(word, "=")
		switch k {
		case "cordoned":
			n.Spec.Unschedulable = true
		case "taint":
			keyValue, effect, _ := strings.Cut(v, ":")
			key, value, _ := strings.Cut(keyValue, "=")
			n.Spec.Taints = append(n.Spec.Taints, v1.Taint{Key: key, Value: value, Effect: v1.TaintEffect(effect)})
		case "pods", "cpu":
			allocatable[v1.ResourceName(k)] = resource.MustParse(v)
		case "mem":
			allocatable[v1.ResourceMemory] = resource.MustParse(v + "Mi")
		case "disk":
			allocatable[v1.ResourceEphemeralStorage] = resource.MustParse(v + "Mi")
		default:
			n.Labels[k] = v
		}
	}
	n.Status.Allocatable = allocatable
	return n
}

func (w *words) ranges() (ranges []PortRange) {
	for v := range strings.SplitSeq(w.get("ports"), ",") {
		if v == "" {
			continue
		}
		var r PortRange
		_, err := fmt.Sscanf(v, "%d-%d", &r.Begin, &r.End)
		w.err = cmp.Or(w.err, err)
		ranges = append(ranges, r)
	}
	return ranges
}

func (w *words) update() Update {
	u := Update{Task: w.name, Agent: w.get("agent"), UUID: w.get("uuid"), Message: strings.ReplaceAll(w.get("says"), "_", " ")}
	state, ok := mesospb.TaskState_value["TASK_"+strings.SplitN(w.order[0], "=", 2)[0]]
	source, ok2 := mesospb.TaskStatus_Source_value["SOURCE_"+strings.ToUpper(cmp.Or(w.get("from"), "executor"))]
	if !ok || !ok2 {
		w.err = errors.New("unknown state or source")
	}
	u.State, u.Source = mesospb.TaskState(state), mesospb.TaskStatus_Source(source)
	if w.has("reason") {
		reason, ok := mesospb.TaskStatus_Reason_value["REASON_"+w.get("reason")]
		if !ok {
			w.err = errors.New("unknown reason")
		}
		u.Reason = new(mesospb.TaskStatus_Reason(reason))
	}
	u.Waits = w.has("waits")
	return u
}

// showCall writes a call as a line of words.
func showCall(c Call) string {
	switch c := c.(type) {
	case Launch:
		line := "launch " + taskIDs(c.Tasks) + " on " + c.Agent + " with " + strings.Join(c.Offers, ",")
		if c.Executor {
			line += " and executor"
		}
		return line + ", rest refused for " + c.Refuse.String()
	case Decline:
		return "decline " + strings.Join(c.Offers, ",") + " for " + c.Refuse.String()
	case Suppress:
		return "suppress"
	case Revive:
		return "revive"
	case Kill:
		if c.Record != nil {
			return "kill " + c.Task + " on " + c.Agent + ", stored"
		}
		return "kill " + c.Task + " on " + c.Agent
	case Reconcile:
		if len(c.Tasks) == 0 {
			return "reconcile all"
		}
		return "reconcile " + taskIDs(c.Tasks)
	case Acknowledge:
		return "acknowledge " + c.UUID + " of " + c.Task + " to " + c.Agent
	case Bind:
		return "bind " + c.PodUID + " to " + c.Task.Node + " by " + c.Task.ID
	case Fail:
		return "fail " + c.PodUID + " " + c.Reason + ": " + c.Message
	case Explain:
		return "explain " + c.PodUID + ": " + c.Message
	case Nominate:
		return "nominate " + c.PodUID + " to " + cmp.Or(c.Node, "none")
	case Preempt:
		return "preempt " + c.PodUID + " on " + c.Node + " for " + c.For
	case Forget:
		return "forget " + c.Task
	}
	return fmt.Sprintf("%T", c)
}

func taskIDs(tasks []Task) string {
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.ID
	}
	return strings.Join(ids, ",")
}
