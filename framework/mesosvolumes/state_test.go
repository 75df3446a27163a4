package mesosvolumes_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mesosvolumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

func decode(t *testing.T, key string, value []byte) (v records.Volume) {
	t.Helper()
	if err := json.Unmarshal(value, &v); err != nil {
		t.Fatalf("record %s: %v", key, err)
	}
	return v
}

// disk returns disk that everybody may have.
func disk(mb float64) *mesospb.Resource {
	return &mesospb.Resource{Name: proto.String("disk"), Type: mesospb.Value_SCALAR.Enum(), Scalar: &mesospb.Value_Scalar{Value: &mb}}
}

// reserved returns disk that is reserved for a volume of a cluster.
func reserved(cluster, name string, mb float64) *mesospb.Resource {
	r, _ := resources.Unrefined(resources.Reserved(disk(mb), "web", "fw", &mesospb.Labels{Labels: []*mesospb.Label{
		{Key: proto.String("kubernetes-mesos/cluster"), Value: &cluster}, {Key: proto.String("kubernetes-mesos/volume"), Value: &name}}}))
	return r
}

func made(cluster, name string, mb float64) *mesospb.Resource {
	r := reserved(cluster, name, mb)
	r.Disk = &mesospb.Resource_DiskInfo{
		Persistence: &mesospb.Resource_DiskInfo_Persistence{Id: &name, Principal: proto.String("fw")},
		Volume:      &mesospb.Volume{ContainerPath: &name, Mode: mesospb.Volume_RW.Enum()},
	}
	return r
}

// An offer is used for what its agent's volumes' records say, and for nothing else.
func TestWhatAnOfferIsUsedFor(t *testing.T) {
	t.Parallel()
	stored := []records.Volume{
		{Name: "making", Node: "n1", MB: 8, Phase: records.VolumeMaking},
		{Name: "made", Node: "n1", MB: 8, Phase: records.VolumeMade},
		{Name: "removing", Node: "n1", MB: 8, Phase: records.VolumeRemoving},
		{Name: "gone", Node: "n1", MB: 8, Phase: records.VolumeGone},
		{Name: "elsewhere", Node: "n2", MB: 8, Phase: records.VolumeMaking},
	}
	for _, c := range []struct {
		name    string
		offered []*mesospb.Resource
		want    string
	}{
		{"enough disk", []*mesospb.Resource{disk(8)}, "RESERVE making, CREATE making"},
		{"too little disk", []*mesospb.Resource{disk(7)}, ""},
		{"half done", []*mesospb.Resource{disk(100), reserved("c1", "making", 8)}, "CREATE making"},
		{"half done with another size", []*mesospb.Resource{reserved("c1", "making", 9)}, "UNRESERVE making"},
		{"done", []*mesospb.Resource{disk(100), made("c1", "making", 8)}, ""},
		{"to be kept", []*mesospb.Resource{made("c1", "made", 8)}, ""},
		{"reserved twice", []*mesospb.Resource{made("c1", "made", 8), reserved("c1", "made", 8)}, "UNRESERVE made"},
		{"to be removed", []*mesospb.Resource{made("c1", "removing", 8)}, "DESTROY removing, UNRESERVE removing"},
		{"half removed", []*mesospb.Resource{reserved("c1", "removing", 8)}, "UNRESERVE removing"},
		{"back although it was gone", []*mesospb.Resource{made("c1", "gone", 8)}, "DESTROY gone, UNRESERVE gone"},
		{"without a record", []*mesospb.Resource{made("c1", "strange", 8)}, ""},
		{"reserved without a record", []*mesospb.Resource{reserved("c1", "strange", 8)}, "UNRESERVE strange"},
		{"of another cluster", []*mesospb.Resource{made("c2", "removing", 8), reserved("c2", "x", 8)}, ""},
	} {
		s := mesosvolumes.New(config, stored)
		ops, o := s.Offered(time.Unix(1e9, 0), "n1", c.offered)
		if got := strings.Join(described(ops), ", "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if notices := len(o.Notices); (notices > 0) != (c.name == "without a record") {
			t.Errorf("%s: %v", c.name, o.Notices)
		}
	}
}

func described(ops []*mesospb.Offer_Operation) (all []string) {
	for _, op := range ops {
		for _, rs := range [][]*mesospb.Resource{op.GetReserve().GetResources(), op.GetUnreserve().GetResources(), op.GetCreate().GetVolumes(), op.GetDestroy().GetVolumes()} {
			for _, r := range rs {
				labels := resources.Reservation(r).GetLabels().GetLabels()
				all = append(all, fmt.Sprintf("%v %s", op.GetType(), labels[1].GetValue()))
			}
		}
	}
	return all
}

// A claim is told why it cannot have its volume, but not before that is certain.
func TestWhyAVolumeIsNotMade(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	s := mesosvolumes.New(config, nil)
	have := func(mb int64) error {
		_, err, _ := s.Have("v", "n1", mb, false)
		return err
	}
	if err := have(8); err != nil {
		t.Fatal(err)
	}
	offer := func(mb float64) []*mesospb.Offer_Operation {
		now = now.Add(11 * time.Second)
		ops, _ := s.Offered(now, "n1", []*mesospb.Resource{disk(mb)})
		return ops
	}
	offer(1)
	if err := have(8); err != nil {
		t.Errorf("after one small offer: %v", err)
	}
	offer(1)
	if err := have(8); err == nil || !strings.Contains(err.Error(), "offers 1 MiB") {
		t.Errorf("after small offers alone: %v", err)
	}
	for range 6 {
		if ops := offer(8); len(ops) != 2 || have(8) != nil {
			t.Errorf("an offer that suffices is used for %v: %v", ops, have(8))
		}
	}
	if offer(8); have(8) == nil || !strings.Contains(have(8).Error(), "ACLs") {
		t.Errorf("after calls without effect: %v", have(8))
	}
}

// A volume that a claim has is taken to be there, whatever is on record, and is reported
// when its agent does not have it, and when it is back.
func TestHandedVolume(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	for name, stored := range map[string][]records.Volume{"no record": nil, "an old record": {{Name: "v", Node: "n1", MB: 8, Phase: records.VolumeMaking}}} {
		s := mesosvolumes.New(config, stored)
		a, err, o := s.Have("v", "n1", 8, true)
		if !a.Ready || err != nil || len(o.Records) != 1 {
			t.Errorf("%s: %v %v %v", name, a, err, o)
		}
		if ops, _ := s.Offered(now, "n1", []*mesospb.Resource{disk(100)}); len(ops) > 0 {
			t.Errorf("%s: it is made again: %v", name, ops)
		}
		o = s.Listed(now, "n1", []*mesospb.Resource{disk(100)})
		if _, err, _ := s.Have("v", "n1", 8, true); err == nil || len(o.Notices) != 1 || len(o.Changed) != 1 {
			t.Errorf("%s: missing, it is %v: %v", name, err, o)
		}
		if _, err, _ := s.Have("v", "n1", 9, true); err == nil {
			t.Errorf("%s: it grows", name)
		}
		_, o = s.Offered(now, "n1", []*mesospb.Resource{made("c1", "v", 8)})
		if a, err, _ := s.Have("v", "n1", 8, true); !a.Ready || err != nil || len(o.Notices) != 1 {
			t.Errorf("%s: back again, it is %v %v: %v", name, a, err, o)
		}
	}
}

// A record is kept long enough to know a volume that comes back.
func TestTombstone(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	s := mesosvolumes.New(config, []records.Volume{{Name: "v", Node: "n1", MB: 8, Phase: records.VolumeRemoving, Handed: true}})
	nothing := []*mesospb.Resource{disk(100)}
	if o := s.Listed(now, "n2", nothing); len(o.Records) > 0 {
		t.Errorf("another node says that it is gone: %v", o)
	}
	if removed, _, _ := s.Remove("v", "n1"); removed {
		t.Error("it is removed before its agent says so")
	}
	s.Listed(now, "n1", nothing)
	if removed, _, _ := s.Remove("v", "n1"); !removed || s.Busy() {
		t.Error("it is not removed although its agent says so")
	}
	if o := s.Listed(now.Add(9*time.Minute), "n1", nothing); len(o.Records) > 0 {
		t.Errorf("it is forgotten early: %v", o)
	}
	o := s.Listed(now.Add(11*time.Minute), "n1", nothing)
	if len(o.Records) != 1 || o.Records[0].Value != nil {
		t.Errorf("it is not forgotten: %v", o)
	}
}
