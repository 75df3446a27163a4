package wire

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// APIVersion is the value of apiVersion in objects of this API.
const APIVersion = "v1beta1"

// Meta holds the members that every object has at its top level.
type Meta struct {
	Kind              string            `json:"kind,omitempty"`
	ID                string            `json:"id,omitempty"`
	UID               types.UID         `json:"uid,omitempty"`
	CreationTimestamp metav1.Time       `json:"creationTimestamp"`
	SelfLink          string            `json:"selfLink,omitempty"`
	ResourceVersion   uint64            `json:"resourceVersion,omitempty"`
	APIVersion        string            `json:"apiVersion,omitempty"`
	Namespace         string            `json:"namespace,omitempty"`
	DeletionTimestamp *metav1.Time      `json:"deletionTimestamp,omitempty"`
	GenerateName      string            `json:"generateName,omitempty"`
	Annotations       map[string]string `json:"annotations,omitempty"`
}

// GetMeta returns the object's common members, to read or to change.
func (m *Meta) GetMeta() *Meta { return m }

// Object is anything with the common members.
type Object interface{ GetMeta() *Meta }

// List is a list of objects. Its items carry neither kind nor apiVersion.
type List struct {
	Meta
	Items []Object `json:"items"`
}

// MinionList is a list of minions. It writes its items twice: clients of the first
// revisions read minions, and later ones items.
type MinionList struct {
	Meta
	Minions []Object `json:"minions,omitempty"`
	Items   []Object `json:"items"`
}

// ObjectReference names another object. Here, and only here, the name is
// called name and resourceVersion is text.
type ObjectReference struct {
	Kind            string    `json:"kind,omitempty"`
	Namespace       string    `json:"namespace,omitempty"`
	Name            string    `json:"name,omitempty"`
	UID             types.UID `json:"uid,omitempty"`
	APIVersion      string    `json:"apiVersion,omitempty"`
	ResourceVersion string    `json:"resourceVersion,omitempty"`
	FieldPath       string    `json:"fieldPath,omitempty"`
}
