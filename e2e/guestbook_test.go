package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// The guestbook as a visitor sees it: entries that are posted at one front end are shown by
// all, whichever pods and services they pass.
func TestGuestbook(t *testing.T) {
	guardRanges(t)
	s := newStage(t, "-pod_network=routed")
	s.kubectl(t, "", "apply", "-f", filepath.Join(cluster.Root(), "examples/guestbook"))
	s.kubectl(t, "", "wait", "--for=condition=Available", "--timeout=60s", "deployment", "--all")
	nodes, err := s.Client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 1 {
		t.Fatalf("%d nodes, %v", len(nodes.Items), err)
	}
	at := fmt.Sprintf("http://%s:30080/", address(&nodes.Items[0]))
	// Each visit is a connection of its own, as services balance connections.
	browser := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	s.Process().Await(soon, "the entry to be taken", func() bool {
		response, err := browser.PostForm(at, url.Values{"entry": {"Hello from outside"}})
		if err != nil {
			return false
		}
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body)
		return response.StatusCode == http.StatusOK
	})
	pods := map[string]bool{}
	s.Process().Await(soon, "all three front ends to show the entry", func() bool {
		response, err := browser.Get(at)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		page, _ := io.ReadAll(response.Body)
		body := string(page)
		if _, pod, served := strings.Cut(body, "Served by pod "); served && strings.Contains(body, "<li>Hello from outside</li>") {
			pods[pod] = true
		}
		return len(pods) == 3
	})
	if out := s.kubectl(t, "", "exec", "deployment/frontend", "--", "/guestbook", "list", "redis-slave"); out != "Hello from outside\n" {
		t.Errorf("a front end reads %q", out)
	}
	s.kubectl(t, "", "delete", "-f", filepath.Join(cluster.Root(), "examples/guestbook"))
	awaitNoContainers(t, s.Cluster, s.MesosAddr)
}
