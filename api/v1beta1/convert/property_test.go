package convert

import (
	"encoding/json"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/diff"
	"pgregory.net/rapid"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// keeps checks that a core object survives v1beta1: a client that gets an object and
// puts it back as JSON changes nothing.
func keeps[W, C any, PW interface {
	*W
	wire.Object
}, PC interface {
	*C
	DeepCopy() PC
}](t *testing.T, from func(PC) PW, to ...func(PW, PC) PC) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		stored := PC(new(C))
		coreFiller(rapid.Uint64().Draw(rt, "seed")).Fill(stored)
		before := stored.DeepCopy()
		for _, to := range to {
			sent := byJSON(rt, from(stored))
			got := to(sent, stored)
			if !equality.Semantic.DeepEqual(got, before) {
				rt.Fatalf("changed by GET and PUT:\n%s", diff.Diff(before, got))
			}
			if !equality.Semantic.DeepEqual(stored, before) {
				rt.Fatalf("the stored object was changed in place:\n%s", diff.Diff(before, stored))
			}
		}
	})
}

// echoes checks that a v1beta1 client gets back what it sends.
func echoes[W, C any, PW interface {
	*W
	wire.Object
}, PC interface{ *C }](t *testing.T, to func(PW, PC) PC, from func(PC) PW, normal func(PW)) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		sent := PW(new(W))
		wireFiller(rapid.Uint64().Draw(rt, "seed")).Fill(sent)
		m := sent.GetMeta()
		*m = wire.Meta{ID: m.ID, UID: m.UID, Namespace: m.Namespace, GenerateName: m.GenerateName, Annotations: m.Annotations, ResourceVersion: m.ResourceVersion}
		normal(sent)
		got := from(to(sent, nil))
		if want, have := text(rt, sent), text(rt, got); want != have {
			rt.Fatalf("sent and shown differ:\n%s", diff.Diff(want, have))
		}
	})
}

func byJSON[W any, PW interface {
	*W
	wire.Object
}](t *rapid.T, o PW) PW {
	out := PW(new(W))
	if err := json.Unmarshal([]byte(text(t, o)), out); err != nil {
		t.Fatalf("read what was written: %v", err)
	}
	return out
}

func text(t *rapid.T, o any) string {
	b, err := json.MarshalIndent(o, "", " ")
	if err != nil {
		t.Fatalf("write as JSON: %v", err)
	}
	return string(b)
}

func TestStoredPodSurvives(t *testing.T) { keeps(t, PodFromCore, PodToCore, PodStatusToCore) }

func TestStoredControllerSurvives(t *testing.T) {
	keeps(t, ControllerFromCore, ControllerToCore)
}

func TestStoredServiceSurvives(t *testing.T)  { keeps(t, ServiceFromCore, ServiceToCore) }
func TestStoredEndpointsSurvive(t *testing.T) { keeps(t, EndpointsFromCore, EndpointsToCore) }
func TestStoredMinionSurvives(t *testing.T)   { keeps(t, MinionFromCore, MinionToCore) }
func TestStoredEventSurvives(t *testing.T)    { keeps(t, EventFromCore, EventToCore) }
func TestStoredNamespaceSurvives(t *testing.T) {
	keeps(t, NamespaceFromCore, NamespaceToCore, NamespaceStatusToCore)
}
func TestStoredSecretSurvives(t *testing.T)     { keeps(t, SecretFromCore, SecretToCore) }
func TestStoredLimitRangeSurvives(t *testing.T) { keeps(t, LimitRangeFromCore, LimitRangeToCore) }
func TestStoredQuotaSurvives(t *testing.T)      { keeps(t, QuotaFromCore, QuotaToCore, QuotaStatusToCore) }

func TestSentPodIsShown(t *testing.T) {
	echoes(t, PodToCore, PodFromCore, func(p *wire.Pod) {
		p.CurrentState = wire.PodState{Host: p.DesiredState.Host} // the server's
		p.DesiredState = wire.PodState{Manifest: p.DesiredState.Manifest, Host: p.DesiredState.Host}
		distinct(p.DesiredState.Manifest.Containers)
		aliases(p.DesiredState.Manifest.Containers)
	})
}

func TestSentControllerIsShown(t *testing.T) {
	echoes(t, ControllerToCore, ControllerFromCore, func(rc *wire.ReplicationController) {
		rc.CurrentState = wire.ControllerState{}
		s := &rc.DesiredState
		s.Replicas &= 1<<30 - 1
		s.PodTemplate.DesiredState = wire.PodState{Manifest: s.PodTemplate.DesiredState.Manifest}
		distinct(s.PodTemplate.DesiredState.Manifest.Containers)
		aliases(s.PodTemplate.DesiredState.Manifest.Containers)
	})
}

// distinct gives each container a unique name, as validation requires: what only
// v1beta1 knows about a container is kept by its name.
func distinct(containers []wire.Container) {
	for i := range containers {
		containers[i].Name += strconv.Itoa(i)
	}
}

// aliases sets cpu and memory as v1beta1 shows them: equal to the limits.
func aliases(containers []wire.Container) {
	for i := range containers {
		limits := containers[i].Resources.Limits
		if a, ok := limits["cpu"]; ok {
			containers[i].CPU = a.Milli()
		}
		if a, ok := limits["memory"]; ok {
			containers[i].Memory = a.Whole()
		}
		if len(containers[i].Resources.Requests) == 0 {
			containers[i].Resources.Requests = nil
		}
	}
}

func TestSentServiceIsShown(t *testing.T) {
	echoes(t, ServiceToCore, ServiceFromCore, func(s *wire.Service) {
		s.Port, s.ProxyPort = 1+s.Port&0xfff, 0
		if s.Protocol != "" {
			s.Protocol = "tcp"
		}
	})
}

func TestSentSecretIsShown(t *testing.T) {
	echoes(t, SecretToCore, SecretFromCore, func(*wire.Secret) {})
}

func TestSentEventIsShown(t *testing.T) {
	echoes(t, EventToCore, EventFromCore, func(e *wire.Event) {
		e.Status, e.Count = "", e.Count&0xffff
		e.Timestamp = e.FirstTimestamp
	})
}

func TestSentMinionIsShown(t *testing.T) {
	echoes(t, MinionToCore, MinionFromCore, func(m *wire.Minion) {
		m.HostIP = "10.0.0.1"
		m.Status.Addresses = []wire.NodeAddress{{Type: "Hostname", Address: "h"}, {Type: wire.LegacyHostIP, Address: "10.0.0.1"}}
		if m.ExternalID == "" {
			m.ExternalID = m.ID
		}
	})
}

func TestSentEndpointsAreShown(t *testing.T) {
	echoes(t, EndpointsToCore, EndpointsFromCore, func(e *wire.Endpoints) {
		for i := range e.Subsets {
			for j := range e.Subsets[i].Ports {
				e.Subsets[i].Ports[j].Port &= 0xffff
			}
		}
		e.Subsets = Repack(e.Subsets)
		e.Protocol = string(corev1.ProtocolTCP)
		mirrorFirstPort(e)
	})
}
