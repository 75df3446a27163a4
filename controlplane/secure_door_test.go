package controlplane

import (
	"io"
	"net/http"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// accountToken creates a service account in a new namespace, with the given rights
// there, and returns its token.
func accountToken(t *testing.T, namespace string, rules ...rbacv1.PolicyRule) string {
	t.Helper()
	ctx, core := t.Context(), sharedClient.CoreV1()
	if _, err := core.Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	named := metav1.ObjectMeta{Name: "visitor"}
	if _, err := core.ServiceAccounts(namespace).Create(ctx, &corev1.ServiceAccount{ObjectMeta: named}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	rbac := sharedClient.RbacV1()
	if _, err := rbac.Roles(namespace).Create(ctx, &rbacv1.Role{ObjectMeta: named, Rules: rules}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: named, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: "visitor"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "visitor", Namespace: namespace}},
	}
	if _, err := rbac.RoleBindings(namespace).Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	request, err := core.ServiceAccounts(namespace).CreateToken(ctx, "visitor", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

// secureGet makes a request to the secure port with a token. It impersonates the user
// as unless as is empty.
func secureGet(t *testing.T, path, token, as string) (int, string) {
	t.Helper()
	config := &rest.Config{Host: shared.Servers()[0], BearerToken: token, TLSClientConfig: rest.TLSClientConfig{CAData: shared.CA()}}
	config.Impersonate.UserName = as
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Get(config.Host + path)
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

// On the secure port, the door's requests have its caller's rights.
func TestSecureDoor(t *testing.T) {
	t.Parallel()
	reader := accountToken(t, "door-reader", rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"list"}})
	none := accountToken(t, "door-none")
	const own, all, other = "/door-to/api/v1/namespaces/door-reader/pods", "/door-to/api/v1/pods", "/door-to/api/v1/namespaces/door-none/pods"
	for _, c := range []struct {
		name, path, token, as string
		code                  int
		says                  string
	}{
		{"a stranger", "/door", "", "", 401, "Unauthorized"},
		{"a stranger, of the API", own, "", "", 401, "Unauthorized"},
		{"a made-up token", "/door", "abc", "", 401, "Unauthorized"},
		{"the door", "/door", none, "", 200, "here"},
		{"without rights", own, none, "", 403, `"system:serviceaccount:door-none:visitor\" cannot list`},
		{"its own", own, reader, "", 200, `"PodList"`},
		{"another's", other, reader, "", 403, "door-reader:visitor"},
		{"everybody's", all, reader, "", 403, "door-reader:visitor"},
		{"not by the door", "/api/v1/namespaces/door-reader/pods", reader, "", 200, `"PodList"`},
		{"as another", own, reader, "admin", 403, "cannot impersonate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, body := secureGet(t, c.path, c.token, c.as)
			if code != c.code || !strings.Contains(body, c.says) {
				t.Errorf("%d %s, want %d and %q", code, body, c.code, c.says)
			}
		})
	}
}

// On both ports, the door treats a caller that may impersonate as the impersonated user.
func TestImpersonationAtTheDoor(t *testing.T) {
	t.Parallel()
	admin := shared.ClientConfig()
	admin.Impersonate.UserName = "guest"
	client, err := kubernetes.NewForConfig(admin)
	if err != nil {
		t.Fatal(err)
	}
	const path = "/door-to/api/v1/secrets"
	err = client.CoreV1().RESTClient().Get().AbsPath(path).Do(t.Context()).Error()
	if err == nil || !strings.Contains(err.Error(), `User "guest" cannot list`) {
		t.Errorf("secure port: %v, want it forbidden to guest", err)
	}
	code, body := request(t, "GET", path, "", func(r *http.Request) { r.Header.Set("Impersonate-User", "guest") })
	if code != http.StatusForbidden || !strings.Contains(body, "guest") {
		t.Errorf("local port: %d %s, want it forbidden to guest", code, body)
	}
}
