package osthread

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// What runs side by side runs on threads of its own, none of which is the first one, so this
// process keeps its network namespace whatever they enter.
func TestGo(t *testing.T) {
	before, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	const n = 50
	ended, threads := make(chan struct{}), make(chan int)
	for range n {
		Go(func() {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				t.Errorf("a network namespace, which takes root: %v", err)
			}
			threads <- unix.Gettid()
			<-ended
		})
	}
	seen := map[int]bool{unix.Getpid(): true}
	for range n {
		thread := <-threads
		if seen[thread] {
			t.Errorf("thread %d is the first one, or another's", thread)
		}
		seen[thread] = true
	}
	close(ended)
	if after, err := os.Readlink("/proc/self/ns/net"); after != before || err != nil {
		t.Errorf("the process was in %s, is in %s: %v", before, after, err)
	}
}
