package operations_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/operations"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

func parse(t *testing.T, text string) []*mesospb.Resource {
	t.Helper()
	rs, err := resources.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return resources.AllRefined(rs)
}

func disk(mb float64) *mesospb.Resource {
	return resources.Reserved(&mesospb.Resource{Name: proto.String("disk"), Type: mesospb.Value_SCALAR.Enum(),
		Scalar: &mesospb.Value_Scalar{Value: &mb}}, "web", "fw", nil)
}

func volume(id string, mb float64) *mesospb.Resource {
	v := disk(mb)
	v.Disk = &mesospb.Resource_DiskInfo{
		Persistence: &mesospb.Resource_DiskInfo_Persistence{Id: &id, Principal: proto.String("fw")},
		Volume:      &mesospb.Volume{ContainerPath: proto.String("data"), Mode: mesospb.Volume_RW.Enum()},
	}
	return v
}

func operation(t mesospb.Offer_Operation_Type, r *mesospb.Resource) *mesospb.Offer_Operation {
	rs := []*mesospb.Resource{r}
	return &mesospb.Offer_Operation{Type: &t,
		Reserve: &mesospb.Offer_Operation_Reserve{Resources: rs}, Unreserve: &mesospb.Offer_Operation_Unreserve{Resources: rs},
		Create: &mesospb.Offer_Operation_Create{Volumes: rs}, Destroy: &mesospb.Offer_Operation_Destroy{Volumes: rs}}
}

// Whatever frameworks ask for, the amounts stay the same, no volume is there twice, and
// what an agent remembers gives the same again.
func TestOperationsKeepAmounts(t *testing.T) {
	t.Parallel()
	base := parse(t, "cpus:4;disk:64;disk(web):32")
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		total, done := base, 0
		for range 60 {
			what := disk(float64(1 + r.IntN(40)))
			kind := mesospb.Offer_Operation_Type(2 + r.IntN(4)) // RESERVE to DESTROY
			if kind >= mesospb.Offer_Operation_CREATE {
				what = volume(fmt.Sprint(r.IntN(3)), float64(1+r.IntN(20)))
			}
			change, problem := operations.Of(operation(kind, what), operations.Place{Role: "web", Principal: "fw", Total: total})
			if problem != "" {
				continue
			}
			after, ok := change.Apply(total)
			if ok {
				total, done = after, done+1
			}
			if got := resources.Scalar(total, "disk"); got != 96_000 {
				t.Fatalf("seed %d: after %v of %v there are %d of disk", seed, kind, what, got)
			}
			ids := map[string]bool{}
			for _, r := range total {
				if id := resources.VolumeID(r); id != "" && ids[id] {
					t.Fatalf("seed %d: volume %s is there twice", seed, id)
				} else if id != "" {
					ids[id] = true
				}
			}
			again := operations.Restored(base, operations.Kept(total))
			if !resources.Contains(again, total) || !resources.Contains(total, again) {
				t.Fatalf("seed %d: %v is remembered as %v", seed, total, again)
			}
		}
		if done == 0 {
			t.Fatalf("seed %d: nothing was done", seed)
		}
	}
}

// What a machine no longer has remains reserved.
func TestRestoredOnASmallerMachine(t *testing.T) {
	t.Parallel()
	total := operations.Restored(parse(t, "cpus:1;disk:8"), []*mesospb.Resource{volume("v", 16)})
	if !resources.Contains(total, []*mesospb.Resource{volume("v", 16)}) {
		t.Errorf("the volume is lost: %v", total)
	}
}

// One operation cannot make two volumes of one id, and one with several resources is
// done as a whole or not at all.
func TestOneOperation(t *testing.T) {
	t.Parallel()
	at := operations.Place{Role: "web", Principal: "fw", Total: []*mesospb.Resource{disk(64)}}
	twice := &mesospb.Offer_Operation{Type: mesospb.Offer_Operation_CREATE.Enum(),
		Create: &mesospb.Offer_Operation_Create{Volumes: []*mesospb.Resource{volume("v", 16), volume("v", 16)}}}
	if _, problem := operations.Of(twice, at); problem != "Persistence ID 'v' already exists" {
		t.Errorf("problem %q", problem)
	}
	mixed := disk(1)
	mixed.Role = proto.String("web")
	other := disk(1)
	other.AllocationInfo = &mesospb.Resource_AllocationInfo{Role: proto.String("batch")}
	for _, op := range []*mesospb.Offer_Operation{
		{Type: mesospb.Offer_Operation_RESERVE.Enum()}, {Type: mesospb.Offer_Operation_UNKNOWN.Enum()},
		operation(mesospb.Offer_Operation_RESERVE, mixed), operation(mesospb.Offer_Operation_RESERVE, other),
	} {
		if c, problem := operations.Of(op, at); problem == "" {
			t.Errorf("%v becomes %v", op, c)
		}
	}
}
