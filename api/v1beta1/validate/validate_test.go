package validate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// faults returns causes as "Reason field", without the common beginning.
func faults(c Causes) []string {
	var out []string
	for _, f := range c {
		out = append(out, strings.TrimSpace(strings.TrimPrefix(f.Reason, "FieldValue")+" "+f.Field))
	}
	return out
}

func decode[T any](t *testing.T, text string) *T {
	t.Helper()
	out := new(T)
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Each text holds the members of a pod's only container, apart from name and image.
func TestContainers(t *testing.T) {
	t.Parallel()
	const at = " spec.containers[0]."
	for text, want := range map[string][]string{
		``: nil,
		`"ports":[{"containerPort":80,"name":"a-name-of-many-letters","protocol":"udp"}]`:                               nil,
		`"ports":[{"containerPort":0},{"containerPort":65536,"hostPort":-1}]`:                                           {"Invalid" + at + "ports[0].containerPort", "Invalid" + at + "ports[1].containerPort", "Invalid" + at + "ports[1].hostPort"},
		`"ports":[{"containerPort":1,"name":"Bad"},{"containerPort":2,"name":"a"},{"containerPort":3,"name":"a"}]`:      {"Invalid" + at + "ports[0].name", "Duplicate" + at + "ports[2].name"},
		`"ports":[{"containerPort":1,"protocol":"SCTP"}]`:                                                               {"NotSupported" + at + "ports[0].protocol"},
		`"ports":[{"containerPort":1,"hostPort":9,"protocol":"TCP"},{"containerPort":1,"hostPort":9,"protocol":"UDP"}]`: {"Duplicate" + at + "port"},
		`"env":[{"value":"x"},{"key":"OLD","value":"x"},{"name":"a-b"}]`:                                                {"Required" + at + "env[0].name", "Invalid" + at + "env[0].name", "Invalid" + at + "env[2].name"},
		`"volumeMounts":[{"name":"v","path":"/x"},{"name":"none"},{"mountPath":"/y"}]`:                                  {"NotFound" + at + "volumeMounts[1].name", "Required" + at + "volumeMounts[1].mountPath", "Required" + at + "volumeMounts[2].name"},
		`"imagePullPolicy":"Always"`:              nil,
		`"imagePullPolicy":"PullOften"`:           {"NotSupported" + at + "pullPolicy"},
		`"livenessProbe":{}`:                      {"Invalid" + at + "livenessProbe"},
		`"livenessProbe":{"exec":{}}`:             {"Required" + at + "livenessProbe.exec.command"},
		`"readinessProbe":{"httpGet":{"port":0}}`: {"Invalid" + at + "readinessProbe.httpGet.port"},
		`"readinessProbe":{"tcpSocket":{"port":""},"initialDelaySeconds":-1,"timeoutSeconds":-1}`: {"Required" + at + "readinessProbe.tcpSocket.port", "Invalid" + at + "readinessProbe.initialDelay", "Invalid" + at + "readinessProbe.timeout"},
		`"livenessProbe":{"tcpSocket":{"port":1},"exec":{"command":["x"]}}`:                       {"Invalid" + at + "livenessProbe"},
		`"lifecycle":{"postStart":{},"preStop":{"exec":{"command":["x"]}}}`:                       {"Invalid" + at + "lifecycle.postStart"},
		`"privileged":true`: {"Forbidden" + at + "privileged"},
		`"resources":{"limits":{"cpu":"1","wish":1,"a.b/c":1}}`: {"Invalid" + at + "resources.resources.limits[wish]"},
		`"cpu":-1,"memory":-1`: {"", ""},
	} {
		pod := decode[wire.Pod](t, `{"id":"p","namespace":"default","desiredState":{"manifest":{"volumes":[{"name":"v"}],"containers":[{"name":"c","image":"i"`+comma(text)+`}]}}}`)
		pod.Default()
		if got := faults(Rules{}.Pod(pod)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func comma(text string) string {
	if text == "" {
		return ""
	}
	return "," + text
}

func TestPods(t *testing.T) {
	t.Parallel()
	const containers = `"containers":[{"name":"c","image":"i"}]`
	for text, want := range map[string][]string{
		`{"id":"a.b-c","namespace":"n","desiredState":{"manifest":{` + containers + `}}}`:                            nil,
		`{"id":"` + strings.Repeat("a", 254) + `","namespace":"n","desiredState":{"manifest":{` + containers + `}}}`: {"Invalid metadata.name"},
		`{"generateName":"gen-","namespace":"n","desiredState":{"manifest":{` + containers + `}}}`:                   nil,
		`{"generateName":"-","namespace":"n","desiredState":{"manifest":{` + containers + `}}}`:                      {"Invalid metadata.generateName"},
		`{}`: {"Required metadata.name", "Required metadata.namespace", "Required spec.containers"},
		`{"id":"p","namespace":"N","labels":{"":"x","k":"no blank"},"annotations":{"a b":""},"nodeSelector":{"k k":""},"desiredState":{"manifest":{` + containers + `,"dnsPolicy":"X"}}}`: {
			"Invalid metadata.namespace", "Invalid metadata.labels", "Invalid metadata.labels", "Invalid metadata.annotations", "NotSupported spec.dnsPolicy", "Invalid spec.nodeSelector"},
		`{"id":"p","namespace":"n","annotations":{"a":"` + strings.Repeat("x", 1<<16) + `"},"desiredState":{"manifest":{` + containers + `}}}`: {"TooLong metadata.annotations"},
		`{"id":"p","namespace":"n","desiredState":{"manifest":{"containers":[{"name":"X"},{"name":"c","image":"i"},{"name":"c","image":"i"}]}}}`: {
			"Invalid spec.containers[0].name", "Required spec.containers[0].image", "Duplicate spec.containers[2].name"},
		`{"id":"p","namespace":"n","desiredState":{"manifest":{` + containers + `,"volumes":[{"name":"a","source":{"hostDir":{}}},{"name":"B"},{"name":"d","source":{"nfs":{}}},{"name":"d","source":{"emptyDir":{},"gitRepo":{}}},{"source":{"persistentDisk":{"partition":300}}},{"name":"s","source":{"secret":{}}},{"name":"e"},{"name":"e"}]}}}`: {
			"Required spec.volumes[0].source.hostPath.path", "Invalid spec.volumes[1].name",
			"Required spec.volumes[2].source.nfs.server", "Required spec.volumes[2].source.nfs.path", "Invalid spec.volumes[2].source.nfs.path",
			"Required spec.volumes[3].source.gitRepo.repository", "Invalid spec.volumes[3].source",
			"Required spec.volumes[4].source.persistentDisk.pdName", "Required spec.volumes[4].source.persistentDisk.fsType", "Invalid spec.volumes[4].source.persistentDisk.partition", "Required spec.volumes[4].name",
			"Required spec.volumes[5].source.secret.secretName", "Duplicate spec.volumes[7].name"},
		`{"id":"p","namespace":"n","desiredState":{"manifest":{"hostNetwork":true,"containers":[{"name":"c","image":"i","ports":[{"containerPort":80},{"containerPort":81,"hostPort":82}]}]}}}`: {
			"Invalid spec.hostNetwork.containerPort"},
	} {
		pod := decode[wire.Pod](t, text)
		pod.Default()
		if got := faults(Rules{}.Pod(pod)); !slices.Equal(got, want) {
			t.Errorf("%.200s: %q, want %q", text, got, want)
		}
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	var r Rules
	for name, c := range map[string]struct {
		got  Causes
		want []string
	}{
		"controller": {r.Controller(decode[wire.ReplicationController](t, `{"id":"rc","namespace":"n","desiredState":{"replicas":2,"replicaSelector":{"a":"b"},"podTemplate":{"labels":{"a":"c"},"desiredState":{"manifest":{"dnsPolicy":"Default","restartPolicy":{"never":{}},"volumes":[{"name":"d","source":{"persistentDisk":{"pdName":"x","fsType":"ext4"}}}],"containers":[{"name":"c","image":"i","imagePullPolicy":"PullAlways"}]}}}}}`)),
			[]string{"Invalid spec.template.labels", "Invalid spec.template.spec.volumes.GCEPersistentDisk.ReadOnly", "NotSupported spec.template.restartPolicy"}},
		"service": {r.Service(decode[wire.Service](t, `{"id":"1s","namespace":"n","port":70000,"protocol":"X","containerPort":"","selector":{"k k":""},"sessionAffinity":"X","portalIP":"x","publicIPs":["127.0.0.1","0.0.0.0","1.2.3.4","any text"]}`)),
			[]string{"Invalid metadata.name", "Invalid spec.port", "NotSupported spec.protocol", "Required spec.containerPort", "Invalid spec.selector", "NotSupported spec.sessionAffinity", "Invalid spec.portalIP", "Invalid spec.publicIPs", "Invalid spec.publicIPs"}},
		"service's port": {r.Service(decode[wire.Service](t, `{"id":"s","namespace":"n","port":1,"protocol":"tcp","containerPort":-1,"sessionAffinity":"None","portalIP":"None"}`)),
			[]string{"Invalid spec.containerPort"}},
		"endpoints": {r.Endpoints(decode[wire.Endpoints](t, `{"id":"e","namespace":"n","subsets":[{}]}`)),
			[]string{"Required subsets[0].addresses", "Required subsets[0].ports"}},
		"old endpoints": {r.Endpoints(decode[wire.Endpoints](t, `{"id":"e","namespace":"n","endpoints":["10.0.0.1:80","[::1]:80","x:80","10.0.0.1"]}`)),
			[]string{"Invalid endpoints[2]", "Invalid endpoints[3]"}},
		"minion": {r.Minion(decode[wire.Minion](t, `{"id":"M","resources":{"capacity":{"cpu":-1}}}`)),
			[]string{"Invalid metadata.name", "Invalid status.Capacity[cpu]"}},
		"event": {r.Event(decode[wire.Event](t, `{"namespace":"N","involvedObject":{"namespace":"m"}}`)),
			[]string{"Invalid involvedObject.namespace", "Invalid namespace", "Required metadata.name"}},
		"event of a node":  {r.Event(decode[wire.Event](t, `{"id":"e","namespace":"n","involvedObject":{"kind":"Node"}}`)), nil},
		"namespace":        {r.Namespace(decode[wire.Namespace](t, `{"id":"ok","spec":{"finalizers":["no good"]}}`)), []string{"Invalid spec.finalizers"}},
		"secret":           {r.Secret(&wire.Secret{Meta: wire.Meta{ID: "s", Namespace: "n"}, Data: map[string][]byte{"A": make([]byte, 1<<20), "b": {1}}}), []string{"Invalid data[A]", "Forbidden data"}},
		"limits":           {r.LimitRange(decode[wire.LimitRange](t, `{"id":"l","namespace":"n","spec":{"limits":[{"max":{"wish":1},"min":{"cpu":"1"}}]}}`)), []string{"Invalid spec.limits[0].max[wish]"}},
		"quota":            {r.Quota(decode[wire.ResourceQuota](t, `{"id":"q","namespace":"n","spec":{"hard":{"wish":1}}}`)), []string{"Invalid"}},
		"binding":          {r.Binding(&wire.Binding{PodID: "p"}), []string{"Required to.name"}},
		"privileged":       {Rules{AllowPrivileged: true}.Pod(privileged()), nil},
		"not the client's": {Causes{{Field: "a"}, {Field: "b"}}.Without(Causes{{Field: "a"}}), []string{"b"}},
	} {
		if got := faults(c.got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		for _, cause := range c.got {
			if cause.Reason != "" && !strings.HasPrefix(cause.Message, cause.Field+": ") {
				t.Errorf("%s: %q does not name its field", name, cause.Message)
			}
		}
	}
}

func privileged() *wire.Pod {
	p := &wire.Pod{Meta: wire.Meta{ID: "p", Namespace: "n"}}
	p.DesiredState.Manifest.Containers = []wire.Container{{Name: "c", Image: "i", Privileged: true}}
	p.Default()
	return p
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	stored := &wire.Service{Meta: wire.Meta{UID: "u", ResourceVersion: 7}, PortalIP: "10.0.0.1"}
	same := *stored
	if c := append(Same(&same.Meta, &stored.Meta), ServiceUpdate(&same, stored)...); len(c) != 0 {
		t.Errorf("nothing is wrong: %v", c)
	}
	other := &wire.Service{Meta: wire.Meta{UID: "v"}}
	got := faults(append(Same(&other.Meta, &stored.Meta), ServiceUpdate(other, stored)...))
	if want := []string{"Invalid metadata.uid", "Invalid metadata.resourceVersion", "Invalid spec.portalIP"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for want, c := range map[string]Causes{"Invalid spec": PodSpec(true), "Invalid spec.containers": PodSpec(false), "Invalid status.host": Host("h"), "Invalid resourceVersion": Version("x")} {
		if got := fmt.Sprint(strings.Join(faults(c), ",")); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
