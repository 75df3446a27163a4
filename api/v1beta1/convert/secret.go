package convert

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// SecretFromCore converts a secret.
func SecretFromCore(in *corev1.Secret) *wire.Secret {
	return &wire.Secret{Meta: metaFromCore(&in.ObjectMeta), Data: in.Data, Type: string(in.Type)}
}

// SecretToCore returns stored, changed to what the client sent.
func SecretToCore(in *wire.Secret, stored *corev1.Secret) *corev1.Secret {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	if len(in.Data) != 0 || len(out.Data) != 0 {
		out.Data = in.Data
	}
	out.Type = corev1.SecretType(in.Type)
	return out
}
