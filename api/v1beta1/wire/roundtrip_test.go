package wire

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/util/intstr"
	"pgregory.net/rapid"
	"sigs.k8s.io/randfill"
)

// filler fills objects with random values that JSON can hold.
func filler(seed uint64) *randfill.Filler {
	return randfill.New().RandSource(rand.NewSource(int64(seed))).NilChance(0.3).NumElements(1, 3).MaxDepth(20).Funcs(
		func(t *metav1.Time, c randfill.Continue) { *t = metav1.Unix(1e9+int64(c.Intn(1e9)), 0) },
		func(p *intstr.IntOrString, c randfill.Continue) {
			if *p = intstr.FromInt32(int32(c.Intn(65536))); c.Bool() {
				*p = intstr.FromString(c.String(5))
			}
		},
		func(a *Amount, c randfill.Continue) {
			if *a = IntAmount(int64(c.Intn(1 << 30))); c.Bool() {
				*a = TextAmount(fmt.Sprintf("%d.%d", c.Intn(100), c.Intn(1000)))
			}
		},
	)
}

// equal compares objects; nil and empty slices and maps are equal.
var equal = func() conversion.Equalities {
	e := equality.Semantic.Copy()
	if err := e.AddFunc(func(a, b Amount) bool { return a == b }); err != nil {
		panic(err)
	}
	return e
}()

// survives checks that an object is read as it was written.
func survives[T any](t *testing.T) {
	t.Helper()
	t.Run(fmt.Sprintf("%T", *new(T)), func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			written := new(T)
			filler(rapid.Uint64().Draw(t, "seed")).Fill(written)
			text, err := json.Marshal(written)
			if err != nil {
				t.Fatal(err)
			}
			read := new(T)
			if err := json.Unmarshal(text, read); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if !equal.DeepEqual(written, read) {
				t.Fatalf("written and read differ:\n%+v\n%+v", written, read)
			}
		})
	})
}

// Every member of every kind has a name of its own, and is neither lost nor changed.
func TestWrittenIsRead(t *testing.T) {
	t.Parallel()
	survives[Pod](t)
	survives[ReplicationController](t)
	survives[Service](t)
	survives[Endpoints](t)
	survives[Minion](t)
	survives[Event](t)
	survives[Namespace](t)
	survives[Secret](t)
	survives[LimitRange](t)
	survives[ResourceQuota](t)
	survives[Binding](t)
	survives[DeleteOptions](t)
	survives[Status](t)
}

// Members match without regard to case, and unknown ones are dropped.
func TestCaseOfMembers(t *testing.T) {
	t.Parallel()
	var pod Pod
	const text = `{"ID":"p","RESOURCEVERSION":7,"DesiredState":{"Manifest":{"Containers":[{"NAME":"c","Image":"i","ports":[{"ContainerPort":80}]}]}},"currentState":{"condition":[{"Kind":"Ready"}]},"unknown":{"a":1}}`
	if err := json.Unmarshal([]byte(text), &pod); err != nil {
		t.Fatal(err)
	}
	c := pod.DesiredState.Manifest.Containers
	if pod.ID != "p" || pod.ResourceVersion != 7 || len(c) != 1 || c[0].Name != "c" || c[0].Ports[0].ContainerPort != 80 ||
		pod.CurrentState.Conditions[0].Kind != "Ready" {
		t.Errorf("%+v", pod)
	}
}

// What an object without content looks like: clients of the time rely on which members
// are always there.
func TestEmptyObjects(t *testing.T) {
	t.Parallel()
	const manifest = `"manifest":{"version":"","id":"","volumes":null,"containers":null,"restartPolicy":{}}`
	for _, c := range []struct {
		object any
		want   string
	}{
		{Pod{}, `{"creationTimestamp":null,"desiredState":{` + manifest + `},"currentState":{` + manifest + `}}`},
		{ReplicationController{}, `{"creationTimestamp":null,` +
			`"desiredState":{"replicas":0,"podTemplate":{"desiredState":{` + manifest + `}}},` +
			`"currentState":{"replicas":0,"podTemplate":{"desiredState":{` + manifest + `}}}}`},
		{Service{}, `{"creationTimestamp":null,"port":0,"selector":null,"containerPort":0}`},
		{Endpoints{}, `{"creationTimestamp":null,"endpoints":null,"subsets":null}`},
		{Minion{}, `{"creationTimestamp":null,"resources":{},"status":{"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","kubeletVersion":"","KubeProxyVersion":""}}}`},
		{Event{}, `{"creationTimestamp":null,"involvedObject":{},"timestamp":null,"firstTimestamp":null,"lastTimestamp":null}`},
		{Namespace{}, `{"creationTimestamp":null,"spec":{},"status":{}}`},
		{Secret{}, `{"creationTimestamp":null}`},
		{LimitRange{}, `{"creationTimestamp":null,"spec":{"limits":null}}`},
		{ResourceQuota{}, `{"creationTimestamp":null,"spec":{},"status":{}}`},
		{Status{}, `{"creationTimestamp":null}`},
		{Binding{}, `{"creationTimestamp":null,"podID":"","host":""}`},
		{Container{}, `{"name":"","image":"","resources":{},"imagePullPolicy":"","capabilities":{}}`},
		{Volume{}, `{"name":"","source":{"hostDir":null,"emptyDir":null,"persistentDisk":null,"gitRepo":null,"secret":null,"nfs":null}}`},
		{EnvVar{}, `{"name":"","key":""}`},
		{VolumeMount{}, `{"name":"","mountPath":"","path":""}`},
		{Port{}, `{"containerPort":0}`},
		{Probe{}, `{}`},
		{ContainerStatus{}, `{"state":{},"lastState":{},"ready":false,"restartCount":0,"image":"","imageID":""}`},
		{List{Items: []Object{}}, `{"creationTimestamp":null,"items":[]}`},
		{MinionList{Items: []Object{}}, `{"creationTimestamp":null,"items":[]}`},
		{WatchEvent{Type: "ERROR", Object: &Status{}}, `{"type":"ERROR","object":{"creationTimestamp":null}}`},
	} {
		if got, err := json.Marshal(c.object); err != nil || string(got) != c.want {
			t.Errorf("%T is %s (%v)\nwant %s", c.object, got, err, c.want)
		}
	}
}

// Items of a list look like objects of their own; a list of minions has them twice.
func TestLists(t *testing.T) {
	t.Parallel()
	m := &Minion{Meta: Meta{ID: "m"}}
	items, err := json.Marshal([]Object{m})
	if err != nil {
		t.Fatal(err)
	}
	if single, err := json.Marshal(m); err != nil || "["+string(single)+"]" != string(items) {
		t.Errorf("an item is %s, an object %s (%v)", items, single, err)
	}
	list, err := json.Marshal(MinionList{Minions: []Object{m}, Items: []Object{m}})
	if want := `{"creationTimestamp":null,"minions":` + string(items) + `,"items":` + string(items) + `}`; err != nil || string(list) != want {
		t.Errorf("%s (%v)\nwant %s", list, err, want)
	}
}

// Where the name of a member differs from Kubernetes' own it does so on purpose.
func TestOddNames(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal([]any{
		PodState{Conditions: []PodCondition{{}}},
		ContainerStatus{NetworkSettings: &NetworkSettings{}},
		EndpointAddress{},
		NodeSystemInfo{},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{`"Condition":[`, `"NetworkSettings":{"IPAddress":""}`, `"IP":""`, `"KubeProxyVersion":""`} {
		if !strings.Contains(string(text), name) {
			t.Errorf("%s is not in %s", name, text)
		}
	}
}
