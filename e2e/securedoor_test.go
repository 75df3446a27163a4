package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	authenticationv1 "k8s.io/api/authentication/v1"
	v1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Without a local port, v1beta1 is served on the secure port, and shows each caller only
// what the caller's rights allow.
func TestSecurePortServesV1beta1(t *testing.T) {
	dir, port := t.TempDir(), cluster.FreePort(t)
	framework := cluster.Run(t, cluster.Binary("framework_runner"), "-mesos_master=none", "-port=0", "-data_dir="+dir, fmt.Sprintf("-secure_port=%d", port))
	t.Cleanup(framework.Stop)
	config, client := adminOf(t, framework, dir)
	ctx := context.Background()
	for _, namespace := range []string{"may", "maynot"} {
		if _, err := client.CoreV1().Namespaces().Create(ctx, &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	anonymous := rest.AnonymousClientConfig(config)
	may, maynot := visitor(t, client, "may"), visitor(t, client, "maynot")
	letPods(t, client, "may")
	anonymous.BearerToken = may
	framework.Await(time.Minute, "the right to pods, and the account that they run as", func() bool {
		code, _ := v1beta1As(t, anonymous, "GET", "pods?namespace=may", "")
		_, err := client.CoreV1().ServiceAccounts("may").Get(ctx, "default", metav1.GetOptions{})
		return code == http.StatusOK && err == nil
	})
	const pod = `{"kind":"Pod","apiVersion":"v1beta1","id":"p","desiredState":{"manifest":{"version":"v1beta1","containers":[{"name":"c","image":"none"}]}}}`
	for _, c := range []struct {
		method, path, body, token string
		code                      int
		says                      string
	}{
		{"GET", "pods", "", "", 401, "Unauthorized"},
		{"POST", "pods?namespace=may", pod, may, 201, `"id": "p"`},
		{"GET", "pods?namespace=may", "", may, 200, `"id": "p"`},
		{"GET", "pods?namespace=maynot", "", may, 403, "Forbidden"},
		{"GET", "pods", "", may, 403, "Forbidden"},
		{"GET", "watch/pods", "", may, 403, "Forbidden"},
		{"POST", "pods?namespace=maynot", pod, may, 403, "Forbidden"},
		{"GET", "pods?namespace=may", "", maynot, 403, "Forbidden"},
		{"DELETE", "pods/p?namespace=may", "", maynot, 403, "Forbidden"},
		{"DELETE", "pods/p?namespace=may", "", may, 200, `"id": "p"`},
	} {
		anonymous.BearerToken = c.token
		code, body := v1beta1As(t, anonymous, c.method, c.path, c.body)
		if code != c.code || !strings.Contains(body, c.says) {
			t.Errorf("%s %s: %d %s, want %d and %s", c.method, c.path, code, body, c.code, c.says)
		}
	}
}

// adminOf waits until framework serves, and returns a client with its kubeconfig.
func adminOf(t *testing.T, framework *cluster.Process, dir string) (*rest.Config, kubernetes.Interface) {
	t.Helper()
	var config *rest.Config
	var client kubernetes.Interface
	framework.Await(time.Minute, "the API server", func() bool {
		var err error
		if config, err = clientcmd.BuildConfigFromFlags("", filepath.Join(dir, "admin.kubeconfig")); err != nil {
			return false
		}
		if client, err = kubernetes.NewForConfig(config); err != nil {
			return false
		}
		return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(context.Background()).Error() == nil
	})
	return config, client
}

// visitor creates a service account without rights, and returns its token.
func visitor(t *testing.T, client kubernetes.Interface, namespace string) string {
	t.Helper()
	accounts := client.CoreV1().ServiceAccounts(namespace)
	if _, err := accounts.Create(context.Background(), &v1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "visitor"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	request, err := accounts.CreateToken(context.Background(), "visitor", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

// letPods gives the visitor of a namespace all rights to its pods.
func letPods(t *testing.T, client kubernetes.Interface, namespace string) {
	t.Helper()
	ctx, named := context.Background(), metav1.ObjectMeta{Name: "visitor"}
	if _, err := client.RbacV1().Roles(namespace).Create(ctx, &rbacv1.Role{
		ObjectMeta: named, Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"*"}}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: named, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: "visitor"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "visitor", Namespace: namespace}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// v1beta1As makes a request with a client's credentials.
func v1beta1As(t *testing.T, config *rest.Config, method, path, body string) (int, string) {
	t.Helper()
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(method, config.Host+"/api/v1beta1/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}
