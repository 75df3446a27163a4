package mesosvolumes_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mesosvolumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// What Mesos refuses does not take an agent's offers away from pods, and is reported.
func TestRefusedOperations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		phase   records.VolumePhase
		offered *mesospb.Resource
		pause   time.Duration
		refused string
	}{
		{"RESERVE", records.VolumeMaking, disk(8), 10 * time.Second, "create volumes"},
		{"CREATE", records.VolumeMaking, reserved("c1", "v", 8), 3 * time.Second, "create volumes"},
		{"DESTROY", records.VolumeRemoving, made("c1", "v", 8), 3 * time.Second, "destroy volumes"},
		{"DESTROY of what is gone", records.VolumeGone, made("c1", "v", 8), 3 * time.Second, "destroy volumes"},
		{"UNRESERVE", records.VolumeRemoving, reserved("c1", "v", 8), 3 * time.Second, "unreserve resources"},
		{"UNRESERVE without a record", "", reserved("c1", "v", 8), 3 * time.Second, "unreserve resources"},
	} {
		var stored []records.Volume
		if c.phase != "" {
			stored = append(stored, records.Volume{Name: "v", Node: "n1", MB: 8, Phase: c.phase})
		}
		s := mesosvolumes.New(config, stored)
		now := time.Unix(1e9, 0)
		used := func(later time.Duration) (is bool, notices []string) {
			now = now.Add(later)
			ops, o := s.Offered(now, "n1", []*mesospb.Resource{c.offered})
			return len(ops) > 0, o.Notices
		}
		why := func() error {
			switch c.phase {
			case records.VolumeMaking:
				_, err, _ := s.Have("v", "n1", 8, false)
				return err
			default:
				_, err, _ := s.Remove("v", "n1")
				return err
			}
		}
		for try := range 6 {
			if is, notices := used(c.pause); !is || len(notices) > 0 || why() != nil {
				t.Fatalf("%s: offer %d is used: %v; %v, %v", c.name, try, is, notices, why())
			}
			if is, _ := used(c.pause - 1); is {
				t.Fatalf("%s: the offer after that is lost to pods", c.name)
			}
			now = now.Add(1 - c.pause)
		}
		if is, notices := used(c.pause); !is || len(notices) != 1 || !strings.Contains(notices[0], c.refused) {
			t.Errorf("%s: nobody is told: %v", c.name, notices)
		}
		if wants := c.phase == records.VolumeMaking || c.phase == records.VolumeRemoving; wants && (why() == nil || !strings.Contains(why().Error(), c.refused)) {
			t.Errorf("%s: its claim is told %v", c.name, why())
		}
		if is, _ := used(4 * time.Minute); is {
			t.Errorf("%s: it is tried as often as before", c.name)
		}
		if is, notices := used(time.Minute); !is || len(notices) > 0 {
			t.Errorf("%s: it is not tried again, or told of again: %v, %v", c.name, is, notices)
		}
	}
}
