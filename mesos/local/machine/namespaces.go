package machine

import (
	"fmt"
	"net"
	"path/filepath"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/osthread"
	"golang.org/x/sys/unix"
)

// In calls f in the network and mount namespaces of a directory such as /proc/1/ns, which
// stand for a machine of their own: sockets that f makes are there, and programs that it
// starts run there. "" is this process's. f must not start goroutines, nor unlock its
// thread.
func In(namespaces string, f func() error) error {
	if namespaces == "" {
		return f()
	}
	result := make(chan error)
	osthread.Go(func() {
		err := enter(namespaces)
		if err == nil {
			err = f()
		}
		result <- err
	})
	return <-result
}

// Address returns the address from which the machine of a directory of namespaces, as in In,
// speaks to others.
func Address(namespaces string) (string, error) {
	var ip string
	err := In(namespaces, func() error {
		// No packet is sent: this only has the kernel choose. The address is one of those
		// for documentation (RFC 5737), which only a default route leads to.
		conn, err := net.Dial("udp", "192.0.2.1:9")
		if err != nil {
			return fmt.Errorf("the host %s has no address: %w", namespaces, err)
		}
		defer conn.Close()
		ip = conn.LocalAddr().(*net.UDPAddr).IP.String()
		return nil
	})
	return ip, err
}

// enter moves the calling thread.
func enter(namespaces string) error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil { // or other threads would move too
		return fmt.Errorf("a working directory of its own: %w", err)
	}
	// The paths are opened first: they may lead elsewhere in the other mount namespace.
	kinds := []struct {
		name string
		kind int
	}{{"net", unix.CLONE_NEWNET}, {"mnt", unix.CLONE_NEWNS}}
	var files []int
	defer func() {
		for _, file := range files {
			_ = unix.Close(file)
		}
	}()
	for _, k := range kinds {
		path := filepath.Join(namespaces, k.name)
		file, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("namespace %s: %w", path, err)
		}
		files = append(files, file)
	}
	for i, k := range kinds {
		if err := unix.Setns(files[i], k.kind); err != nil {
			return fmt.Errorf("entering the namespace %s of %s: %w", k.name, namespaces, err)
		}
	}
	return nil
}
