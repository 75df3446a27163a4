package validate

import (
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// podWith returns a pod with one container, whose members besides name and image are
// given, and a volume v.
func podWith(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"id":"p","namespace":"default","desiredState":{"manifest":{"volumes":[{"name":"v"}],"containers":[{"name":"c","image":"i"` + members + `}]}}}`
}

// inContainer completes rows for a pod's only container: the text AT stands for the
// beginning of its fields.
func inContainer(rows []faulty) []faulty {
	for i := range rows {
		rows[i].json = podWith(rows[i].json)
		for j := range rows[i].want {
			rows[i].want[j] = strings.ReplaceAll(rows[i].want[j], "AT", "spec.containers[0]")
		}
	}
	return rows
}

func TestContainer(t *testing.T) {
	t.Parallel()
	checkAll(t, Rules{}.Pod, inContainer([]faulty{
		{"plain", ``, nil},
		{"pull policy of core", `"imagePullPolicy":"Always"`, nil},
		{"pull policy", `"imagePullPolicy":"PullOften"`, []string{
			"NotSupported AT.pullPolicy: unsupported value 'PullOften': use PullAlways, PullNever or PullIfNotPresent",
		}},
		{"privileged", `"privileged":true`, []string{
			"Forbidden AT.privileged: forbidden: this server does not allow privileged containers",
		}},
		{"limits", `"resources":{"limits":{"cpu":"1","wish":1,"a.b/c":1}}`, []string{
			"Invalid AT.resources.resources.limits[wish]: invalid value 'wish': " + resourceRule,
		}},
		{"negative amounts", `"cpu":-1,"memory":-2,"resources":{"limits":{"cpu":"-0.5"},"requests":{"memory":-3}}`, []string{
			"AT.cpu: invalid value '-1': use 0 or more",
			"AT.memory: invalid value '-2': use 0 or more",
			"AT.resources.limits[cpu]: invalid value '-0.5': use 0 or more",
			"AT.resources.requests[memory]: invalid value '-3': use 0 or more",
		}},
		{"amounts beyond any", `"cpu":9000000000000001,"memory":9223372036854775807`, []string{
			"AT.cpu: invalid value '9000000000000001': use at most 9e+15",
		}},
		{"no name", `"name":""`, []string{
			"Required AT.name: required value: give the container a name",
		}},
		{"name of two parts", `"name":"a.b"`, []string{
			"Invalid AT.name: invalid value 'a.b': " + labelRule,
		}},
		{"no image", `"image":""`, []string{
			"Required AT.image: required value: name the image to run",
		}},
	}))
}

// A refusal of privileges ends in the hint of how to allow them, if there is one.
func TestPrivileged(t *testing.T) {
	t.Parallel()
	pod := decode[wire.Pod](t, podWith(`"privileged":true`))
	pod.Default()
	for hint, want := range map[string]string{
		"":            "this server does not allow privileged containers",
		"flag -allow": "this server does not allow privileged containers (flag -allow)",
	} {
		c := Rules{PrivilegedHint: hint}.Pod(pod)
		if len(c) != 1 || c[0].Reason != wire.CauseForbidden || c[0].Message != "spec.containers[0].privileged: forbidden: "+want {
			t.Errorf("%q: %v, want %q", hint, c, want)
		}
	}
	if c := (Rules{AllowPrivileged: true, PrivilegedHint: "x"}).Pod(pod); c != nil {
		t.Errorf("allowed: %v", c)
	}
}

func TestContainerPorts(t *testing.T) {
	t.Parallel()
	checkAll(t, Rules{}.Pod, inContainer([]faulty{
		{"any good", `"ports":[{"containerPort":1},{"containerPort":65535,"hostPort":65535,"name":"a-name-of-many-letters","protocol":"udp"}]`, nil},
		{"out of range", `"ports":[{"containerPort":0},{"containerPort":65536,"hostPort":-1}]`, []string{
			"Invalid AT.ports[0].containerPort: invalid value '0': " + portRule,
			"Invalid AT.ports[1].containerPort: invalid value '65536': " + portRule,
			"Invalid AT.ports[1].hostPort: invalid value '-1': " + portRule + ", or 0 for none",
		}},
		{"beyond 32 bits", `"ports":[{"containerPort":4294967376,"hostPort":4294967377}]`, []string{
			"Invalid AT.ports[0].containerPort: invalid value '4294967376': " + portRule,
			"Invalid AT.ports[0].hostPort: invalid value '4294967377': " + portRule + ", or 0 for none",
		}},
		{"names", `"ports":[{"containerPort":1,"name":"Bad"},{"containerPort":2,"name":"a"},{"containerPort":3,"name":"a"}]`, []string{
			"Invalid AT.ports[0].name: invalid value 'Bad': " + labelRule,
			"Duplicate AT.ports[2].name: duplicate value 'a': each may be used once",
		}},
		{"protocol", `"ports":[{"containerPort":1,"protocol":"SCTP"}]`, []string{
			"NotSupported AT.ports[0].protocol: unsupported value 'SCTP': use TCP or UDP",
		}},
		{"host port twice", `"ports":[{"containerPort":1,"hostPort":9,"protocol":"TCP"},{"containerPort":2,"hostPort":9,"protocol":"UDP"}]`, []string{
			"Duplicate AT.port: duplicate value '9': each may be used once",
		}},
		{"no host port twice", `"ports":[{"containerPort":1,"hostPort":0},{"containerPort":1,"hostPort":0}]`, nil},
	}))
}

func TestContainerEnvironment(t *testing.T) {
	t.Parallel()
	const rule = "use letters, digits and '_', not beginning with a digit"
	checkAll(t, Rules{}.Pod, inContainer([]faulty{
		{"either name", `"env":[{"name":"NEW","value":"x"},{"key":"OLD","value":"x"},{"name":"_0"}]`, nil},
		{"no name", `"env":[{"value":"x"}]`, []string{
			"Required AT.env[0].name: required value: give the variable a name",
			"Invalid AT.env[0].name: invalid value '': " + rule,
		}},
		{"dash", `"env":[{"name":"OK"},{"name":"a-b"}]`, []string{
			"Invalid AT.env[1].name: invalid value 'a-b': " + rule,
		}},
		{"digit", `"env":[{"key":"0a"}]`, []string{
			"Invalid AT.env[0].name: invalid value '0a': " + rule,
		}},
	}))
}

func TestVolumeMounts(t *testing.T) {
	t.Parallel()
	checkAll(t, Rules{}.Pod, inContainer([]faulty{
		{"either path", `"volumeMounts":[{"name":"v","path":"/x"},{"name":"v","mountPath":"/y"}]`, nil},
		{"unknown volume", `"volumeMounts":[{"name":"none","mountPath":"/x"}]`, []string{
			"NotFound AT.volumeMounts[0].name: not found 'none': declare the volume in desiredState.manifest.volumes",
		}},
		{"nothing", `"volumeMounts":[{}]`, []string{
			"Required AT.volumeMounts[0].name: required value: name the volume to mount",
			"Required AT.volumeMounts[0].mountPath: required value: say where to mount it",
		}},
	}))
}

func TestProbes(t *testing.T) {
	t.Parallel()
	const one = "give exactly one of exec, httpGet and tcpSocket"
	checkAll(t, Rules{}.Pod, inContainer([]faulty{
		{"each", `"livenessProbe":{"exec":{"command":["x"]}},"readinessProbe":{"httpGet":{"port":"web"},"timeoutSeconds":5},"lifecycle":{"preStop":{"tcpSocket":{"port":80}}}`, nil},
		{"no handler", `"livenessProbe":{},"lifecycle":{"postStart":{},"preStop":{}}`, []string{
			"Invalid AT.lifecycle.postStart: invalid value '0 handlers': " + one,
			"Invalid AT.lifecycle.preStop: invalid value '0 handlers': " + one,
			"Invalid AT.livenessProbe: invalid value '0 handlers': " + one,
		}},
		{"two handlers", `"livenessProbe":{"tcpSocket":{"port":1},"exec":{"command":["x"]}}`, []string{
			"Invalid AT.livenessProbe: invalid value '2 handlers': " + one,
		}},
		{"no command", `"livenessProbe":{"exec":{}}`, []string{
			"Required AT.livenessProbe.exec.command: required value: give the command to run",
		}},
		{"no port", `"readinessProbe":{"httpGet":{}},"livenessProbe":{"tcpSocket":{"port":""}}`, []string{
			"Required AT.livenessProbe.tcpSocket.port: required value: name a port of the container, or give its number",
			"Invalid AT.readinessProbe.httpGet.port: invalid value '0': " + portRule,
		}},
		{"port out of range", `"readinessProbe":{"tcpSocket":{"port":65536}}`, []string{
			"Invalid AT.readinessProbe.tcpSocket.port: invalid value '65536': " + portRule,
		}},
		{"negative times", `"readinessProbe":{"tcpSocket":{"port":1},"initialDelaySeconds":-1,"timeoutSeconds":-2}`, []string{
			"Invalid AT.readinessProbe.initialDelay: invalid value '-1': use 0 or more seconds",
			"Invalid AT.readinessProbe.timeout: invalid value '-2': use 0 or more seconds",
		}},
		{"times beyond 32 bits", `"livenessProbe":{"tcpSocket":{"port":1},"initialDelaySeconds":4294967297,"timeoutSeconds":2147483648}`, []string{
			"Invalid AT.livenessProbe.initialDelay: invalid value '4294967297': use at most 2147483647 seconds",
			"Invalid AT.livenessProbe.timeout: invalid value '2147483648': use at most 2147483647 seconds",
		}},
	}))
}
