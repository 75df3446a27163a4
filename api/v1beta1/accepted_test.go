package v1beta1

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// fullObjects has an acceptable object of each kind, with a value for every member that
// a client may set and core keeps.
var fullObjects = map[string]string{
	"pods": `{"id":"p","namespace":"n","labels":{"a":"b"},"annotations":{"c":"d"},"nodeSelector":{"e":"f"},"desiredState":{"host":"m","manifest":{` + fullManifest + `}}}`,
	"replicationControllers": `{"id":"rc","namespace":"n","labels":{"a":"b"},"desiredState":{"replicas":3,"replicaSelector":{"a":"b"},
		"podTemplate":{"labels":{"a":"b"},"annotations":{"c":"d"},"nodeSelector":{"e":"f"},"desiredState":{"manifest":{` + fullManifest + `}}}}}`,
	"services": `{"id":"s","namespace":"n","labels":{"a":"b"},"port":80,"protocol":"udp","selector":{"a":"b"},"publicIPs":["1.2.3.4"],
		"containerPort":8080,"portalIP":"10.0.0.1","sessionAffinity":"ClientIP","createExternalLoadBalancer":true}`,
	"endpoints": `{"id":"e","namespace":"n","subsets":[{"addresses":[{"IP":"10.0.0.1"}],"ports":[{"name":"web","port":80,"protocol":"TCP"}]}]}`,
	"minions":   `{"id":"m","hostIP":"10.0.0.1","resources":{"capacity":{"cpu":"1.5","memory":1000}},"podCIDR":"10.1.0.0/24","unschedulable":true,"labels":{"a":"b"},"externalID":"x"}`,
	"events": `{"id":"v","namespace":"n","involvedObject":{"kind":"Pod","namespace":"n","name":"p","uid":"u","apiVersion":"v1beta1","resourceVersion":"7","fieldPath":"x"},
		"reason":"r","message":"m","source":"s","host":"h","firstTimestamp":"2014-10-01T00:00:00Z","lastTimestamp":"2014-10-02T00:00:00Z","count":3}`,
	"namespaces":     `{"id":"n","labels":{"a":"b"},"spec":{"finalizers":["kubernetes"]}}`,
	"secrets":        `{"id":"s","namespace":"n","data":{"a":"YQ=="},"type":"x"}`,
	"limitRanges":    `{"id":"l","namespace":"n","spec":{"limits":[{"type":"Pod","max":{"cpu":"1.5"},"min":{"memory":1},"default":{"cpu":"0.5"}}]}}`,
	"resourceQuotas": `{"id":"q","namespace":"n","labels":{"a":"b"},"spec":{"hard":{"pods":10}}}`,
}

const fullManifest = `"volumes":[{"name":"v","source":{"persistentDisk":{"pdName":"d","fsType":"ext4","partition":1,"readOnly":true}}}],
	"restartPolicy":{"always":{}},"dnsPolicy":"Default",
	"containers":[{"name":"c","image":"i","entrypoint":["a"],"command":["b"],"workingDir":"/w","terminationMessagePath":"/t","imagePullPolicy":"PullNever",
		"ports":[{"name":"web","hostPort":8080,"containerPort":80,"protocol":"UDP","hostIP":"1.2.3.4"}],"env":[{"name":"A","key":"A","value":"b"}],
		"resources":{"limits":{"cpu":"0.25","memory":1000}},"cpu":250,"memory":1000,
		"volumeMounts":[{"name":"v","readOnly":true,"mountPath":"/v","path":"/v"}],
		"livenessProbe":{"httpGet":{"path":"/ok","port":80,"host":"h"},"initialDelaySeconds":5,"timeoutSeconds":6,"enabled":true,"type":"http"},
		"readinessProbe":{"tcpSocket":{"port":"80"},"timeoutSeconds":1},
		"lifecycle":{"postStart":{"exec":{"command":["x"]}}},
		"capabilities":{"add":["NET_ADMIN"],"drop":["MKNOD"]}}]`

// throughCore returns what a client is shown of an object that it has created, as JSON
// members, or nil if the object is refused.
func throughCore(t *testing.T, k kind, o wire.Object) map[string]any {
	t.Helper()
	k.setDefaults(o)
	if len(k.validate(o)) > 0 {
		return nil
	}
	return members(t, k.fromCore(k.toCore(o, nil)))
}

func members(t *testing.T, o any) map[string]any {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// A client gets back every member that it sends.
func TestCreatedIsShown(t *testing.T) {
	t.Parallel()
	for _, k := range allKinds(validate.Rules{}) {
		path := k.describe().path
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			o, err := k.decode([]byte(fullObjects[path]))
			if err != nil {
				t.Fatal(err)
			}
			shown := throughCore(t, k, o)
			if shown == nil {
				t.Fatalf("refused: %v", k.validate(o))
			}
			var sent map[string]any
			if err := json.Unmarshal([]byte(fullObjects[path]), &sent); err != nil {
				t.Fatal(err)
			}
			for _, d := range differences("", sent, shown) {
				t.Error(d)
			}
		})
	}
}

// Whatever number a client sends, it is refused or comes back unchanged: core has 32 bits
// for most.
func TestNumbersAreKeptOrRefused(t *testing.T) {
	t.Parallel()
	numbers := []int64{0, 1, 255, 65535, math.MaxInt32, math.MaxInt32 + 1, 1<<32 + 80, 1 << 53, math.MaxInt64, -1, math.MinInt32 - 1, -1<<32 + 80, math.MinInt64}
	for _, k := range allKinds(validate.Rules{}) {
		path := k.describe().path
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			for i := 0; ; i++ {
				for _, n := range numbers {
					o, err := k.decode([]byte(fullObjects[path]))
					if err != nil {
						t.Fatal(err)
					}
					field, name := nthNumber(reflect.ValueOf(o).Elem(), i, "")
					if !field.IsValid() {
						return
					}
					if ignoredNumber(name) {
						continue
					}
					field.SetInt(n)
					k.setDefaults(o)
					sent := field.Int() // a default may have replaced 0
					alias := strings.HasSuffix(name, "].CPU") || strings.HasSuffix(name, "].Memory")
					if len(k.validate(o)) > 0 || alias && n == 0 { // an absent alias
						continue
					}
					shown := k.fromCore(k.toCore(o, nil))
					back, _ := nthNumber(reflect.ValueOf(shown).Elem(), i, "")
					if !back.IsValid() || back.Int() != sent {
						t.Errorf("%s: %d is accepted and shown as %v", name, sent, back)
					}
				}
			}
		})
	}
}

// ignoredNumber reports whether a member is not a client's to set: the server's status,
// and old members that are read and never written.
func ignoredNumber(name string) bool {
	return strings.HasPrefix(name, ".CurrentState") || strings.HasPrefix(name, ".Status") || name == ".ProxyPort" ||
		strings.HasSuffix(name, "Port.Type") || strings.HasSuffix(name, ".IntVal") // of a port, number or text
}

// nthNumber returns the nth integer in a value, and its path, in the order of members.
func nthNumber(v reflect.Value, n int, at string) (reflect.Value, string) {
	var found reflect.Value
	var name string
	var walk func(reflect.Value, string)
	walk = func(v reflect.Value, at string) {
		switch v.Kind() {
		case reflect.Int, reflect.Int64, reflect.Int32:
			if n--; n == -1 {
				found, name = v, at
			}
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem(), at)
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i), fmt.Sprintf("%s[%d]", at, i))
			}
		case reflect.Struct:
			if _, isTime := v.Interface().(interface{ IsZero() bool }); isTime {
				return
			}
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i), at+"."+v.Type().Field(i).Name)
				}
			}
		}
	}
	walk(v, at)
	return found, name
}
