package nodes

import (
	"maps"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

func TestAttributeLabels(t *testing.T) {
	t.Parallel()
	as, err := resources.ParseAttributes("rack:r 1/b;level:10.5;keys:[1000-1500];rack:again;Ünicode:x")
	if err != nil {
		t.Fatal(err)
	}
	as = append(as, &mesospb.Attribute{Name: proto.String("set"), Set: &mesospb.Value_Set{Item: []string{"a", "b"}}},
		&mesospb.Attribute{Name: proto.String("//"), Text: &mesospb.Value_Text{Value: proto.String("x")}})
	want := map[string]string{
		"mesos.attribute/rack": "r-1-b", "mesos.attribute/level": "10.5", "mesos.attribute/keys": "1000-1500",
		"mesos.attribute/nicode": "x", "mesos.attribute/set": "a_b",
	}
	if got := AttributeLabels(as); !maps.Equal(got, want) {
		t.Errorf("labels %v, want %v", got, want)
	}
}
