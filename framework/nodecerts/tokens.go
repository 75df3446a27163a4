package nodecerts

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// AnnotationNode on a bootstrap token's Secret names the node that it is for.
const AnnotationNode = "mesos.agent/node"

const (
	tokenType     = v1.SecretType("bootstrap.kubernetes.io/token")
	tokenLife     = 24 * time.Hour
	writers       = 4 // at a time
	tokenAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
)

// Tokens keeps a bootstrap token for every node: with it a kubelet asks for its
// first certificate, and the token's id names the only node that it is for.
// Tokens are given out at once and written to the API server in the background;
// an executor takes longer to start than that.
type Tokens struct {
	client kubernetes.Interface
	queue  *retryqueue.Queue[string]

	mu     sync.Mutex
	byNode map[string]token
	nodeOf map[string]string // token id to node
}

type token struct {
	id, secret string
	expires    time.Time
}

// NewTokens returns one without tokens; Load reads those of an earlier life.
func NewTokens(client kubernetes.Interface, log logr.Logger) *Tokens {
	return &Tokens{client: client, queue: retryqueue.New[string](log), byNode: map[string]token{}, nodeOf: map[string]string{}}
}

// Load reads the tokens of an earlier life. Others' tokens are left alone, and
// their ids not used.
func (ts *Tokens) Load(ctx context.Context) error {
	list, err := ts.client.CoreV1().Secrets(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{FieldSelector: "type=" + string(tokenType)})
	if err != nil {
		return fmt.Errorf("reading bootstrap tokens: %w", err)
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for _, s := range list.Items {
		if s.Type != tokenType {
			continue
		}
		t := token{id: string(s.Data["token-id"]), secret: string(s.Data["token-secret"])}
		t.expires, _ = time.Parse(time.RFC3339, string(s.Data["expiration"]))
		node := s.Annotations[AnnotationNode]
		ts.nodeOf[t.id] = node
		if node != "" && len(t.secret) == 16 {
			ts.byNode[node] = t
		}
	}
	return nil
}

// For returns the token of a node, good for some hours at least.
func (ts *Tokens) For(node string, now time.Time) string {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t, ok := ts.byNode[node]
	if !ok {
		t.id = ts.freeID(node)
		ts.nodeOf[t.id] = node
	}
	if now.After(t.expires) {
		t.secret = randomWord(16)
	}
	if now.Add(tokenLife / 2).After(t.expires) {
		t.expires = now.Add(tokenLife)
		ts.byNode[node] = t
		ts.queue.Add(node)
	}
	return t.id + "." + t.secret
}

// Forget drops the token of a node that is gone. Its Secret expires.
func (ts *Tokens) Forget(node string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t, ok := ts.byNode[node]; ok {
		delete(ts.byNode, node)
		delete(ts.nodeOf, t.id)
	}
}

// node returns the node whose token has that id; false for a token that is not ours.
func (ts *Tokens) node(id string) (string, bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	node := ts.nodeOf[id]
	return node, node != ""
}

// freeID derives the id of a node's token from its name, the same one each
// time; where two names give one id, the later node gets another.
func (ts *Tokens) freeID(node string) string {
	for i := 0; ; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", node, i))
		id := make([]byte, 6)
		for j := range id {
			id[j] = tokenAlphabet[int(sum[j])%len(tokenAlphabet)]
		}
		if owner, taken := ts.nodeOf[string(id)]; !taken || owner == node {
			return string(id)
		}
	}
}

// Run writes tokens to the API server until ctx ends.
func (ts *Tokens) Run(ctx context.Context) { ts.queue.Run(ctx, writers, ts.write) }

func (ts *Tokens) write(ctx context.Context, node string) error {
	ts.mu.Lock()
	t, known := ts.byNode[node]
	ts.mu.Unlock()
	if !known {
		return nil // its node is gone
	}
	secret := t.object(node)
	secrets := ts.client.CoreV1().Secrets(metav1.NamespaceSystem)
	_, err := secrets.Create(ctx, secret, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		_, err = secrets.Update(ctx, secret, metav1.UpdateOptions{})
	}
	if err != nil {
		return fmt.Errorf("writing the bootstrap token of node %s: %w", node, err)
	}
	return nil
}
