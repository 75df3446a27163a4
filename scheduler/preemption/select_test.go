package preemption

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// amounts is a node with so much left, and pods that use some of it.
type amounts struct {
	left, need int
	uses       []int
}

func (a *amounts) Remove(pod int)  { a.left += a.uses[pod] }
func (a *amounts) Restore(pod int) { a.left -= a.uses[pod] }
func (a *amounts) Fits() bool      { return a.need <= a.left }

// pods reads "name:priority:start:uses": a start of 0 is none. A name that begins with w is
// of the app web.
func pods(t *testing.T, text string) (all []Pod, uses []int) {
	t.Helper()
	for word := range strings.FieldsSeq(text) {
		var p Pod
		var start int64
		var n int
		name, rest, _ := strings.Cut(word, ":")
		if _, err := fmt.Sscanf(rest, "%d:%d:%d", &p.Priority, &start, &n); err != nil {
			t.Fatal(word, err)
		}
		if start > 0 {
			p.Started = time.Unix(start, 0)
		}
		p.Object = &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, Labels: map[string]string{"app": "other"}}}
		if name[0] == 'w' {
			p.Object.Labels["app"] = "web"
		}
		all, uses = append(all, p), append(uses, n)
	}
	return all, uses
}

func webBudget(allowed int32, exempt ...string) *policyv1.PodDisruptionBudget {
	b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web"}}
	b.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	b.Status.DisruptionsAllowed, b.Status.DisruptedPods = allowed, map[string]metav1.Time{}
	for _, name := range exempt {
		b.Status.DisruptedPods[name] = metav1.Time{}
	}
	return b
}

func TestSelect(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		why     string
		pods    string
		left    int
		need    int
		budget  *policyv1.PodDisruptionBudget
		victims string // with their violations
	}{
		{"nobody has to go", "a:1:1:1", 2, 2, nil, "0:"},
		{"all are not enough", "a:1:1:1 b:1:2:1", 0, 3, nil, "never"},
		{"the youngest", "a:1:1:1 b:1:3:1 c:1:2:1", 0, 1, nil, "0: b"},
		{"one that has not started is the youngest", "a:1:0:1 b:1:3:1", 0, 1, nil, "0: a"},
		{"the lowest, though it is older", "a:1:1:1 b:2:3:1", 0, 1, nil, "0: a"},
		{"as few as possible, the most important first", "a:3:1:2 b:2:2:1 c:1:3:1", 0, 2, nil, "0: b c"},
		{"a higher one goes where the lower ones are not enough", "a:3:1:2 b:1:3:1", 0, 2, nil, "0: a"},
		{"a budget protects the lowest", "web:1:1:1 b:2:3:1", 0, 1, webBudget(0), "0: b"},
		{"unless it is not enough", "web:1:1:1 b:2:3:1", 0, 2, webBudget(0), "1: b web"},
		{"a budget that allows it", "web:1:1:1 b:2:3:1", 0, 1, webBudget(1), "0: web"},
		{"the first in order use a budget up", "web1:2:1:1 web2:1:2:1 web3:1:3:1", 0, 2, webBudget(1), "1: web1 web3"},
		{"one that is counted already", "web1:2:1:1 web2:1:2:1 web3:1:3:1", 0, 2, webBudget(1, "web2", "web3"), "0: web2 web3"},
	} {
		all, uses := pods(t, row.pods)
		var budgets Budgets
		budgets.Set("ns", "web", row.budget)
		n := &amounts{left: row.left, need: row.need, uses: uses}
		v, ok := Select(n, all, &budgets)
		got := "never"
		if ok {
			got = fmt.Sprint(v.Violations, ":")
			for _, i := range v.Pods {
				got += " " + all[i].Object.Name
			}
			if !n.Fits() {
				t.Errorf("%s: it does not fit then", row.why)
			}
		}
		if got != row.victims {
			t.Errorf("%s: %s, want %s", row.why, got, row.victims)
		}
	}
}

// Each of these goes rather than the next.
func TestCompare(t *testing.T) {
	t.Parallel()
	none := &Budgets{}
	zero := &Budgets{}
	zero.Set("ns", "web", webBudget(0))
	var in []Victims
	for _, row := range []struct {
		pods    string
		budgets *Budgets
	}{
		{"", none},
		{"a:-5:1:1", none},
		{"a:1:9:1 b:-5:1:1", none},
		{"a:1:8:1 b:-5:1:1", none},
		{"a:1:0:1 b:1:9:1", none}, // the one that started first counts
		{"a:1:8:1 b:1:0:1", none},
		{"a:1:1:1 b:1:9:1 c:-5:1:1", none},
		{"a:2:1:1", none},
		{"web:-9:1:1", zero},
		{"web:-9:1:1 web2:-9:1:1", zero},
	} {
		all, uses := pods(t, row.pods)
		need := 0
		for _, n := range uses {
			need += n
		}
		v, ok := Select(&amounts{need: need, uses: uses}, all, row.budgets)
		if !ok || len(v.Pods) != len(all) {
			t.Fatalf("%s: %+v", row.pods, v)
		}
		in = append(in, v)
	}
	if !slices.IsSortedFunc(in, Compare) || Compare(in[0], in[1]) != -1 {
		t.Error("they are not in order")
	}
	for i, v := range in {
		for j, w := range in {
			if got := Compare(v, w); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("victims %d and %d compare as %d", i, j, got)
			}
		}
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	web, _ := pods(t, "web:1:1:1")
	other, _ := pods(t, "a:1:1:1")
	var b Budgets
	violates := func() bool { v, _ := b.divide([]int{0}, web); return len(v) > 0 }
	if b.Spend(web[0].Object) || violates() {
		t.Error("there is no budget")
	}
	b.Set("ns", "web", webBudget(1))
	if violates() || !b.Spend(web[0].Object) || !violates() {
		t.Error("one disruption is not allowed, or more are")
	}
	if b.Spend(other[0].Object) {
		t.Error("the budget of other pods is spent")
	}
	empty := webBudget(0)
	empty.Spec.Selector = nil
	for _, next := range []*policyv1.PodDisruptionBudget{webBudget(1), empty, nil} {
		b.Set("ns", "web", webBudget(0))
		if b.Set("ns", "web", next); violates() {
			t.Errorf("violated: %+v", next)
		}
	}
	if len(b.of) > 0 {
		t.Error("a budget that is gone is kept")
	}
}
