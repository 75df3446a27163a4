package taskdata

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

var data = Data{
	Namespace: "default", Name: "web", UID: "u-1", Node: "vm-1",
	Cluster: Cluster{
		Servers: []string{"https://10.0.0.1:6443"}, CA: "-----BEGIN", Token: "abcdef.0123456789abcdef",
		ClusterDNS: []string{"10.10.0.10"}, ClusterDomain: "cluster.local", Verbosity: 2, IdleTimeout: 10 * time.Minute,
	},
}

// The bytes are a contract between versions: an executor lives longer than the framework
// that started it, and the other way round.
func TestDataAsWritten(t *testing.T) {
	t.Parallel()
	const want = `{"namespace":"default","name":"web","uid":"u-1","node":"vm-1","cluster":{"servers":["https://10.0.0.1:6443"],` +
		`"ca":"-----BEGIN","token":"abcdef.0123456789abcdef","clusterDNS":["10.10.0.10"],"clusterDomain":"cluster.local",` +
		`"verbosity":2,"idleTimeout":600000000000}}`
	got, err := data.Encode()
	if err != nil || string(got) != want {
		t.Errorf("written as %s, %v; want %s", got, err, want)
	}
	newer := strings.Replace(want, `{"namespace"`, `{"of a newer version":[1],"namespace"`, 1)
	if got, err := Decode([]byte(newer)); err != nil || !reflect.DeepEqual(got, data) {
		t.Errorf("%s\nis read as %+v, %v", newer, got, err)
	}
}

func TestSettingsAsWritten(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Settings{
		`{"servers":["https://a:6443","https://b:6443"]}`:                               {Servers: []string{"https://a:6443", "https://b:6443"}},
		`{"servers":["https://a:6443"],"program":{"url":"http://a:1/x","sha256":"ab"}}`: {Servers: []string{"https://a:6443"}, Program: &Program{URL: "http://a:1/x", SHA256: "ab"}},
	} {
		got, err := s.Encode()
		if err != nil || string(got) != want {
			t.Errorf("written as %s, %v; want %s", got, err, want)
		}
		if back, err := DecodeSettings([]byte(want)); err != nil || !reflect.DeepEqual(back, s) {
			t.Errorf("%s is read as %+v, %v", want, back, err)
		}
	}
}

// What is written is read back, whatever strings users chose.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	same := func(d Data) bool {
		d.Namespace, d.Name, d.UID, d.Node = "n"+d.Namespace, "n"+d.Name, "n"+d.UID, "n"+d.Node
		d.Cluster.Servers = append(d.Cluster.Servers, "https://a:6443")
		if len(d.Cluster.ClusterDNS) == 0 {
			d.Cluster.ClusterDNS = nil
		}
		b, err := d.Encode()
		if err != nil {
			return false
		}
		back, err := Decode(b)
		return err == nil && reflect.DeepEqual(back, d)
	}
	if err := quick.Check(same, &quick.Config{MaxCount: 300}); err != nil {
		t.Error(err)
	}
}

// Without what every executor needs, nothing is guessed.
func TestBadData(t *testing.T) {
	t.Parallel()
	for path, says := range map[string]string{
		"namespace": "no pod", "name": "no pod", "uid": "no pod", "node": "no node", "cluster.servers": "no API server", "cluster": "no API server",
	} {
		b, err := data.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(without(t, b, path)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("without %s: %v, want %q", path, err, says)
		}
	}
	for b, says := range map[string]string{
		"": "settings:", "[]": "settings:", "{}": "no API server", `{"servers":[]}`: "no API server",
		`{"servers":["https://a"],"program":{}}`:              "without URL or hash",
		`{"servers":["https://a"],"program":{"url":"u"}}`:     "without URL or hash",
		`{"servers":["https://a"],"program":{"sha256":"ab"}}`: "without URL or hash",
	} {
		if _, err := DecodeSettings([]byte(b)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", b, err, says)
		}
	}
}

// Cut or changed bytes are an error or a value with what is needed, never a panic.
func TestDamagedData(t *testing.T) {
	t.Parallel()
	whole, err := data.Encode()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		b := append([]byte(nil), whole...)
		for range 1 + random.IntN(3) {
			b[random.IntN(len(b))] = byte(random.IntN(256))
		}
		b = b[:random.IntN(len(b)+1)]
		d, err := Decode(b)
		if err == nil && (d.Namespace == "" || d.Name == "" || d.UID == "" || d.Node == "" || len(d.Cluster.Servers) == 0) {
			t.Errorf("%q is read as %+v", b, d)
		}
	}
}

// without returns a JSON object without a field, named by its path.
func without(t *testing.T, b []byte, path string) []byte {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal(b, &whole); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(path, ".")
	object := whole
	for _, part := range parts[:len(parts)-1] {
		object = object[part].(map[string]any)
	}
	if _, there := object[parts[len(parts)-1]]; !there {
		t.Fatalf("there is no %s in %s", path, b)
	}
	delete(object, parts[len(parts)-1])
	b, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A pod is meant for the agent that its binding names; one that names none, as other
// programs write it, for none yet.
func TestMeantFor(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		annotations map[string]string
		agent       string
		want        bool
	}{
		{nil, "S1", false},
		{map[string]string{"other": "x"}, "S1", false},
		{map[string]string{AgentAnnotation: "S1"}, "S1", true},
		{map[string]string{AgentAnnotation: "S2"}, "S1", false},
		{map[string]string{AgentAnnotation: ""}, "S1", false},
	} {
		if got := MeantFor(row.annotations, row.agent); got != row.want {
			t.Errorf("%v for agent %s: %t, want %t", row.annotations, row.agent, got, row.want)
		}
	}
}
