package convert

import (
	"maps"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// metaFromCore converts the common members. Kind, apiVersion and selfLink depend
// on where the object is shown; the caller sets them.
func metaFromCore(m *metav1.ObjectMeta) wire.Meta {
	return wire.Meta{
		ID:                m.Name,
		UID:               m.UID,
		CreationTimestamp: seconds(m.CreationTimestamp),
		ResourceVersion:   VersionFromCore(m.ResourceVersion),
		Namespace:         m.Namespace,
		DeletionTimestamp: m.DeletionTimestamp.DeepCopy(),
		GenerateName:      m.GenerateName,
		Annotations:       withoutOriginals(m.Annotations),
	}
}

// metaToCore changes m to what the client sent. What only the server sets
// (creation and deletion times, links) stays as stored; an absent uid means the
// stored one.
func metaToCore(w *wire.Meta, m *metav1.ObjectMeta) {
	m.Name, m.Namespace, m.GenerateName = w.ID, w.Namespace, w.GenerateName
	if w.UID != "" {
		m.UID = w.UID
	}
	if VersionFromCore(m.ResourceVersion) != w.ResourceVersion {
		m.ResourceVersion = VersionToCore(w.ResourceVersion)
	}
	m.Annotations = mergeAnnotations(w.Annotations, m.Annotations)
}

// VersionFromCore parses a resource version; text that is not a number gives 0.
func VersionFromCore(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// VersionToCore formats a resource version; 0 stands for an absent one.
func VersionToCore(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// replaceMap returns the map that the client sent, or the stored one if nothing
// has changed (v1beta1 does not distinguish nil from empty).
func replaceMap[V comparable](sent, stored map[string]V) map[string]V {
	if maps.Equal(sent, stored) {
		return stored
	}
	return maps.Clone(sent)
}

// seconds truncates a time to the precision of its JSON form.
func seconds(t metav1.Time) metav1.Time {
	if t.IsZero() {
		return metav1.Time{}
	}
	return t.Rfc3339Copy()
}

// replaceTime returns the time that the client sent, or the stored one if they
// differ only in precision.
func replaceTime(sent, stored metav1.Time) metav1.Time {
	shown := seconds(stored)
	if sent.Equal(&shown) {
		return stored
	}
	return sent
}

// sameOrder returns, for each element of sent, the stored element that it was made
// from: the one at the same index if it matches, else the first that does, else
// nil.
func sameOrder[S, C any](sent []S, stored []C, match func(*S, *C) bool) []*C {
	from := make([]*C, len(sent))
	for i := range sent {
		if i < len(stored) && match(&sent[i], &stored[i]) {
			from[i] = &stored[i]
			continue
		}
		for j := range stored {
			if match(&sent[i], &stored[j]) {
				from[i] = &stored[j]
				break
			}
		}
	}
	return from
}

// replaceSlice builds the core slice for what was sent. If both slices are empty,
// the result is nil or empty like the stored one.
func replaceSlice[S, C any](sent []S, stored []C, match func(*S, *C) bool, to func(*S, *C) C) []C {
	if len(sent) == 0 {
		if len(stored) == 0 {
			return stored
		}
		return nil
	}
	from := sameOrder(sent, stored, match)
	out := make([]C, len(sent))
	for i := range sent {
		out[i] = to(&sent[i], from[i])
	}
	return out
}

// replaceStrings is replaceSlice for strings.
func replaceStrings(sent, stored []string) []string {
	if len(sent) == 0 && len(stored) == 0 {
		return stored
	}
	return sent
}

// orNew returns a copy of stored, or an empty value.
func orNew[T any](stored *T) T {
	if stored == nil {
		var zero T
		return zero
	}
	return *stored
}
