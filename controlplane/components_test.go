package controlplane

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// healthOf returns a component's one condition, as "status message error".
func healthOf(t *testing.T, s *corev1.ComponentStatus) string {
	t.Helper()
	if len(s.Conditions) != 1 || s.Conditions[0].Type != corev1.ComponentHealthy {
		t.Fatalf("%s has conditions %v", s.Name, s.Conditions)
	}
	c := s.Conditions[0]
	return strings.TrimSpace(string(c.Status) + " " + c.Message + c.Error)
}

// The components shown are those of this process, whatever listens on their usual ports.
func TestComponentStatuses(t *testing.T) {
	ctx, all := t.Context(), localClient(t).CoreV1().ComponentStatuses()
	waitFor(t, "the controllers", func(context.Context) error {
		if !shared.controlling.Load() {
			return errors.New("they do not run")
		}
		return nil
	})
	list, err := all.List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for i := range list.Items {
		got[list.Items[i].Name] = healthOf(t, &list.Items[i])
	}
	for name, want := range map[string]string{
		"controller-manager": "True ok", "etcd-0": "True ok", "scheduler": "False it has not started yet",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if len(got) != 3 {
		t.Errorf("the components are %v", got)
	}
	for want, wrong := range map[string]error{"True ok": nil, "False no master": errors.New("no master")} {
		shared.ShowScheduler(func(context.Context) error { return wrong })
		one, err := all.Get(ctx, "scheduler", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := healthOf(t, one); got != want {
			t.Errorf("scheduler: %q, want %q", got, want)
		}
	}
	if _, err := all.Get(ctx, "none", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a component that is none: %v", err)
	}
	code, table := request(t, "GET", "/api/v1/componentstatuses", "", func(r *http.Request) {
		r.Header.Set("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
	})
	if code != http.StatusOK || !strings.Contains(table, `"Table"`) || !strings.Contains(table, "controller-manager") {
		t.Errorf("as kubectl asks: %d %s", code, table)
	}
	code, _ = secureGet(t, "/api/v1/componentstatuses", accountToken(t, "components-none"), "")
	if code != http.StatusForbidden {
		t.Errorf("to who has no rights: %d, want 403", code)
	}
}
