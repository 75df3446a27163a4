package validate

import (
	"slices"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// What an update may not change.
func TestUpdates(t *testing.T) {
	t.Parallel()
	stored := &wire.Service{Meta: wire.Meta{UID: "u", ResourceVersion: 7}, PortalIP: "10.0.0.1"}
	for name, c := range map[string]struct {
		got  Causes
		want string
	}{
		"the same":    {Same(&wire.Meta{UID: "u"}, &stored.Meta), ""},
		"no uid":      {Same(&wire.Meta{}, &stored.Meta), ""},
		"another uid": {Same(&wire.Meta{UID: "v"}, &stored.Meta), "Invalid metadata.uid: invalid value 'v': this is another object's: leave uid out, or fetch the object again"},
		"same service": {ServiceUpdate(&wire.Service{Meta: wire.Meta{ResourceVersion: 1}, PortalIP: "10.0.0.1"}, stored),
			""},
		"no version": {ServiceUpdate(&wire.Service{PortalIP: "10.0.0.1"}, stored),
			"Invalid metadata.resourceVersion: invalid value '': fetch the service and send its resourceVersion"},
		"another portal": {ServiceUpdate(&wire.Service{Meta: wire.Meta{ResourceVersion: 7}, PortalIP: "None"}, stored),
			"Invalid spec.portalIP: invalid value 'None': it cannot be changed: send 10.0.0.1"},
		"no portal": {ServiceUpdate(&wire.Service{Meta: wire.Meta{ResourceVersion: 7}}, stored),
			"Invalid spec.portalIP: invalid value '': it cannot be changed: send 10.0.0.1"},
		"a portal where there was none": {ServiceUpdate(&wire.Service{Meta: wire.Meta{ResourceVersion: 7}, PortalIP: "10.0.0.2"}, &wire.Service{}),
			""},
		"pod":        {PodSpec(true), "Invalid spec: invalid value 'a change': only a container's image can be changed: make a new pod for the rest"},
		"containers": {PodSpec(false), "Invalid spec.containers: invalid value 'another number of containers': containers of a pod cannot be added or removed: make a new pod"},
		"host":       {Host("h"), "Invalid status.host: invalid value 'h': a pod stays on the host it was bound to"},
		"version":    {Version("x"), "Invalid resourceVersion: invalid value 'x': give the resourceVersion of a list, a decimal number"},
	} {
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if got := texts(c.got); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A fault of the stored object is not held against a client that changes something else;
// the same fault elsewhere is.
func TestWithout(t *testing.T) {
	t.Parallel()
	a, b := wire.Cause{Field: "a", Message: "1"}, wire.Cause{Field: "a", Message: "2"}
	sent := Causes{a, b}
	if got := sent.Without(Causes{a}); !slices.Equal(got, Causes{b}) {
		t.Errorf("%v, want the other cause only", got)
	}
	if got := sent.Without(nil); !slices.Equal(got, sent) {
		t.Errorf("%v, want both", got)
	}
	if !slices.Equal(sent, Causes{a, b}) {
		t.Errorf("the causes were changed in place: %v", sent)
	}
}

// A fault that servers of the time reported only as text is not among a Status's causes.
func TestDetails(t *testing.T) {
	t.Parallel()
	var c Causes
	c.message("x", 1, "use 2")
	c.required("y", "give it")
	if got := c.Details(); len(got) != 1 || got[0].Field != "y" {
		t.Errorf("%v", got)
	}
	if c[0].Message != "x: invalid value '1': use 2" || c[0].Reason != "" {
		t.Errorf("%+v", c[0])
	}
}
