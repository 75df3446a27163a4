package realdocker

import (
	"os"
	"testing"
)

// A test's own daemon starts, dies, starts again and leaves nothing behind.
func TestDaemon(t *testing.T) {
	t.Parallel()
	image := Busybox(t)
	var dir, pid string
	t.Run("life", func(t *testing.T) {
		d := NewDaemon(t, "--live-restore")
		dir = d.dir
		d.Load(image)
		id := d.Docker("run", "--detach", image, "sleep", "1000")
		pid = d.Docker("inspect", "--format", "{{.State.Pid}}", id)
		d.Kill()
		d.Start()
		if again := d.Docker("inspect", "--format", "{{.State.Pid}}", id); again != pid {
			t.Errorf("the container's process is %s, it was %s", again, pid)
		}
		d.Stop()
		d.Start()
	})
	if _, err := os.Readlink("/proc/" + pid + "/exe"); err == nil { // a zombie has none
		t.Errorf("process %s of the container runs still", pid)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s is left", dir)
	}
}
