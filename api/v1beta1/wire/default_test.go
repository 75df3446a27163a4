package wire

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
)

// defaulter is a kind with defaults.
type defaulter[T any] interface {
	*T
	Default()
}

// becomes decodes an object, fills in its defaults, and compares it with another one.
func becomes[T any, P defaulter[T]](t *testing.T, sent, want string) {
	t.Helper()
	got, wanted := P(new(T)), P(new(T))
	if err := json.Unmarshal([]byte(sent), got); err != nil {
		t.Fatalf("%v: %s", err, sent)
	}
	if err := json.Unmarshal([]byte(want), wanted); err != nil {
		t.Fatalf("%v: %s", err, want)
	}
	got.Default()
	if !equal.DeepEqual(got, wanted) {
		t.Errorf("%s becomes\n%+v, want\n%+v", sent, got, wanted)
	}
}

func TestContainerDefaults(t *testing.T) {
	t.Parallel()
	const rest = `"terminationMessagePath":"/dev/termination-log","imagePullPolicy":"PullIfNotPresent"`
	becomes[Container](t, `{}`, `{`+rest+`}`)
	becomes[Container](t, `{"terminationMessagePath":"/x","imagePullPolicy":"PullNever"}`,
		`{"terminationMessagePath":"/x","imagePullPolicy":"PullNever"}`)
	becomes[Container](t, `{"ports":[{"containerPort":1},{"containerPort":2,"protocol":"udp"}]}`,
		`{"ports":[{"containerPort":1,"protocol":"TCP"},{"containerPort":2,"protocol":"udp"}],`+rest+`}`)
	becomes[Container](t, `{"livenessProbe":{"httpGet":{"port":80}},"readinessProbe":{"timeoutSeconds":5,"exec":{"command":["x"]}}}`,
		`{"livenessProbe":{"httpGet":{"port":80,"path":"/"},"timeoutSeconds":1},"readinessProbe":{"timeoutSeconds":5,"exec":{"command":["x"]}},`+rest+`}`)
	becomes[Container](t, `{"lifecycle":{"postStart":{"httpGet":{"port":80}},"preStop":{"httpGet":{"path":"/bye","port":80}}}}`,
		`{"lifecycle":{"postStart":{"httpGet":{"port":80,"path":"/"}},"preStop":{"httpGet":{"path":"/bye","port":80}}},`+rest+`}`)
	becomes[Container](t, `{"lifecycle":{}}`, `{"lifecycle":{},`+rest+`}`)
}

// Only the text after the last colon decides whether an image is pulled again.
func TestDefaultPullPolicy(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"": "PullIfNotPresent", "busybox": "PullIfNotPresent", "busybox:1": "PullIfNotPresent",
		"busybox:latest": "PullAlways", "registry:5000/x": "PullIfNotPresent", "registry:5000/x:latest": "PullAlways",
		"latest": "PullAlways", "x:latest-1": "PullIfNotPresent",
	} {
		c := Container{Image: image}
		if c.Default(); c.ImagePullPolicy != want {
			t.Errorf("%s: %s, want %s", image, c.ImagePullPolicy, want)
		}
	}
}

func TestManifestDefaults(t *testing.T) {
	t.Parallel()
	becomes[ContainerManifest](t, `{}`, `{"dnsPolicy":"ClusterFirst","restartPolicy":{"always":{}}}`)
	becomes[ContainerManifest](t, `{"dnsPolicy":"Default","restartPolicy":{"never":{}}}`, `{"dnsPolicy":"Default","restartPolicy":{"never":{}}}`)
	// On the host's network a container port is the host's.
	const ports = `{"hostNetwork":%t,"dnsPolicy":"Default","restartPolicy":{"never":{}},"containers":[{"terminationMessagePath":"x","imagePullPolicy":"PullNever","ports":[{"protocol":"TCP","containerPort":80%s},{"protocol":"TCP","containerPort":81,"hostPort":82}]}]}`
	becomes[ContainerManifest](t, fmt.Sprintf(ports, true, ``), fmt.Sprintf(ports, true, `,"hostPort":80`))
	becomes[ContainerManifest](t, fmt.Sprintf(ports, false, ``), fmt.Sprintf(ports, false, ``))
}

func TestOtherDefaults(t *testing.T) {
	t.Parallel()
	const manifest = `{"dnsPolicy":"ClusterFirst","restartPolicy":{"always":{}}}`
	becomes[Pod](t, `{"currentState":{}}`, `{"desiredState":{"manifest":`+manifest+`}}`)
	becomes[ReplicationController](t, `{}`, `{"desiredState":{"podTemplate":{"desiredState":{"manifest":`+manifest+`}}}}`)
	becomes[Service](t, `{}`, `{"protocol":"TCP","sessionAffinity":"None"}`)
	becomes[Service](t, `{"protocol":"udp","sessionAffinity":"ClientIP"}`, `{"protocol":"udp","sessionAffinity":"ClientIP"}`)
	becomes[Minion](t, `{"id":"m"}`, `{"id":"m","externalID":"m"}`)
	becomes[Minion](t, `{"id":"m","externalID":"x"}`, `{"id":"m","externalID":"x"}`)
	becomes[Secret](t, `{}`, `{"type":"Opaque"}`)
	becomes[Secret](t, `{"type":"x"}`, `{"type":"x"}`)
}

// An event without a first time has happened once, at its timestamp.
func TestEventDefaults(t *testing.T) {
	t.Parallel()
	at, later := metav1.NewTime(time.Unix(1e9, 0)), metav1.NewTime(time.Unix(2e9, 0))
	old := Event{Timestamp: at, Count: 7}
	if old.Default(); old.FirstTimestamp != at || old.LastTimestamp != at || old.Count != 1 {
		t.Errorf("an old event: %+v", old)
	}
	current := Event{Timestamp: at, FirstTimestamp: later, LastTimestamp: later, Count: 7}
	if current.Default(); current.FirstTimestamp != later || current.LastTimestamp != later || current.Count != 7 {
		t.Errorf("a current event: %+v", current)
	}
}

// idempotent checks that defaults change nothing that has them already.
func idempotent[T any, P defaulter[T]](t *testing.T) {
	t.Helper()
	t.Run(fmt.Sprintf("%T", *new(T)), func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			seed := rapid.Uint64().Draw(t, "seed")
			once, twice := P(new(T)), P(new(T))
			filler(seed).Fill(once)
			filler(seed).Fill(twice)
			once.Default()
			twice.Default()
			twice.Default()
			if !equal.DeepEqual(once, twice) {
				t.Fatalf("the second time changes\n%+v to\n%+v", once, twice)
			}
		})
	})
}

func TestDefaultsAreIdempotent(t *testing.T) {
	t.Parallel()
	idempotent[Pod](t)
	idempotent[ReplicationController](t)
	idempotent[Service](t)
	idempotent[Event](t)
	idempotent[Minion](t)
	idempotent[Secret](t)
}
