package cgroupstats

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Each interface but loopback is reported, whatever it is called.
func TestInterfaces(t *testing.T) {
	t.Parallel()
	proc := t.TempDir()
	if err := os.MkdirAll(filepath.Join(proc, "9", "net"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     900       9    0    0    0     0          0         0      900       9    0    0    0     0       0          0
  eth0:    1000      10    1    2    0     0          0         0     2000      20    3    4    0     0       0          0
veth1:18446744073709551615 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0
torn0: 1 2 3
`
	if err := os.WriteFile(filepath.Join(proc, "9", "net", "dev"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	want := []Interface{
		{Name: "eth0", RxBytes: 1000, RxErrors: 1, TxBytes: 2000, TxErrors: 3},
		{Name: "veth1", RxBytes: 1<<64 - 1, TxBytes: 5},
	}
	if got, err := interfaces(proc, 9); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := interfaces(proc, 10); err == nil {
		t.Errorf("a process that is gone has %+v", got)
	}
}

// The figures of a pod are the sums of its containers'; a limit is of one container.
func TestAdd(t *testing.T) {
	t.Parallel()
	u := Usage{CPU: 1, Memory: 2, WorkingSet: 3, RSS: 4, Faults: 5, MajorFaults: 6, Limit: 7, Processes: 8}
	u.Add(Usage{CPU: 10, Memory: 20, WorkingSet: 30, RSS: 40, Faults: 50, MajorFaults: 60, Limit: 70, Processes: 80})
	if want := (Usage{CPU: 11, Memory: 22, WorkingSet: 33, RSS: 44, Faults: 55, MajorFaults: 66, Limit: 7, Processes: 88}); u != want {
		t.Errorf("got %+v, want %+v", u, want)
	}
}

// This process is in a control group, and not in the container of another.
func TestReadOwn(t *testing.T) {
	t.Parallel()
	if _, err := Read(os.Getpid(), "no-such-container"); err == nil {
		t.Error("figures of another container")
	}
	if _, err := Interfaces(os.Getpid()); err != nil {
		t.Error(err)
	}
}
