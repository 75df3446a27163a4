package controlplane

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// canary must not appear anywhere.
const canary = "canary-of-a-secret"

func createSecret(t *testing.T, client kubernetes.Interface, name string) {
	t.Helper()
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"word": canary}}
	if _, err := client.CoreV1().Secrets("default").Create(t.Context(), s, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func wantSecret(t *testing.T, client kubernetes.Interface, name string) {
	t.Helper()
	s, err := client.CoreV1().Secrets("default").Get(t.Context(), name, metav1.GetOptions{})
	if err != nil || string(s.Data["word"]) != canary {
		t.Errorf("secret %s: %v", name, err)
	}
}

// Two control planes share an etcd; one encrypts secrets and the other does not. Each
// reads what the other wrote, and etcd holds in the clear only what the second wrote.
// The first also enforces its other restrictions.
func TestHardened(t *testing.T) {
	t.Parallel()
	cfg, etcd := startSecureEtcd(t)
	cfg.DataDir = t.TempDir()
	open := startChild(t, cfg)
	cfg.DataDir = t.TempDir()
	cfg.PodSecurity, cfg.DenyExternalIPs, cfg.EncryptSecrets = "baseline", true, true
	cfg.UnenforcedPolicies = "nothing enforces it"
	cfg.AuditLog = filepath.Join(cfg.DataDir, "audit.log")
	hard := startChild(t, cfg)

	createSecret(t, open.client, "plain")
	createSecret(t, hard.client, "hidden")
	for _, client := range []kubernetes.Interface{open.client, hard.client} {
		wantSecret(t, client, "plain")
		wantSecret(t, client, "hidden")
	}
	if !stored(t, etcd, "plain") || stored(t, etcd, "hidden") {
		t.Errorf("in the clear are plain: %t and hidden: %t", stored(t, etcd, "plain"), stored(t, etcd, "hidden"))
	}
	wantRefusals(t, hard.client)
	wantWarning(t, hard.local, "nothing enforces it")
	wantWarning(t, open.local, "")
	hard.end()
	wantAudit(t, cfg.AuditLog, "hidden")
	wantClosed(t, cfg.DataDir)
	open.end()
}

// stored reports whether etcd holds the secret's content in the clear.
func stored(t *testing.T, etcd *clientv3.Client, name string) bool {
	t.Helper()
	got, err := etcd.Get(t.Context(), "/registry/secrets/default/"+name)
	if err != nil || len(got.Kvs) != 1 {
		t.Fatalf("secret %s is not in etcd: %v", name, err)
	}
	return bytes.Contains(got.Kvs[0].Value, []byte(canary))
}

func wantRefusals(t *testing.T, client kubernetes.Interface) {
	t.Helper()
	pod := podOn("", "on-the-host")
	pod.Spec.HostNetwork = true
	if _, err := client.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{}); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "baseline") {
		t.Errorf("a pod on the host's network: %v, want it forbidden by baseline", err)
	}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "taken"},
		Spec:       corev1.ServiceSpec{ExternalIPs: []string{"192.0.2.1"}, Ports: []corev1.ServicePort{{Port: 80}}},
	}
	if _, err := client.CoreV1().Services("default").Create(t.Context(), service, metav1.CreateOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("a service with an address of its own choice: %v, want it forbidden", err)
	}
}

// wantWarning checks the warning in the answer to the creation of a NetworkPolicy; "": none.
func wantWarning(t *testing.T, local, warning string) {
	t.Helper()
	policy := `{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"generateName": "p-"}, "spec": {"podSelector": {}}}`
	resp, err := http.Post("http://"+local+"/apis/networking.k8s.io/v1/namespaces/default/networkpolicies", "application/json", strings.NewReader(policy))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Warning"); resp.StatusCode != http.StatusCreated || !strings.Contains(got, warning) || (got == "") != (warning == "") {
		t.Errorf("a network policy: %s, warning %q, want %q", resp.Status, got, warning)
	}
}

// wantAudit checks for one line for the creation of the secret, without its content.
func wantAudit(t *testing.T, path, secret string) {
	t.Helper()
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(log, []byte(canary)) {
		t.Error("the audit log holds a secret")
	}
	found := 0
	for line := range bytes.Lines(log) {
		var e struct {
			Verb           string
			User           struct{ Username string }
			ObjectRef      struct{ Resource, Name string }
			ResponseStatus struct{ Code int }
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if e.Verb == "create" && e.ObjectRef.Resource == "secrets" && e.ObjectRef.Name == secret {
			found++
			if e.User.Username != "admin" || e.ResponseStatus.Code != 201 {
				t.Errorf("the line says %s", line)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d lines for one creation, want 1", found)
	}
}

// wantClosed checks that only its owner can access the data directory, except for
// certificates, which are not secret.
func wantClosed(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "."), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || path == dir || filepath.Ext(path) == ".crt" {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// An invalid or missing key is not replaced: what it encrypted would be lost.
func TestBrokenSecretsKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.key")
	made, err := secretsKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := secretsKey(path); err != nil || !bytes.Equal(again, made) {
		t.Errorf("the key has changed: %v", err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secretsKey(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not name %s", err, path)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := secretsKey(path); err == nil || !strings.Contains(err.Error(), path+" is missing") {
		t.Errorf("a missing key: %v", err)
	}
}
