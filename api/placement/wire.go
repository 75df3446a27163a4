package placement

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// firstAhead is how many of the pods ahead are named.
const firstAhead = 10

// apiVersion is that of the answers.
const apiVersion = "placement/v1"

// Placement is where a pod stands.
type Placement struct {
	metav1.TypeMeta
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
	// State is waiting, backing off, launching, binding, running, ended, failing, killing,
	// left alone, finished or unknown, as for a pod that was created just now.
	State string `json:"state"`
	// Message is what the pod's condition PodScheduled says, as it would be written now.
	Message string `json:"message,omitempty"`

	Queue       *Place   `json:"queue,omitempty"`       // of one that waits
	Offers      *Offers  `json:"offers,omitempty"`      // of one that waits
	LastAttempt *Attempt `json:"lastAttempt,omitempty"` // once there has been one
	NextAttempt *Next    `json:"nextAttempt,omitempty"` // of one that waits
	Task        *Task    `json:"task,omitempty"`        // of one that has one
}

// Place is a place in the queue: how many pods are ahead, and of the first ten of them
// those that the caller may list.
type Place struct {
	Position   int    `json:"position"` // from 1
	Length     int    `json:"length"`
	Ahead      int    `json:"ahead"`
	FirstAhead []Name `json:"firstAhead"`
}

// Name names a pod.
type Name struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Offers is what the latest offers of the agents mean for the pod.
type Offers struct {
	Nodes    int      `json:"nodes"`    // that there are
	Offering int      `json:"offering"` // that have made an offer
	Fits     int      `json:"fits"`     // on which it fits: they are asked for another offer
	Reasons  []Reason `json:"reasons"`
	Nearest  *Miss    `json:"nearestMiss,omitempty"` // the node that lacks least, and nothing but amounts
}

// Reason is what some nodes have in common.
type Reason struct {
	Nodes  int    `json:"nodes"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

// Miss is what a node lacks.
type Miss struct {
	Node  string              `json:"node"`
	Lacks corev1.ResourceList `json:"lacks"`
}

// Attempt is the latest attempt to run the pod.
type Attempt struct {
	Number   int    `json:"number"`
	Failures int    `json:"failures"`          // attempts in a row that came to nothing
	Trouble  string `json:"trouble,omitempty"` // what became of the last of them
}

// Next is when the pod is tried next.
type Next struct {
	At   *time.Time `json:"at,omitempty"` // the end of its back-off
	When string     `json:"when"`         // in words
}

// Task is the pod's task.
type Task struct {
	ID    string    `json:"id"`
	Agent string    `json:"agent"`
	Node  string    `json:"node"`
	State string    `json:"state"`
	Since time.Time `json:"since"` // since when the framework knows it
}

// Queue is all pods that wait, in the order in which they are served as things stand.
type Queue struct {
	metav1.TypeMeta
	Items []Waiting `json:"items"`
}

// Waiting is a pod that waits: with what it was told last.
type Waiting struct {
	Position    int        `json:"position"`
	Namespace   string     `json:"namespace"`
	Name        string     `json:"name"`
	UID         string     `json:"uid"`
	Priority    int32      `json:"priority"`
	Message     string     `json:"message"`
	NextAttempt *time.Time `json:"nextAttempt,omitempty"` // the end of its back-off
}

func of(p *corev1.Pod) *Placement {
	return &Placement{
		TypeMeta:  metav1.TypeMeta{Kind: "Placement", APIVersion: apiVersion},
		Namespace: p.Namespace, Name: p.Name, UID: string(p.UID),
	}
}

func taskOf(p scheduler.Placement) *Task {
	if p.Task == nil {
		return nil
	}
	return &Task{p.Task.ID, p.Task.Agent, p.Task.Node, p.State, p.Since}
}

func lastAttempt(p scheduler.Placement) *Attempt {
	if p.Attempt == 0 {
		return nil
	}
	return &Attempt{p.Attempt, p.Failures, p.Trouble}
}

func nextAttempt(p scheduler.Placement) *Next {
	switch {
	case !p.Next.IsZero():
		return &Next{new(p.Next), "its back-off has ended"}
	case p.Queued:
		return &Next{nil, "an agent offers what it needs"}
	}
	return nil
}

func offersOf(s scheduler.Survey) *Offers {
	o := &Offers{Nodes: s.Nodes, Offering: s.Offering, Fits: s.Fits, Reasons: []Reason{}}
	for _, r := range s.Reasons {
		o.Reasons = append(o.Reasons, Reason(r))
	}
	if s.Nearest != nil {
		o.Nearest = &Miss{s.Nearest.Node, list(s.Nearest.Lacks)}
	}
	return o
}

// list returns an amount as Kubernetes writes it.
func list(a scheduler.Amount) corev1.ResourceList {
	l := corev1.ResourceList{}
	if a.CPU > 0 {
		l[corev1.ResourceCPU] = *resource.NewMilliQuantity(a.CPU, resource.DecimalSI)
	}
	if a.Mem > 0 {
		l[corev1.ResourceMemory] = *resource.NewQuantity(a.Mem<<20, resource.BinarySI)
	}
	if a.Disk > 0 {
		l[corev1.ResourceEphemeralStorage] = *resource.NewQuantity(a.Disk<<20, resource.BinarySI)
	}
	return l
}

func queueOf(q scheduler.Queue) Queue {
	out := Queue{TypeMeta: metav1.TypeMeta{Kind: "PlacementQueue", APIVersion: apiVersion}, Items: []Waiting{}}
	for i, w := range q {
		item := Waiting{Position: i + 1, Namespace: w.Namespace, Name: w.Name, UID: w.UID, Priority: w.Priority, Message: w.Message}
		if !w.Next.IsZero() {
			item.NextAttempt = &w.Next
		}
		out.Items = append(out.Items, item)
	}
	return out
}
