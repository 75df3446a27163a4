package convert

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// The directions of a container, without original fields.
func fromContainer(c *corev1.Container) *wire.Container {
	out := containerFromCore(c, &containerOriginals{})
	return &out
}

func toContainer(w *wire.Container, stored *corev1.Container) *corev1.Container {
	out := containerToCore(w, stored, &containerOriginals{})
	return &out
}

func TestContainer(t *testing.T) {
	t.Parallel()
	both(t, fromContainer, toContainer, []example{
		{"program",
			`{"name":"c","image":"i","command":["sh"],"args":["-c","x"],"workingDir":"/w","terminationMessagePath":"/t","imagePullPolicy":"Never"}`,
			`{"name":"c","image":"i","entrypoint":["sh"],"command":["-c","x"],"workingDir":"/w","terminationMessagePath":"/t","imagePullPolicy":"PullNever"}`},
		{"ports",
			`{"ports":[{"name":"web","hostPort":8080,"containerPort":80,"protocol":"TCP","hostIP":"1.2.3.4"},{"containerPort":53,"protocol":"UDP"}]}`,
			`{"ports":[{"name":"web","hostPort":8080,"containerPort":80,"protocol":"TCP","hostIP":"1.2.3.4"},{"containerPort":53,"protocol":"UDP"}]}`},
		{"environment",
			`{"env":[{"name":"A","value":"b"},{"name":"EMPTY"}]}`,
			`{"env":[{"name":"A","key":"A","value":"b"},{"name":"EMPTY","key":"EMPTY"}]}`},
		{"mounts",
			`{"volumeMounts":[{"name":"v","readOnly":true,"mountPath":"/v"}]}`,
			`{"volumeMounts":[{"name":"v","readOnly":true,"mountPath":"/v","path":"/v"}]}`},
		{"resources",
			`{"resources":{"limits":{"cpu":"250m","memory":"64Mi","example.com/gpu":"2"}}}`,
			`{"cpu":250,"memory":67108864,"resources":{"limits":{"cpu":"0.25","memory":67108864,"example.com/gpu":2}}}`},
		{"security",
			`{"securityContext":{"privileged":true,"capabilities":{"add":["NET_ADMIN"],"drop":["MKNOD"]}}}`,
			`{"privileged":true,"capabilities":{"add":["NET_ADMIN"],"drop":["MKNOD"]}}`},
		{"pull policies", `{"imagePullPolicy":"IfNotPresent"}`, `{"imagePullPolicy":"PullIfNotPresent"}`},
	})
}

// What a client may write in more than one way.
func TestContainerAliases(t *testing.T) {
	t.Parallel()
	created(t, toContainer, []example{
		{"old name of a variable", `{"env":[{"name":"OLD","value":"x"}]}`, `{"env":[{"key":"OLD","value":"x"}]}`},
		{"new name comes first", `{"env":[{"name":"NEW"}]}`, `{"env":[{"key":"OLD","name":"NEW"}]}`},
		{"old name of a mount's path", `{"volumeMounts":[{"name":"v","mountPath":"/old"}]}`, `{"volumeMounts":[{"name":"v","path":"/old","mountType":"x"}]}`},
		{"new path comes first", `{"volumeMounts":[{"name":"v","mountPath":"/new"}]}`, `{"volumeMounts":[{"name":"v","path":"/old","mountPath":"/new"}]}`},
		{"cpu and memory alone", `{"resources":{"limits":{"cpu":"1500m","memory":"1Ki"}}}`, `{"cpu":1500,"memory":1024}`},
		{"cpu and memory win", `{"resources":{"limits":{"cpu":"100m","memory":"1Ki"}}}`, `{"cpu":100,"memory":1024,"resources":{"limits":{"cpu":"2","memory":5}}}`},
		{"pull policy of core", `{"imagePullPolicy":"Always"}`, `{"imagePullPolicy":"Always"}`},
		{"protocol in small letters", `{"ports":[{"containerPort":1,"protocol":"UDP"}]}`, `{"ports":[{"containerPort":1,"protocol":"udp"}]}`},
	})
}

// What v1beta1 does not show of a container survives an update, or yields to it.
func TestContainerUpdates(t *testing.T) {
	t.Parallel()
	updated(t, toContainer, []update{
		{"unknown members stay",
			`{"name":"c","image":"i","stdin":true,"envFrom":[{"prefix":"x"}],"startupProbe":{"exec":{"command":["a"]}}}`,
			`{"name":"c","image":"j"}`,
			`{"name":"c","image":"j","stdin":true,"envFrom":[{"prefix":"x"}],"startupProbe":{"exec":{"command":["a"]}}}`},
		{"a value from elsewhere stays",
			`{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}`,
			`{"env":[{"name":"A"},{"name":"B","value":"b"}]}`,
			`{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},{"name":"B","value":"b"}]}`},
		{"a value from elsewhere yields to a value",
			`{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}`,
			`{"env":[{"name":"A","value":"a"}]}`,
			`{"env":[{"name":"A","value":"a"}]}`},
		{"a mount's sub-path stays, also elsewhere in the list",
			`{"volumeMounts":[{"name":"v","mountPath":"/v","subPath":"s"},{"name":"w","mountPath":"/w","subPath":"t"}]}`,
			`{"volumeMounts":[{"name":"w","mountPath":"/w"},{"name":"v","mountPath":"/v","readOnly":true}]}`,
			`{"volumeMounts":[{"name":"w","mountPath":"/w","subPath":"t"},{"name":"v","mountPath":"/v","subPath":"s","readOnly":true}]}`},
		{"a mount at another path is another mount",
			`{"volumeMounts":[{"name":"v","mountPath":"/v","subPath":"s"}]}`,
			`{"volumeMounts":[{"name":"v","mountPath":"/x"}]}`,
			`{"volumeMounts":[{"name":"v","mountPath":"/x"}]}`},
		{"a finer amount stays",
			`{"resources":{"limits":{"cpu":"100100u","memory":"1500m"}}}`,
			`{"resources":{"limits":{"cpu":"0.101","memory":2}}}`,
			`{"resources":{"limits":{"cpu":"100100u","memory":"1500m"}}}`},
		{"amounts beyond any machine stay",
			`{"resources":{"limits":{"memory":"10Pi","example.com/bytes":"9223372036854775807"}}}`,
			`{"resources":{"limits":{"memory":11258999068426240,"example.com/bytes":9223372036854775807}}}`,
			`{"resources":{"limits":{"memory":"10Pi","example.com/bytes":"9223372036854775807"}}}`},
		{"limits are removed",
			`{"resources":{"limits":{"cpu":"1"}}}`, `{}`, `{}`},
		{"security of the container stays",
			`{"securityContext":{"runAsUser":7,"privileged":true}}`, `{"privileged":true,"image":"j"}`, `{"image":"j","securityContext":{"runAsUser":7,"privileged":true}}`},
		{"capabilities are replaced",
			`{"securityContext":{"runAsUser":7,"capabilities":{"add":["A"]}}}`, `{"capabilities":{"drop":["B"]}}`, `{"securityContext":{"runAsUser":7,"capabilities":{"drop":["B"]}}}`},
	})
}

// Core distinguishes an absent privilege from a refused one; a client that does not
// change it leaves either.
func TestAbsentIsNotFalse(t *testing.T) {
	t.Parallel()
	no, yes := false, true
	for name, c := range map[string]struct {
		stored *corev1.SecurityContext
		sent   bool
		want   *bool
	}{
		"absent stays":      {&corev1.SecurityContext{}, false, nil},
		"false stays":       {&corev1.SecurityContext{Privileged: &no}, false, &no},
		"true is revoked":   {&corev1.SecurityContext{Privileged: &yes}, false, &no},
		"absent is given":   {&corev1.SecurityContext{}, true, &yes},
		"no context at all": {nil, true, &yes},
	} {
		got := securityToCore(&wire.Container{Privileged: c.sent}, c.stored)
		if (got.Privileged == nil) != (c.want == nil) || got.Privileged != nil && *got.Privileged != *c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := securityToCore(&wire.Container{}, nil); got != nil {
		t.Errorf("a context is made from nothing: %v", got)
	}
}

// A request is not shown if core has made it from the limit, unless the client once
// stated it.
func TestImpliedRequests(t *testing.T) {
	t.Parallel()
	limited := &corev1.ResourceRequirements{
		Limits:   corev1.ResourceList{"cpu": resource.MustParse("1"), "memory": resource.MustParse("1Ki")},
		Requests: corev1.ResourceList{"cpu": resource.MustParse("1000m"), "memory": resource.MustParse("512")},
	}
	if r := requirementsFromCore(limited, &containerOriginals{}); len(r.Requests) != 1 || r.Requests["memory"].Whole() != 512 {
		t.Errorf("shown %v, want the memory only", r.Requests)
	}
	if r := requirementsFromCore(limited, &containerOriginals{Requests: []string{"cpu"}}); len(r.Requests) != 2 {
		t.Errorf("shown %v, want the stated one, too", r.Requests)
	}
	delete(limited.Requests, "memory")
	if r := requirementsFromCore(limited, &containerOriginals{}); r.Requests != nil {
		t.Errorf("shown %v, want none", r.Requests)
	}
}
