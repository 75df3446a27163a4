package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// A fresh server to which no other client writes gives the same answers as a server of
// 2014 in the recorded exchanges. The recordings and the tool that plays them (it needs
// Python 3) are not part of the repository but may be next to it. Without them there is
// nothing to play: package v1beta1 has its own cases for every behaviour.
func TestRecordedExchanges(t *testing.T) {
	shared := filepath.Join(cluster.Root(), "..", "shared")
	cases := filepath.Join(shared, "data", "v1beta1", "cases-public.jsonl")
	if _, err := os.Stat(cases); err != nil {
		t.Logf("no recordings: %v", err)
		return
	}
	c := cluster.Start(t, cluster.Config{Master: "none", Args: []string{"-controllers=none", "-service_cluster_ip_range=10.10.10.0/24"}})
	out, err := exec.Command("python3", filepath.Join(shared, "tools", "replay", "replay.py"), c.URL(), "--cases", cases).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("replay: %v", err)
	}
}

// Every example is created with v1beta1, read back with v1beta1 and the current kubectl,
// and deleted.
func TestExamples(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Args: []string{"-local_resources=cpus:8;mem:8192;disk:10000;ports:[31000-31999]"}})
	files, err := filepath.Glob(filepath.Join(cluster.Root(), "examples/guestbook/v1beta1/*.json"))
	if err != nil || len(files) < 6 {
		t.Fatalf("found %d examples of the guestbook, %v", len(files), err)
	}
	for _, path := range append(files, filepath.Join(cluster.Root(), "examples/pod.json")) {
		t.Run(filepath.Base(path), func(t *testing.T) { oneExample(t, c, path) })
	}
}

func oneExample(t *testing.T, c *cluster.Cluster, path string) {
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var object struct{ Kind, ID string }
	if err := json.Unmarshal(body, &object); err != nil {
		t.Fatal(err)
	}
	collection := strings.ToLower(object.Kind[:1]) + object.Kind[1:] + "s"
	if code, answer := c.Do("POST", "/api/v1beta1/"+collection, body); code/100 != 2 {
		t.Fatalf("creating: %d %s", code, answer)
	}
	code, answer := c.Do("GET", "/api/v1beta1/"+collection+"/"+object.ID, nil)
	var got struct{ Kind, ID, APIVersion string }
	if err := json.Unmarshal(answer, &got); err != nil || code != 200 {
		t.Fatalf("reading: %d %s", code, answer)
	}
	if got.Kind != object.Kind || got.ID != object.ID || got.APIVersion != "v1beta1" {
		t.Errorf("read back: %+v", got)
	}
	out, err := exec.Command(filepath.Join(cluster.Root(), "bin/kubectl"), "-s", c.URL(), "get", strings.ToLower(object.Kind), object.ID, "-o", "name").CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), strings.ToLower(object.Kind)+"/"+object.ID) {
		t.Errorf("kubectl get: %v\n%s", err, out)
	}
	if code, answer := c.Do("DELETE", "/api/v1beta1/"+collection+"/"+object.ID, nil); code != 200 {
		t.Errorf("deleting: %d %s", code, answer)
	}
	c.Process().Await(soon, object.ID+" to be gone", func() bool {
		code, _ := c.Do("GET", "/api/v1beta1/"+collection+"/"+object.ID, nil)
		return code == 404
	})
}
