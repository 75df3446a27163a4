package machine

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// What is done in other namespaces happens there alone: a socket listens there, a program
// sees their mounts, and this process stays where it is.
func TestIn(t *testing.T) {
	runtime.LockOSThread() // its end would be that of the other machine
	defer runtime.UnlockOSThread()
	other := exec.Command("sh", "-c", "mount -t tmpfs there /mnt && echo ready && exec sleep 60")
	other.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := other.StdoutPipe()
	if err == nil {
		err = other.Start()
	}
	if err != nil {
		t.Fatalf("namespaces, which take root: %v", err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	if _, err := out.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	namespaces := "/proc/" + strconv.Itoa(other.Process.Pid) + "/ns"
	var seen bytes.Buffer
	err = In(namespaces, func() error {
		l, err := net.Listen("tcp", "127.0.0.1:0") // its loopback is down, which does not matter
		if err != nil {
			return err
		}
		defer l.Close()
		cmd := exec.Command("sh", "-c", "readlink /proc/self/ns/net; grep there /proc/self/mounts; pwd")
		cmd.Dir, cmd.Stdout = "/tmp", &seen
		if err := cmd.Start(); err != nil {
			return err
		}
		return cmd.Wait()
	})
	own, _ := os.Readlink("/proc/self/ns/net")
	if err != nil || strings.Contains(seen.String(), own) || !strings.Contains(seen.String(), "there /mnt") || !strings.HasSuffix(seen.String(), "/tmp\n") {
		t.Errorf("%v, there: %s", err, seen.String())
	}
	mounts, _ := os.ReadFile("/proc/self/mounts")
	if bytes.Contains(mounts, []byte("there /mnt")) {
		t.Error("the mount of the other namespace is seen here")
	}
	if ip, err := Address(namespaces); err == nil || !strings.Contains(err.Error(), "has no address") {
		t.Errorf("the address of a machine without network: %q, %v", ip, err)
	}
	if out, err := exec.Command("nsenter", "--net="+namespaces+"/net", "sh", "-c",
		"ip link set lo up; ip link add out type bridge; ip addr add 192.168.7.8/24 dev out; ip link set out up; ip route add default via 192.168.7.1").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if ip, err := Address(namespaces); ip != "192.168.7.8" {
		t.Errorf("the address is %q, %v", ip, err)
	}
	if err := In(t.TempDir(), func() error { t.Error("called"); return nil }); err == nil || !strings.Contains(err.Error(), "namespace") {
		t.Errorf("a directory without namespaces: %v", err)
	}
}
