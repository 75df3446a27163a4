package convert

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

func fromVolume(v *corev1.Volume) *wire.Volume { out := volumeFromCore(v); return &out }

func toVolume(w *wire.Volume, stored *corev1.Volume) *corev1.Volume {
	out := volumeToCore(w, stored)
	return &out
}

func TestVolumes(t *testing.T) {
	t.Parallel()
	both(t, fromVolume, toVolume, []example{
		{"hostDir", `{"name":"v","hostPath":{"path":"/x"}}`, `{"name":"v","source":{"hostDir":{"path":"/x"}}}`},
		{"emptyDir", `{"name":"v","emptyDir":{"medium":"Memory"}}`, `{"name":"v","source":{"emptyDir":{"medium":"Memory"}}}`},
		{"persistentDisk",
			`{"name":"v","gcePersistentDisk":{"pdName":"d","fsType":"ext4","partition":3,"readOnly":true}}`,
			`{"name":"v","source":{"persistentDisk":{"pdName":"d","fsType":"ext4","partition":3,"readOnly":true}}}`},
		{"gitRepo", `{"name":"v","gitRepo":{"repository":"r","revision":"x"}}`, `{"name":"v","source":{"gitRepo":{"repository":"r","revision":"x"}}}`},
		{"secret", `{"name":"v","secret":{"secretName":"s"}}`, `{"name":"v","source":{"secret":{"target":{"name":"s"}}}}`},
		{"nfs", `{"name":"v","nfs":{"server":"s","path":"/p","readOnly":true}}`, `{"name":"v","source":{"nfs":{"server":"s","path":"/p","readOnly":true}}}`},
	})
	shown(t, fromVolume, []example{{"a source that v1beta1 does not know", `{"name":"v","configMap":{"name":"c"}}`, `{"name":"v"}`}})
	if v := toVolume(&wire.Volume{Name: "v"}, nil); v.EmptyDir == nil {
		t.Errorf("no source becomes %+v, want an empty directory", v)
	}
}

func TestVolumeUpdates(t *testing.T) {
	t.Parallel()
	updated(t, toVolume, []update{
		{"what is not shown stays",
			`{"name":"v","emptyDir":{"medium":"Memory","sizeLimit":"1Gi"}}`,
			`{"name":"v","source":{"emptyDir":{"medium":"Memory"}}}`,
			`{"name":"v","emptyDir":{"medium":"Memory","sizeLimit":"1Gi"}}`},
		{"an unknown source stays", `{"name":"v","configMap":{"name":"c"}}`, `{"name":"v"}`, `{"name":"v","configMap":{"name":"c"}}`},
		{"an unknown source yields to a known one",
			`{"name":"v","configMap":{"name":"c"}}`,
			`{"name":"v","source":{"hostDir":{"path":"/x"}}}`,
			`{"name":"v","hostPath":{"path":"/x"}}`},
		{"the stored empty directory stays, though not sent",
			`{"name":"v","emptyDir":{"sizeLimit":"1Gi"}}`, `{"name":"v"}`, `{"name":"v","emptyDir":{"sizeLimit":"1Gi"}}`},
		{"another path",
			`{"name":"v","hostPath":{"path":"/x","type":"Directory"}}`,
			`{"name":"v","source":{"hostDir":{"path":"/y"}}}`,
			`{"name":"v","hostPath":{"path":"/y"}}`},
		{"only the name of a secret's target counts",
			`{"name":"v","secret":{"secretName":"s","optional":true}}`,
			`{"name":"v","source":{"secret":{"target":{"name":"s","kind":"Secret","namespace":"n"}}}}`,
			`{"name":"v","secret":{"secretName":"s","optional":true}}`},
	})
}
