package convert

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

const (
	oneContainer     = `"containers":[{"name":"c","image":"i"}]`
	shownManifest    = `"version":"v1beta2","restartPolicy":{},` + oneContainer
	deletedTimestamp = `"2014-10-01T00:00:00Z"`
)

func TestPod(t *testing.T) {
	t.Parallel()
	both(t, PodFromCore, PodToCore, []example{
		{"names and places",
			`{"metadata":{"name":"p","namespace":"n","uid":"u","resourceVersion":"7","generateName":"p-","labels":{"a":"b"},"annotations":{"c":"d"}},
			  "spec":{"nodeName":"m","nodeSelector":{"e":"f"},` + oneContainer + `}}`,
			`{"id":"p","namespace":"n","uid":"u","resourceVersion":7,"generateName":"p-","labels":{"a":"b"},"annotations":{"c":"d"},
			  "nodeSelector":{"e":"f"},"desiredState":{"host":"m","manifest":{` + shownManifest + `}},"currentState":{"host":"m"}}`},
		{"policies",
			`{"metadata":{"name":"p"},"spec":{"hostNetwork":true,"dnsPolicy":"Default",` + oneContainer + `}}`,
			`{"id":"p","desiredState":{"manifest":{"hostNetwork":true,"dnsPolicy":"Default",` + shownManifest + `}}}`},
		{"volumes",
			`{"metadata":{"name":"p"},"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}],` + oneContainer + `}}`,
			`{"id":"p","desiredState":{"manifest":{"volumes":[{"name":"v","source":{"hostDir":{"path":"/x"}}}],` + shownManifest + `}}}`},
	})
	shown(t, PodFromCore, []example{{"times",
		`{"metadata":{"name":"p","creationTimestamp":"2014-09-01T01:02:03Z","deletionTimestamp":` + deletedTimestamp + `}}`,
		`{"id":"p","creationTimestamp":"2014-09-01T01:02:03Z","deletionTimestamp":` + deletedTimestamp + `,"desiredState":{"manifest":{"version":"v1beta2"}}}`}})
}

// The server's own members are not a client's to set.
func TestPodUpdates(t *testing.T) {
	t.Parallel()
	updated(t, PodToCore, []update{
		{"times, owners and status stay",
			`{"metadata":{"name":"p","creationTimestamp":"2014-09-01T01:02:03Z","uid":"u","resourceVersion":"7","ownerReferences":[{"name":"o"}]},
			  "spec":{` + oneContainer + `,"affinity":{"podAffinity":{}},"initContainers":[{"name":"init"}]},"status":{"phase":"Running"}}`,
			`{"id":"p","resourceVersion":7,"creationTimestamp":"2020-01-01T00:00:00Z","deletionTimestamp":"2020-01-01T00:00:00Z","labels":{"x":"y"},
			  "desiredState":{"status":"Terminated","manifest":{"containers":[{"name":"c","image":"j"}]}},"currentState":{"status":"Terminated","host":"other"}}`,
			`{"metadata":{"name":"p","creationTimestamp":"2014-09-01T01:02:03Z","uid":"u","resourceVersion":"7","labels":{"x":"y"},"ownerReferences":[{"name":"o"}]},
			  "spec":{"containers":[{"name":"c","image":"j"}],"affinity":{"podAffinity":{}},"initContainers":[{"name":"init"}]},"status":{"phase":"Running"}}`},
		{"a version that v1beta1 cannot show stays",
			`{"metadata":{"name":"p","resourceVersion":"x"},"spec":{` + oneContainer + `}}`,
			`{"id":"p","desiredState":{"manifest":{` + oneContainer + `}}}`,
			`{"metadata":{"name":"p","resourceVersion":"x"},"spec":{` + oneContainer + `}}`},
		{"containers are found by name",
			`{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a","tty":true},{"name":"b","stdin":true}]}}`,
			`{"id":"p","desiredState":{"manifest":{"containers":[{"name":"b"},{"name":"new"},{"name":"a"}]}}}`,
			`{"metadata":{"name":"p"},"spec":{"containers":[{"name":"b","stdin":true},{"name":"new"},{"name":"a","tty":true}]}}`},
	})
}

func TestRestartPolicies(t *testing.T) {
	t.Parallel()
	set := &struct{}{}
	for core, policy := range map[corev1.RestartPolicy]wire.RestartPolicy{
		corev1.RestartPolicyAlways: {Always: set}, corev1.RestartPolicyOnFailure: {OnFailure: set}, corev1.RestartPolicyNever: {Never: set}, "": {},
	} {
		if got := RestartPolicyToCore(policy); got != core {
			t.Errorf("%+v becomes %q, want %q", policy, got, core)
		}
		if got := restartPolicyFromCore(core); got != policy {
			t.Errorf("%q is shown as %+v, want %+v", core, got, policy)
		}
	}
	for want, policy := range map[corev1.RestartPolicy]wire.RestartPolicy{
		corev1.RestartPolicyAlways: {Always: set, OnFailure: set, Never: set}, corev1.RestartPolicyNever: {OnFailure: set, Never: set},
	} {
		if got := RestartPolicyToCore(policy); got != want {
			t.Errorf("of several, %+v, %q counts, want %q", policy, got, want)
		}
	}
}

func TestPodStatus(t *testing.T) {
	t.Parallel()
	shown(t, func(p *corev1.Pod) *wire.PodState { s := podStatusFromCore(p); return &s }, []example{
		{"waiting", `{"status":{"phase":"Pending","message":"no room"}}`, `{"status":"Waiting","message":"no room"}`},
		{"running",
			`{"spec":{"nodeName":"m"},"status":{"phase":"Running","hostIP":"10.0.0.1","podIP":"10.1.0.1","conditions":[{"type":"Ready","status":"True"},{"type":"Initialized","status":"False"},{"type":"X","status":"Unknown"}],
			  "containerStatuses":[{"name":"c","ready":true,"restartCount":2,"image":"i","imageID":"x","containerID":"docker://1","state":{"running":{"startedAt":"2014-10-01T00:00:00Z"}},
			    "lastState":{"terminated":{"exitCode":3,"signal":9,"reason":"Error","message":"m","startedAt":"2014-09-30T00:00:00Z","finishedAt":"2014-10-01T00:00:00Z","containerID":"docker://0"}}}]}}`,
			`{"status":"Running","host":"m","hostIP":"10.0.0.1","podIP":"10.1.0.1","Condition":[{"kind":"Ready","status":"Full"},{"kind":"Initialized","status":"None"},{"kind":"X","status":"Unknown"}],
			  "info":{"POD":{"podIP":"10.1.0.1"},"net":{"NetworkSettings":{"IPAddress":"10.1.0.1"}},
			    "c":{"ready":true,"restartCount":2,"image":"i","imageID":"x","containerID":"docker://1","state":{"running":{"startedAt":"2014-10-01T00:00:00Z"}},
			      "lastState":{"termination":{"exitCode":3,"signal":9,"reason":"Error","message":"m","startedAt":"2014-09-30T00:00:00Z","finishedAt":"2014-10-01T00:00:00Z","containerID":"docker://0"}}}}}`},
		{"without an address", `{"status":{"phase":"Failed","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"Pull"}}}]}}`,
			`{"status":"Terminated","info":{"c":{"state":{"waiting":{"reason":"Pull"}}}}}`},
	})
}

func TestPodStatusUpdates(t *testing.T) {
	t.Parallel()
	updated(t, PodStatusToCore, []update{
		{"everything that v1beta1 has",
			`{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a"},{"name":"b"}]},"status":{"qosClass":"Guaranteed"}}`,
			`{"id":"other","labels":{"ignored":"x"},"currentState":{"status":"Succeeded","message":"m","hostIP":"10.0.0.1","podIP":"10.1.0.1","Condition":[{"kind":"Ready","status":"None"},{"status":"Full"}],
			  "info":{"b":{"ready":true},"a":{"restartCount":1},"POD":{"podIP":"10.1.0.1"},"net":{}}}}`,
			`{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a"},{"name":"b"}]},"status":{"qosClass":"Guaranteed","phase":"Succeeded","message":"m","hostIP":"10.0.0.1","hostIPs":[{"ip":"10.0.0.1"}],
			  "podIP":"10.1.0.1","podIPs":[{"ip":"10.1.0.1"}],"conditions":[{"type":"Ready","status":"False"},{"type":"kubernetes-mesos/no-kind","status":"True"}],
			  "containerStatuses":[{"name":"a","restartCount":1},{"name":"b","ready":true}]}}`},
		{"second addresses stay with the first",
			`{"status":{"podIP":"10.1.0.1","podIPs":[{"ip":"10.1.0.1"},{"ip":"fd00::1"}]}}`,
			`{"currentState":{"podIP":"10.1.0.1"}}`,
			`{"status":{"podIP":"10.1.0.1","podIPs":[{"ip":"10.1.0.1"},{"ip":"fd00::1"}]}}`},
		{"and go with it",
			`{"status":{"podIP":"10.1.0.1","podIPs":[{"ip":"10.1.0.1"},{"ip":"fd00::1"}]}}`, `{"currentState":{}}`, `{}`},
		{"a condition's time and reason stay",
			`{"status":{"conditions":[{"type":"Ready","status":"True","reason":"r","lastTransitionTime":"2014-10-01T00:00:00Z"}]}}`,
			`{"currentState":{"Condition":[{"kind":"Ready","status":"None"}]}}`,
			`{"status":{"conditions":[{"type":"Ready","status":"False","reason":"r","lastTransitionTime":"2014-10-01T00:00:00Z"}]}}`},
		{"a container that is called like the infrastructure",
			`{"spec":{"containers":[{"name":"net"}]}}`, `{"currentState":{"info":{"net":{"ready":true},"POD":{}}}}`,
			`{"spec":{"containers":[{"name":"net"}]},"status":{"containerStatuses":[{"name":"net","ready":true}]}}`},
		{"statuses keep their order, new ones follow by name",
			`{"status":{"containerStatuses":[{"name":"z"},{"name":"y"}]}}`,
			`{"currentState":{"info":{"y":{},"z":{},"b":{},"a":{}}}}`,
			`{"status":{"containerStatuses":[{"name":"z"},{"name":"y"},{"name":"a"},{"name":"b"}]}}`},
		{"an unknown word changes no phase", `{"status":{"phase":"Running"}}`, `{"currentState":{"status":"Dancing"}}`, `{"status":{"phase":"Running"}}`},
	})
}

func TestStatusWords(t *testing.T) {
	t.Parallel()
	for word, phase := range map[string]corev1.PodPhase{
		"Waiting": "Pending", "Running": "Running", "Succeeded": "Succeeded", "Terminated": "Failed", "Unknown": "Unknown", "": "",
	} {
		if got, ok := PodPhase(word); got != phase || !ok {
			t.Errorf("%q is the phase %q, %t", word, got, ok)
		}
		if got := PodWord(phase); got != word {
			t.Errorf("%q has the word %q", phase, got)
		}
	}
	if _, ok := PodPhase("Pending"); ok {
		t.Error("a word of core is accepted")
	}
	if PodWord("New") != "New" {
		t.Error("an unknown phase is not shown as it is")
	}
}
