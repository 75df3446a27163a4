package framework

import (
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A pod that waits says why, in its condition and by an event; what no agent
// can provide is named at once.
func TestExplained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cpu, huge string
		want      string
	}{
		"too large":   {cpu: "64", want: "cpu"},
		"unsupported": {cpu: "1", huge: "4Mi", want: "No agent can give 4Mi hugepages-2Mi"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHarness(t).start()
			w.post(makePod("big", func(p *v1.Pod) {
				p.Spec.Containers[0].Resources.Requests["cpu"] = quantity(c.cpu)
				if c.huge != "" {
					p.Spec.Containers[0].Resources.Requests["hugepages-2Mi"] = quantity(c.huge)
				}
			}))
			w.offers(has("S1", four))
			w.eventually("a condition with the reason", func() bool {
				for _, cond := range w.pod("big").Status.Conditions {
					if cond.Type == v1.PodScheduled && cond.Status == v1.ConditionFalse && cond.Reason == v1.PodReasonUnschedulable {
						return strings.Contains(cond.Message, c.want)
					}
				}
				return false
			})
			w.eventually("an event", func() bool {
				events, err := w.client.CoreV1().Events("default").List(t.Context(), metav1.ListOptions{})
				return err == nil && slices.ContainsFunc(events.Items, func(e v1.Event) bool {
					return e.Reason == "FailedScheduling" && strings.Contains(e.Message, c.want)
				})
			})
			s, err := w.frame.Status(t.Context())
			if err != nil || len(s.Waiting) != 1 || !strings.Contains(s.Waiting[0].Reason, c.want) {
				t.Errorf("status %+v, %v", s, err)
			}
		})
	}
}
