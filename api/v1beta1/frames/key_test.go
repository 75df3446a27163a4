package frames

import (
	"bytes"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
)

// event returns an event in the API server's encoding.
func event(tb testing.TB, kind string, pod *corev1.Pod) []byte {
	tb.Helper()
	pod.APIVersion, pod.Kind = "v1", "Pod"
	var object bytes.Buffer
	if err := protobuf.NewSerializer(runtime.NewScheme(), runtime.NewScheme()).Encode(pod, &object); err != nil {
		tb.Fatal(err)
	}
	raw, err := (&metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Raw: object.Bytes()}}).Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func podAt(uid, version string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "a", GenerateName: "a-", Namespace: "default", UID: types.UID(uid), ResourceVersion: version, Generation: 300,
			Labels: map[string]string{"k": strings.Repeat("v", 300)},
		},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}},
	}
}

// A key is read from the event in the API server's encoding.
func TestKey(t *testing.T) {
	t.Parallel()
	want := Key{"l", "MODIFIED", "u-1", "12"}
	raw := event(t, "MODIFIED", podAt("u-1", "12"))
	if key, ok := KeyOf("l", raw); !ok || key != want {
		t.Errorf("%+v %t, want %+v", key, ok, want)
	}
	for n := range raw { // a truncated event has no key, or the same one
		if key, ok := KeyOf("l", raw[:n]); ok && key != want {
			t.Errorf("the first %d bytes have %+v", n, key)
		}
	}
	for _, pod := range []*corev1.Pod{podAt("", "12"), podAt("u-1", "")} {
		if key, ok := KeyOf("l", event(t, "ADDED", pod)); ok {
			t.Errorf("an object without uid or version has %+v", key)
		}
	}
}

// What differs for clients differs in the key.
func TestKeysDiffer(t *testing.T) {
	t.Parallel()
	seen := map[Key]string{}
	for name, c := range map[string]struct {
		link string
		raw  []byte
	}{
		"added":         {"/api/v1beta1/pods", event(t, "ADDED", podAt("u", "1"))},
		"modified":      {"/api/v1beta1/pods", event(t, "MODIFIED", podAt("u", "1"))},
		"deleted":       {"/api/v1beta1/pods", event(t, "DELETED", podAt("u", "1"))},
		"later":         {"/api/v1beta1/pods", event(t, "MODIFIED", podAt("u", "2"))},
		"another pod":   {"/api/v1beta1/pods", event(t, "ADDED", podAt("v", "1"))},
		"another path":  {"/other/v1beta1/pods", event(t, "ADDED", podAt("u", "1"))},
		"another name":  {"/api/v1beta1/nodes", event(t, "ADDED", podAt("u", "1"))},
		"an older name": {"/api/v1beta1/minions", event(t, "ADDED", podAt("u", "1"))},
	} {
		key, ok := KeyOf(c.link, c.raw)
		if !ok {
			t.Errorf("%s: no key", name)
		}
		if other, taken := seen[key]; taken {
			t.Errorf("%s has the key of %s: %+v", name, other, key)
		}
		seen[key] = name
	}
}

// FuzzKey reads keys from arbitrary bytes: it does not panic, and a key is complete.
func FuzzKey(f *testing.F) {
	f.Add(event(f, "ADDED", podAt("u", "1")))
	f.Add([]byte{})
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add([]byte{0x08, 0x01, 0x12, 0x02, 0x0a, 0x00})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if key, ok := KeyOf("l", raw); ok && (key.UID == "" || key.Version == "" || key.Link != "l") {
			t.Errorf("%x has the key %+v", raw, key)
		}
	})
}
