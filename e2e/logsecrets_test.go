package e2e

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	authv1 "k8s.io/api/authentication/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// No verbosity shows a secret: even with -v=10, the log contains neither the content of
// Secrets in any encoding, nor the tokens of service accounts and joining nodes.
func TestNoSecretInTheLog(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Args: []string{"-v=10"}})
	data, text, env := canary(t), canary(t), canary(t)
	hidden := map[string]string{"data": data, "stringData": text, "patched data": env}

	secrets, ctx := c.Client.CoreV1().Secrets("default"), t.Context()
	s, err := secrets.Create(ctx, &v1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"},
		Data: map[string][]byte{"a": []byte(data)}, StringData: map[string]string{"b": text}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.Data["c"] = []byte(env)
	if _, err := secrets.Update(ctx, s, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.Process().Await(soon, "a token of the default account", func() bool {
		request, err := c.Client.CoreV1().ServiceAccounts("default").CreateToken(ctx, "default", &authv1.TokenRequest{}, metav1.CreateOptions{})
		if err == nil {
			hidden["a requested token"] = request.Status.Token
		}
		return err == nil
	})
	if _, err := secrets.Create(ctx, &v1.Secret{Type: v1.SecretTypeServiceAccountToken, ObjectMeta: metav1.ObjectMeta{
		Name: "token", Annotations: map[string]string{v1.ServiceAccountNameKey: "default"}}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.Process().Await(soon, "a token in its Secret", func() bool {
		s, err := secrets.Get(ctx, "token", metav1.GetOptions{})
		hidden["a stored token"] = string(s.Data[v1.ServiceAccountTokenKey])
		return err == nil && hidden["a stored token"] != ""
	})

	pod := webPod("reader", "0.2")
	pod.Spec.Volumes = []v1.Volume{{Name: "s", VolumeSource: v1.VolumeSource{Secret: &v1.SecretVolumeSource{SecretName: "s"}}}}
	pod.Spec.Containers[0].VolumeMounts = []v1.VolumeMount{{Name: "s", MountPath: "/s"}}
	pod.Spec.Containers[0].Env = []v1.EnvVar{{Name: "S", ValueFrom: &v1.EnvVarSource{
		SecretKeyRef: &v1.SecretKeySelector{LocalObjectReference: v1.LocalObjectReference{Name: "s"}, Key: "c"}}}}
	create(t, c, pod)
	awaitPhase(t, c, "reader", v1.PodRunning)
	bootstrap, err := c.Client.CoreV1().Secrets("kube-system").List(ctx, metav1.ListOptions{FieldSelector: "type=bootstrap.kubernetes.io/token"})
	if err != nil || len(bootstrap.Items) == 0 {
		t.Fatalf("no token by which the node joined: %v", err)
	}
	for _, b := range bootstrap.Items {
		hidden["bootstrap token "+b.Name] = string(b.Data["token-secret"])
	}
	if err := secrets.Delete(ctx, "s", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	remove(t, c, "reader")
	c.Stop()

	logs := map[string]string{"framework_runner": c.Process().Output()}
	for _, path := range logsOfExecutors(t, c.DataDir) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		logs[path] = string(text)
	}
	if len(logs) < 2 || strings.Count(logs["framework_runner"], "\n") < 1000 {
		t.Errorf("%d logs, that of framework_runner with %d lines: is this all?", len(logs), strings.Count(logs["framework_runner"], "\n"))
	}
	for what, secret := range hidden {
		for where, log := range logs {
			if form, before := shows(log, secret); form != "" {
				t.Errorf("%s is in the log of %s, %s: …%q", what, where, form, before)
			}
		}
	}
}

// shows returns in which form a part of the secret is in the log, and the text before it.
func shows(log, secret string) (form, before string) {
	secret = secret[strings.LastIndex(secret, ".")+1:] // if it is a token, its signature
	const part = 10                                    // of the 16 bytes in a line of a dump
	for i := range len(secret) - part + 1 {
		for form, shown := range forms(secret[i : i+part]) {
			if at := strings.Index(log, shown); at >= 0 {
				return form, log[max(0, at-300):at]
			}
		}
	}
	return "", ""
}

// canary returns a text that does not occur by chance.
func canary(t *testing.T) string {
	b := make([]byte, 18)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return "canary-" + hex.EncodeToString(b)
}

// forms returns the encodings of a part of a secret. Base64 is that of nine bytes, since
// only that much depends on these bytes alone.
func forms(part string) map[string]string {
	return map[string]string{
		"plain":             part,
		"base64":            base64.StdEncoding.EncodeToString([]byte(part)[:9]),
		"hexadecimal":       hex.EncodeToString([]byte(part)),
		"decimals of bytes": strings.Trim(fmt.Sprint([]byte(part)), "[]"),
	}
}

// logsOfExecutors returns the paths of the executors' logs.
func logsOfExecutors(t *testing.T, dir string) (paths []string) {
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (d.Name() == "stderr" || d.Name() == "stdout") {
			paths = append(paths, path)
		}
		return nil // a file that disappears in the meantime is not a log
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
