package realdocker

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// remove ends the daemon, its containers and the processes that serve them, and removes
// all that it has made.
func (d *Daemon) remove() {
	if d.t.Failed() && d.log != nil {
		d.t.Logf("the end of the log of dockerd:\n%s", d.lastWords())
	}
	d.Stop()
	if d.containerd != nil && d.containerd.Process != nil {
		_ = d.containerd.Process.Kill()
		_ = d.containerd.Wait()
	}
	for end := time.Now().Add(daemonTime); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		left := d.processes()
		if len(left) == 0 {
			break
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if d.bridge != "" {
		_ = exec.Command("ip", "link", "del", d.bridge).Run()
	}
	if d.log != nil {
		_ = d.log.Close()
	}
	d.unmount()
	if err := os.RemoveAll(d.dir); err != nil {
		d.t.Error(err)
	}
}

// processes returns the processes that name the daemon's directory, which are containerd
// and its shims, and those in containers, which are found by their root.
func (d *Daemon) processes() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		d.t.Error(err)
		return nil
	}
	var found []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		command, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		mounts, _ := os.ReadFile("/proc/" + e.Name() + "/mountinfo")
		first, _, _ := strings.Cut(string(mounts), "\n") // of a container: its root
		if bytes.Contains(command, []byte(filepath.Join(d.dir, "exec"))) || strings.Contains(first, filepath.Join(d.dir, "data")) {
			found = append(found, pid)
		}
	}
	return found
}

// unmount unmounts everything in the daemon's directory.
func (d *Daemon) unmount() {
	for range 20 {
		text, err := os.ReadFile("/proc/self/mounts")
		if err != nil {
			d.t.Error(err)
			return
		}
		left := false
		for line := range strings.Lines(string(text)) {
			if point := strings.Fields(line)[1]; strings.HasPrefix(point, d.dir+"/") {
				left = true
				_ = syscall.Unmount(point, syscall.MNT_DETACH)
			}
		}
		if !left {
			return
		}
	}
}
