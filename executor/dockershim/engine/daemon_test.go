package engine

import "testing"

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lowest, highest, want string }{
		{"1.12", "1.41", "1.41"},
		{"1.24", "1.50", "1.44"},
		{"1.44", "1.52", "1.44"},
		{"1.48", "1.60", "1.48"},
		{"", "1.43", "1.43"},
	} {
		if got, err := negotiate(c.lowest, c.highest); got != c.want || err != nil {
			t.Errorf("%s to %s: %s %v", c.lowest, c.highest, got, err)
		}
	}
	if _, err := negotiate("", ""); err == nil {
		t.Error("no version: no error")
	}
}

// The base of API calls is that of the daemon's address and version.
func TestBase(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]string{
		"unix:///var/run/docker.sock": "http://docker/v1.44",
		"tcp://10.0.0.1:2375":         "http://10.0.0.1:2375/v1.44",
	} {
		client, err := newClient(endpoint, "1.44")
		if err != nil {
			t.Fatal(err)
		}
		if got := (&Daemon{client: client, prefix: "/v1.44"}).base(); got != want {
			t.Errorf("%s: %s, want %s", endpoint, got, want)
		}
	}
}

// A process with all capabilities may make containers hard to kill; another's children are
// no harder to kill than itself.
func TestOOMFloor(t *testing.T) {
	t.Parallel()
	floor := oomFloor("tcp://192.0.2.1:1") // whose process cannot be known: this one counts
	if able := hasCapability("self", capSysResource); able != (floor == -1000) {
		t.Errorf("floor %d, able to go lower: %v", floor, able)
	}
	if hasCapability("none", capSysResource) {
		t.Error("a process that does not exist has capabilities")
	}
}
