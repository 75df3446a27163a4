package framework

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// The form of a token, as Kubernetes' bootstrap tokens documentation has it.
var tokenForm = regexp.MustCompile(`^[a-z0-9]{6}\.[a-z0-9]{16}$`)

func TestTokens(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	client := fake.NewSimpleClientset()
	ts := newTokens(client)
	first := ts.of("n1", now)
	if !tokenForm.MatchString(first) {
		t.Errorf("token %q", first)
	}
	if again := ts.of("n1", now.Add(time.Hour)); again != first {
		t.Errorf("an hour later it is %q", again)
	}
	if other := ts.of("n2", now); other == first {
		t.Error("two nodes share a token")
	}
	if node, ok := ts.node(first[:6]); !ok || node != "n1" {
		t.Errorf("%s is of %q", first[:6], node)
	}
	if _, ok := ts.node("zzzzzz"); ok {
		t.Error("a token of nobody has a node")
	}
	if err := ts.write(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}

	next := newTokens(client) // another life
	if err := next.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := next.of("n1", now.Add(time.Hour)); got != first {
		t.Errorf("after a restart it is %q", got)
	}
	if got := next.of("n1", now.Add(13*time.Hour)); got != first {
		t.Errorf("prolonged, it is %q", got)
	}
	if err := next.write(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	secret, err := client.CoreV1().Secrets("kube-system").Get(t.Context(), "bootstrap-token-"+first[:6], metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(secret.Data["expiration"]), now.Add(37*time.Hour).UTC().Format(time.RFC3339); got != want {
		t.Errorf("expires at %s, want %s", got, want)
	}
	late := next.of("n1", now.Add(100*time.Hour))
	if late == first || late[:6] != first[:6] {
		t.Errorf("long after its end it is %q, was %q", late, first)
	}
}

// The id of a token that is not ours is not used.
func TestTokenTaken(t *testing.T) {
	t.Parallel()
	client := fake.NewSimpleClientset()
	theirs := token{id: newTokens(client).freeID("n1"), secret: strings.Repeat("a", 16)}.object("")
	theirs.Annotations = nil
	if _, err := client.CoreV1().Secrets("kube-system").Create(t.Context(), theirs, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	ts := newTokens(client)
	if err := ts.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ts.of("n1", time.Now()); got[:6] == string(theirs.Data["token-id"]) {
		t.Errorf("took over another's token id: %s", got)
	}
}

// run writes the tokens given out.
func TestTokensWritten(t *testing.T) {
	t.Parallel()
	client := fake.NewSimpleClientset()
	ts := newTokens(client)
	id := ts.of("n1", time.Now())[:6]
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { ts.run(ctx); close(ended) }()
	for !strings.Contains(secretNames(t, client), "bootstrap-token-"+id) {
		if !wait(t.Context(), time.Millisecond) {
			t.Fatal("no secret")
		}
	}
	stop()
	receive(t, ended, "end of run")
}

func secretNames(t *testing.T, client *fake.Clientset) string {
	t.Helper()
	list, err := client.CoreV1().Secrets("kube-system").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range list.Items {
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}
