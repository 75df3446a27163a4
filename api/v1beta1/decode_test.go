package v1beta1

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
)

// What is wrong with a body is said by name or place, with the cure.
func TestDecodeErrors(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		``:                        "the body is empty: send a Pod as JSON",
		`{`:                       "the body is not a Pod in JSON: at byte 1: unexpected end of JSON input",
		`{"id":}`:                 "the body is not a Pod in JSON: at byte 7: invalid character '}' looking for beginning of value",
		`[]`:                      "the body is a JSON array: send a Pod as a JSON object",
		`"text"`:                  "the body is a JSON string: send a Pod as a JSON object",
		`{"id":7}`:                "id: wrong type: a JSON number where a Pod has text",
		`{"labels":[]}`:           "labels: wrong type: a JSON array where a Pod has an object",
		`{"resourceVersion":"7"}`: "resourceVersion: wrong type: a JSON string where a Pod has an integer",
		`{"resourceVersion":-7}`:  "resourceVersion: wrong type: a JSON number -7 where a Pod has an integer",
		`{"desiredState":{"manifest":{"containers":{}}}}`:                                      "desiredState.manifest.containers: wrong type: a JSON object where a Pod has an array",
		`{"desiredState":{"manifest":{"hostNetwork":1}}}`:                                      "desiredState.manifest.hostNetwork: wrong type: a JSON number where a Pod has true or false",
		`{"desiredState":{"manifest":{"containers":[{"livenessProbe":{"exec":1}}]}}}`:          "desiredState.manifest.containers.livenessProbe.exec: wrong type: a JSON number where a Pod has an object",
		`{"desiredState":{"manifest":{"containers":[{"resources":{"limits":{"cpu":"1m"}}}]}}}`: `the body cannot be read as a Pod: resource cpu: "1m" is not a plain number: write cores as "0.25" and bytes as 67108864, without a suffix`,
		`{"kind":"Service"}`:                   `kind: a "Service" cannot be handled as a Pod: write "Pod", or post to the path of its kind`,
		`{"apiVersion":"v1"}`:                  `apiVersion: "v1" is not served here: write "v1beta1", or post to another version's path`,
		`{"metadata":{"name":"p"}}`:            "metadata: v1beta1 has no metadata: write id (for name), namespace, labels and annotations at the top level, or post core/v1 objects to /api/v1",
		`{"spec":{}}`:                          "spec: a Pod of v1beta1 has no spec: see desiredState, or post core/v1 objects to /api/v1",
		`{"currentState":{"status":"Failed"}}`: `currentState.status: "Failed" is no status: use Waiting, Running, Succeeded, Terminated or Unknown`,
		`{"desiredState":{"status":"x"},"currentState":{"status":"y"}}`: `desiredState.status: "x" is no status: use Waiting, Running, Succeeded, Terminated or Unknown`,
	} {
		_, err := decodeAny(pods{}, []byte(body))
		var s *statusError
		if !errors.As(err, &s) || s.Code != http.StatusBadRequest || s.Reason != "BadRequest" || s.Message != want {
			t.Errorf("%s: %v\nwant %s", body, err, want)
		}
	}
}

// Bodies that are accepted in spite of their kind or version.
func TestDecodeAccepts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind kind
		body string
	}{
		{pods{}, `{"id":"x"}`}, {pods{}, `{"id":"x","kind":"Pod","apiVersion":"v1beta1"}`}, {pods{}, `{"id":"x","apiVersion":"v1beta2"}`},
		{minions{}, `{"id":"x","kind":"Node"}`}, {minions{}, `{"id":"x","kind":"Minion"}`},
		{namespaces{}, `{"id":"x","spec":{}}`}, {limitRanges{}, `{"id":"x","spec":{}}`}, {resourceQuotas{}, `{"id":"x","spec":{}}`},
		{minions{}, `{"kind":"Node","apiVersion":"v1beta3","metadata":{"name":"x"}}`},
		{pods{}, `{"apiVersion":"v1beta3","metadata":{"name":"x"}}`},
	} {
		if o, err := decodeAny(c.kind, []byte(c.body)); err != nil || o.GetMeta().ID != "x" {
			t.Errorf("%s: %v", c.body, err)
		}
	}
}

// Each kind refuses another one's bodies.
func TestDecodeOtherKinds(t *testing.T) {
	t.Parallel()
	kinds := allKinds(validate.Rules{})
	for i, k := range kinds {
		other := kinds[(i+1)%len(kinds)].describe().name
		_, err := decodeAny(k, []byte(`{"kind":"`+other+`"}`))
		if err == nil || !strings.HasPrefix(err.Error(), `kind: a "`+other+`" cannot be handled as a `+k.describe().name) {
			t.Errorf("%s of %s: %v", k.describe().name, other, err)
		}
	}
}

// v1beta3 was the draft of v1, with a few other names.
func TestBeta3(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind       kind
		body, want string
	}{
		{pods{},
			`{"kind":"Pod","apiVersion":"v1beta3","metadata":{"name":"p","labels":{"a":"b"}},"spec":{"host":"m","containers":[{"name":"c","image":"i","privileged":true,"capabilities":{"add":["X"]}}]}}`,
			`{"id":"p","labels":{"a":"b"},"desiredState":{"host":"m","manifest":{"containers":[{"name":"c","image":"i","privileged":true,"capabilities":{"add":["X"]}}]}}}`},
		{services{},
			`{"kind":"Service","apiVersion":"v1beta3","metadata":{"name":"s"},"spec":{"port":80,"protocol":"UDP","containerPort":"web","portalIP":"10.0.0.1","publicIPs":["1.2.3.4"],"createExternalLoadBalancer":true}}`,
			`{"id":"s","port":80,"protocol":"UDP","containerPort":"web","portalIP":"10.0.0.1","publicIPs":["1.2.3.4"],"createExternalLoadBalancer":true}`},
		{services{},
			`{"kind":"Service","apiVersion":"v1beta3","metadata":{"name":"s"},"spec":{"ports":[{"port":81,"targetPort":8081}],"port":80}}`,
			`{"id":"s","port":81,"containerPort":8081}`},
		{replicationControllers{},
			`{"kind":"ReplicationController","apiVersion":"v1beta3","metadata":{"name":"rc"},"spec":{"replicas":2,"selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"host":"m","containers":[{"name":"c"}]}}}}`,
			`{"id":"rc","desiredState":{"replicas":2,"replicaSelector":{"a":"b"},"podTemplate":{"labels":{"a":"b"},"desiredState":{"host":"m","manifest":{"containers":[{"name":"c"}]}}}}}`},
	} {
		o, err := decodeAny(c.kind, []byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.body, err)
			continue
		}
		var want any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		for _, d := range differences("", want, members(t, o)) {
			t.Errorf("%s: %s", c.body, d)
		}
	}
	for _, body := range []string{`{"kind":"Pod","apiVersion":"v1beta3","spec":[]}`, `{"kind":"Service","apiVersion":"v1beta3"}`, `{"apiVersion":"v1beta3","metadata":{"name":7}}`} {
		if o, err := decodeAny(pods{}, []byte(body)); err == nil {
			t.Errorf("%s is read as %+v", body, o)
		}
	}
}

// FuzzDecode reads arbitrary bodies as any kind: whatever is accepted can be validated,
// converted and shown.
func FuzzDecode(f *testing.F) {
	kinds := allKinds(validate.Rules{AllowPrivileged: true})
	for i, k := range kinds {
		f.Add(uint8(i), []byte(fullObjects[k.describe().path]))
	}
	f.Add(uint8(0), []byte(`{"kind":"Pod","apiVersion":"v1beta3","metadata":{"name":"p"},"spec":{"containers":[null]}}`))
	f.Add(uint8(0), []byte(`{"desiredState":{"manifest":{"containers":[{"livenessProbe":null,"lifecycle":{}}],"volumes":[{}]}}}`))
	f.Add(uint8(2), []byte(`{"kind":"Service","apiVersion":"v1beta3","spec":{"port":null,"ports":null}}`))
	f.Add(uint8(3), []byte(`{"subsets":[{}],"targetRefs":[{}],"endpoints":[""]}`))
	f.Fuzz(func(t *testing.T, n uint8, body []byte) {
		k := kinds[int(n)%len(kinds)]
		o, err := decodeAny(k, body)
		if err != nil {
			return
		}
		k.setDefaults(o)
		valid := len(k.validate(o)) == 0
		core := k.toCore(o, nil)
		shown := k.fromCore(core)
		if got, want := shown.GetMeta().ID, o.GetMeta().ID; got != want {
			t.Errorf("%s is shown with the id %q, want %q", body, got, want)
		}
		k.setDefaults(shown)
		if causes := k.validate(shown).Without(k.validate(o)); valid && len(causes) > 0 {
			t.Errorf("%s is accepted, and what is shown of it is not: %v", body, causes)
		}
	})
}
