package nodecerts

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

// The form of a token, as Kubernetes' bootstrap tokens documentation has it.
var tokenForm = regexp.MustCompile(`^[a-z0-9]{6}\.[a-z0-9]{16}$`)

func TestTokens(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	client := fake.NewSimpleClientset()
	ts := NewTokens(client, logr.Discard())
	first := ts.For("n1", now)
	if !tokenForm.MatchString(first) {
		t.Errorf("token %q", first)
	}
	if again := ts.For("n1", now.Add(time.Hour)); again != first {
		t.Errorf("an hour later it is %q", again)
	}
	if other := ts.For("n2", now); other == first {
		t.Error("two nodes share a token")
	}
	if node, ok := ts.node(first[:6]); !ok || node != "n1" {
		t.Errorf("%s is of %q", first[:6], node)
	}
	if _, ok := ts.node("zzzzzz"); ok {
		t.Error("an unknown token has a node")
	}
	if err := ts.write(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}

	next := NewTokens(client, logr.Discard()) // another life
	if err := next.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := next.For("n1", now.Add(time.Hour)); got != first {
		t.Errorf("after a restart it is %q", got)
	}
	if got := next.For("n1", now.Add(13*time.Hour)); got != first {
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
	late := next.For("n1", now.Add(100*time.Hour))
	if late == first || late[:6] != first[:6] {
		t.Errorf("long after its end it is %q, was %q", late, first)
	}
}

// The id of a token that is not ours is not used.
func TestTokenTaken(t *testing.T) {
	t.Parallel()
	client := fake.NewSimpleClientset()
	theirs := token{id: NewTokens(client, logr.Discard()).freeID("n1"), secret: strings.Repeat("a", 16)}.object("")
	theirs.Annotations = nil
	if _, err := client.CoreV1().Secrets("kube-system").Create(t.Context(), theirs, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	ts := NewTokens(client, logr.Discard())
	if err := ts.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ts.For("n1", time.Now()); got[:6] == string(theirs.Data["token-id"]) {
		t.Errorf("took over another's token id: %s", got)
	}
}

// The tokens given out are written, and one whose node is gone is not.
func TestTokensWritten(t *testing.T) {
	t.Parallel()
	client := fake.NewSimpleClientset()
	written := make(chan string, 10)
	client.PrependReactor("create", "secrets", func(a k8stesting.Action) (bool, runtime.Object, error) {
		written <- a.(k8stesting.CreateAction).GetObject().(*v1.Secret).Name
		return false, nil, nil
	})
	ts := NewTokens(client, logr.Discard())
	gone := ts.For("n0", time.Now())
	ts.Forget("n0")
	if _, known := ts.node(gone[:6]); known {
		t.Error("the token of a node that is gone is still known")
	}
	id := ts.For("n1", time.Now())[:6]
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { ts.Run(ctx); close(ended) }()
	if got := <-written; got != "bootstrap-token-"+id {
		t.Errorf("written: %s", got)
	}
	stop()
	<-ended
}
