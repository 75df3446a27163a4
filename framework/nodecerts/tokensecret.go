package nodecerts

import (
	"crypto/rand"
	"math/big"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func (t token) object(node string) *v1.Secret {
	return &v1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   metav1.NamespaceSystem,
			Name:        "bootstrap-token-" + t.id,
			Annotations: map[string]string{AnnotationNode: node},
		},
		Type: tokenType,
		Data: map[string][]byte{
			"token-id":                       []byte(t.id),
			"token-secret":                   []byte(t.secret),
			"expiration":                     []byte(t.expires.UTC().Format(time.RFC3339)),
			"usage-bootstrap-authentication": []byte("true"),
			"description":                    []byte("Lets the kubelet of node " + node + " ask for its certificate."),
		},
	}
}

func randomWord(n int) string {
	word := make([]byte, n)
	for i := range word {
		k, err := rand.Int(rand.Reader, big.NewInt(int64(len(tokenAlphabet))))
		if err != nil {
			panic(err) // crypto/rand never fails on a supported system
		}
		word[i] = tokenAlphabet[k.Int64()]
	}
	return string(word)
}
