package convert

import (
	"fmt"
	"math/rand"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/randfill"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// coreFiller makes objects of core/v1 with random values in every field, including
// those that v1beta1 does not have.
func coreFiller(seed uint64) *randfill.Filler {
	return filler(seed).Funcs(
		func(p *corev1.RestartPolicy, c randfill.Continue) {
			*p = pick(c, corev1.RestartPolicyAlways, corev1.RestartPolicyNever, corev1.RestartPolicyOnFailure)
		},
		func(p *corev1.Protocol, c randfill.Continue) { *p = pick(c, corev1.ProtocolTCP, corev1.ProtocolUDP) },
		func(p *corev1.PullPolicy, c randfill.Continue) {
			*p = pick(c, corev1.PullAlways, corev1.PullNever, corev1.PullIfNotPresent)
		},
		func(p *corev1.PodPhase, c randfill.Continue) {
			*p = pick(c, corev1.PodPending, corev1.PodRunning, corev1.PodSucceeded, corev1.PodFailed, corev1.PodUnknown)
		},
		func(p *corev1.ConditionStatus, c randfill.Continue) {
			*p = pick(c, corev1.ConditionTrue, corev1.ConditionFalse, corev1.ConditionUnknown)
		},
		func(p *corev1.ServiceType, c randfill.Continue) {
			*p = pick(c, corev1.ServiceTypeClusterIP, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort, corev1.ServiceTypeExternalName)
		},
		func(p *intstr.IntOrString, c randfill.Continue) {
			*p = pick(c, intstr.FromInt32(int32(1+c.Intn(65535))), intstr.FromString("web"))
		},
		func(p *corev1.ContainerPort, c randfill.Continue) {
			c.FillNoCustom(p)
			p.Name = pick(c, "", "web", "dns-tcp")
		},
		func(p *corev1.EndpointPort, c randfill.Continue) {
			c.FillNoCustom(p)
			p.Name = pick(c, "", "web", "dns-tcp")
		},
		func(e *corev1.EnvVar, c randfill.Continue) {
			c.FillNoCustom(e)
			if e.ValueFrom != nil { // one or the other
				e.Value = ""
			}
		},
		func(h *corev1.ProbeHandler, c randfill.Continue) {
			var all corev1.ProbeHandler
			c.FillNoCustom(&all)
			*h = pick(c, corev1.ProbeHandler{Exec: all.Exec}, corev1.ProbeHandler{HTTPGet: all.HTTPGet},
				corev1.ProbeHandler{TCPSocket: all.TCPSocket}, corev1.ProbeHandler{GRPC: all.GRPC})
		},
		func(h *corev1.LifecycleHandler, c randfill.Continue) {
			var all corev1.LifecycleHandler
			c.FillNoCustom(&all)
			*h = pick(c, corev1.LifecycleHandler{Exec: all.Exec}, corev1.LifecycleHandler{HTTPGet: all.HTTPGet},
				corev1.LifecycleHandler{TCPSocket: all.TCPSocket}, corev1.LifecycleHandler{Sleep: all.Sleep})
		},
		func(p *corev1.PodCondition, c randfill.Continue) {
			c.FillNoCustom(p)
			p.Type += "x"
		},
		func(s *corev1.PodStatus, c randfill.Continue) {
			c.FillNoCustom(s)
			for i := range s.ContainerStatuses { // v1beta1 has them by name
				s.ContainerStatuses[i].Name += fmt.Sprint(i)
			}
		},
		func(m *metav1.ObjectMeta, c randfill.Continue) {
			c.FillNoCustom(m)
			m.ResourceVersion = fmt.Sprint(1 + c.Rand.Int63())
		},
		func(v *corev1.Volume, c randfill.Continue) {
			c.FillNoCustom(v)
			var one corev1.VolumeSource // one source; v1beta1 knows six kinds
			switch s := v.VolumeSource; c.Intn(9) {
			case 0:
				one.HostPath = s.HostPath
			case 1:
				one.EmptyDir = s.EmptyDir
			case 2:
				one.Secret = s.Secret
			case 3:
				one.NFS = s.NFS
			case 4:
				one.GCEPersistentDisk = s.GCEPersistentDisk
			case 5:
				one.GitRepo = s.GitRepo
			case 6:
				one.ConfigMap = s.ConfigMap
			case 7:
				one.Projected = s.Projected
			default:
				one.PersistentVolumeClaim = s.PersistentVolumeClaim
			}
			v.VolumeSource = one
		},
		func(e *corev1.Endpoints, c randfill.Continue) {
			c.FillNoCustom(e)
			for i := range e.Subsets { // several addresses at one, as far as the form permits
				for j := range e.Subsets[i].Addresses {
					e.Subsets[i].Addresses[j].IP = fmt.Sprintf("10.0.%d.%d", i, j)
				}
			}
		},
	)
}

// wireFiller makes objects of v1beta1 as a client may send them.
func wireFiller(seed uint64) *randfill.Filler {
	return filler(seed).NilChance(0.4).Funcs(
		func(a *wire.Amount, c randfill.Continue) {
			if *a = wire.IntAmount(int64(c.Intn(1 << 30))); c.Bool() {
				*a = wire.TextAmount(fmt.Sprintf("%d.%d", c.Intn(1000), 1+c.Intn(9)))
			}
		},
		func(l *wire.ResourceList, c randfill.Continue) {
			*l = nil
			for _, name := range []string{"cpu", "memory", "example.com/gpu"} {
				if c.Bool() {
					if *l == nil {
						*l = wire.ResourceList{}
					}
					(*l)[name] = wire.IntAmount(int64(1 + c.Intn(1<<30)))
					if name == "cpu" {
						(*l)[name] = wire.TextAmount(fmt.Sprint(1+c.Intn(99)) + "." + fmt.Sprint(1+c.Intn(9)))
					}
				}
			}
		},
		func(m *wire.ContainerManifest, c randfill.Continue) {
			c.FillNoCustom(m)
			m.Version, m.ID = wire.ManifestVersion, ""
			m.RestartPolicy = pick(c, wire.RestartPolicy{Always: &struct{}{}}, wire.RestartPolicy{Never: &struct{}{}}, wire.RestartPolicy{OnFailure: &struct{}{}})
		},
		func(w *wire.Container, c randfill.Continue) {
			c.FillNoCustom(w)
			w.CPU, w.Memory = 0, 0 // aliases are tested separately
			w.ImagePullPolicy = pick(c, "PullAlways", "PullNever", "PullIfNotPresent")
			for i := range w.Ports {
				w.Ports[i].Name = fmt.Sprintf("port-number-%d-long", i)
			}
		},
		func(p *wire.Port, c randfill.Continue) {
			*p = wire.Port{HostPort: c.Intn(65536), ContainerPort: 1 + c.Intn(65535), Protocol: pick(c, "TCP", "udp", "Udp")}
		},
		func(e *wire.EnvVar, c randfill.Continue) {
			e.Name = c.String(8) + "x"
			e.Key, e.Value = e.Name, c.String(8)
		},
		func(m *wire.VolumeMount, c randfill.Continue) {
			m.Name, m.ReadOnly, m.MountPath = c.String(8), c.Bool(), c.String(8)+"/"
			m.Path = m.MountPath
		},
		func(p *wire.Probe, c randfill.Continue) {
			c.FillNoCustom(p)
			p.InitialDelaySeconds, p.TimeoutSeconds = int64(c.Intn(1000)), int64(1+c.Intn(1000))
		},
		func(h *wire.Handler, c randfill.Continue) {
			*h = pick(c,
				wire.Handler{Exec: &wire.ExecAction{Command: []string{c.String(5)}}},
				wire.Handler{HTTPGet: &wire.HTTPGetAction{Path: "/" + c.String(5), Host: c.String(3), Port: randomPort(c)}},
				wire.Handler{TCPSocket: &wire.TCPSocketAction{Port: randomPort(c)}})
		},
		func(v *wire.VolumeSource, c randfill.Continue) {
			*v = pick(c,
				wire.VolumeSource{HostDir: &wire.HostDir{Path: c.String(5)}},
				wire.VolumeSource{EmptyDir: &wire.EmptyDir{Medium: pick(c, "", "Memory")}},
				wire.VolumeSource{Secret: &wire.SecretVolume{Target: wire.ObjectReference{Name: c.String(5)}}},
				wire.VolumeSource{GitRepo: &wire.GitRepo{Repository: c.String(5), Revision: c.String(5)}},
				wire.VolumeSource{NFS: &wire.NFS{Server: c.String(5), Path: c.String(5), ReadOnly: c.Bool()}},
				wire.VolumeSource{PersistentDisk: &wire.PersistentDisk{PDName: c.String(5), FSType: "ext4", Partition: c.Intn(256)}})
		},
	)
}

// filler handles what both versions share.
func filler(seed uint64) *randfill.Filler {
	return randfill.New().RandSource(rand.NewSource(int64(seed))).NilChance(0.5).NumElements(1, 2).MaxDepth(20).Funcs(
		func(t *metav1.Time, c randfill.Continue) { *t = metav1.Unix(1e9+int64(c.Intn(1e9)), 0) },
		func(t *metav1.MicroTime, c randfill.Continue) { *t = metav1.MicroTime{Time: time.Unix(1e9, 1000)} },
		func(q *resource.Quantity, c randfill.Continue) {
			*q = *resource.NewMilliQuantity(c.Rand.Int63n(1e12), resource.DecimalSI)
		},
		func(p *intstr.IntOrString, c randfill.Continue) { *p = randomPort(c) },
		func(f *metav1.FieldsV1, c randfill.Continue) { f.Raw = []byte("{}") },
	)
}

// randomPort returns a number, a number as text, a name, or a name that core does not
// accept.
func randomPort(c randfill.Continue) intstr.IntOrString {
	return pick(c, intstr.FromInt32(int32(1+c.Intn(65535))), intstr.FromString("web"),
		intstr.FromString(fmt.Sprint(1+c.Intn(65535))), intstr.FromString("port-number-0-long"))
}

func pick[T any](c randfill.Continue, from ...T) T { return from[c.Intn(len(from))] }
