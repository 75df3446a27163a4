package e2e

import (
	"context"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The local port admits root and the user of framework_runner. It refuses other users of
// the machine, and its answer names the flag that admits them. A caller that
// impersonates a user has only that user's rights, in v1beta1, too.
func TestLocalPortRights(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Master: "none"})
	ctx := context.Background()
	asNobody := exec.Command("curl", "-s", "-w", "\n%{http_code}", c.URL()+"/api/v1/namespaces/kube-system/secrets")
	asNobody.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	asNobody.Dir = "/"
	out, err := asNobody.Output()
	if err != nil {
		t.Fatal(err)
	}
	if s := string(out); !strings.HasSuffix(s, "\n403") || !strings.Contains(s, "65534") || !strings.Contains(s, "-local_port_users") {
		t.Errorf("as nobody: %s", s)
	}

	pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "kept"}, Spec: v1.PodSpec{Containers: []v1.Container{{Name: "c", Image: "none"}}}}
	if _, err := c.Client.CoreV1().Pods("default").Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1beta1/pods/kept", "/api/v1/namespaces/default/pods/kept"} {
		req, err := http.NewRequest(http.MethodDelete, c.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Impersonate-User", "guest")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("DELETE %s as a guest without rights: %d, want 403", path, resp.StatusCode)
		}
	}
	for _, path := range []string{"pods/%2e", "pods/%2e%2e", "minions/%2e", "services/%2e%2e"} {
		if code, body := c.Do(http.MethodDelete, "/api/v1beta1/"+path, nil); code != http.StatusNotFound {
			t.Errorf("DELETE %s: %d %s, want 404", path, code, body)
		}
	}
	if _, err := c.Client.CoreV1().Pods("default").Get(ctx, "kept", metav1.GetOptions{}); err != nil {
		t.Errorf("the pod that was not to be deleted: %v", err)
	}
}
