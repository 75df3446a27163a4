package controlplane

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/etcd"
)

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"a": "1"}}
}

// Stored objects survive a stop and a crash; certificates and keys stay the same.
func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startChild(t, Config{DataDir: dir})
	before := pkiFiles(t, dir)
	create := func(name string) {
		t.Helper()
		if _, err := p.client.CoreV1().ConfigMaps("default").Create(t.Context(), configMap(name), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	create("before-stop")
	w := openWatch(t, p)
	p.end()
	for range w.ResultChan() { // ends with the process
	}
	p = startChild(t, Config{DataDir: dir})
	create("before-crash")
	p.kill()
	p = startChild(t, Config{DataDir: dir})
	for _, name := range []string{"before-stop", "before-crash"} {
		if _, err := p.client.CoreV1().ConfigMaps("default").Get(t.Context(), name, metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
	}
	if after := pkiFiles(t, dir); !maps.Equal(before, after) {
		t.Errorf("certificates or keys changed: %d files before, %d after", len(before), len(after))
	}
	p.end()
}

// openWatch starts a watch, which must not keep the process from ending.
func openWatch(t *testing.T, p *process) watch.Interface {
	t.Helper()
	w, err := p.client.CoreV1().Pods("").Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return w
}

// pkiFiles returns the content of every file in the directory of certificates.
func pkiFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "pki", "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no certificates: %v", err)
	}
	files := map[string]string{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = string(b)
	}
	return files
}

// A second process on the same data directory fails at once, and names the holder.
func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	cmd := childCommand(t, Config{DataDir: shared.config.DataDir, LocalAddress: "127.0.0.1:0", SecureAddress: "127.0.0.1:0"})
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatal("the second process ran")
	}
	want := fmt.Sprintf("data_dir: data directory %s is in use by process %d", shared.config.DataDir, os.Getpid())
	if !bytes.Contains(out, []byte(want)) {
		t.Errorf("it said %q, want %q", out, want)
	}
}

// Without controllers and agents, pods can still be created, a node does not stay
// tainted, and privileged pods are refused. All this is on an external etcd.
func TestNoControllers(t *testing.T) {
	t.Parallel()
	member, err := etcd.Start(t.Context(), t.TempDir(), logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	defer member.Stop()
	p := startChild(t, Config{DataDir: t.TempDir(), EtcdServers: []string{member.URL}, Controllers: []string{"none"}, NoAgents: true})
	ctx, pods := t.Context(), p.client.CoreV1().Pods("default")
	if _, err := pods.Create(ctx, podOn("", "plain"), metav1.CreateOptions{}); err != nil {
		t.Error(err)
	}
	privileged, yes := podOn("", "privileged"), true
	privileged.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{Privileged: &yes}
	if _, err := pods.Create(ctx, privileged, metav1.CreateOptions{}); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "privileged") {
		t.Errorf("a privileged pod: %v, want it refused as invalid", err)
	}
	node, err := p.client.CoreV1().Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}, metav1.CreateOptions{})
	if err != nil || len(node.Spec.Taints) > 0 {
		t.Errorf("the node has taints %v, %v", node.Spec.Taints, err)
	}
	conn, err := net.Dial("tcp", p.local)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // idle; must not keep the process from ending either
	p.end()
}

// An etcd that does not answer is an error for the user to fix.
func TestEtcdDoesNotAnswer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := reachEtcd(ctx, resolved{Config: Config{EtcdServers: []string{"http://127.0.0.1:1"}}})
	wantConfigError(t, err, "etcd_servers", "http://127.0.0.1:1")
}
