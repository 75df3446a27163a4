// Package osthread gives work that changes its thread, such as by entering a namespace, a
// thread that nothing else uses afterwards.
package osthread

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Go starts f in a goroutine with a thread of its own, which ends with f. It is never the
// process's first thread, which /proc/self shows and which does not end. f must not unlock
// its thread.
func Go(f func()) {
	started := make(chan struct{})
	go func() {
		runtime.LockOSThread() // for good, unless it is the first thread
		if unix.Gettid() == unix.Getpid() {
			defer runtime.UnlockOSThread()
			Go(f) // takes another thread, as this goroutine has the first one
			close(started)
			return
		}
		close(started)
		f()
	}()
	<-started
}
