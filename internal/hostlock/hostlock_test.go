package hostlock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func open(t *testing.T) Dir {
	t.Helper()
	d, err := Open(filepath.Join(t.TempDir(), "locks"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// One process after the other holds a lock.
func TestAcquire(t *testing.T) {
	t.Parallel()
	d := open(t)
	held := func(want bool) {
		t.Helper()
		if is, err := d.Held("proxy"); is != want || err != nil {
			t.Errorf("held: %v, %v, want %v", is, err, want)
		}
	}
	held(false)
	first, err := d.Acquire(t.Context(), "proxy")
	if err != nil {
		t.Fatal(err)
	}
	held(true)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if l, err := d.Acquire(short, "proxy"); l != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("held twice: %v, %v", l, err)
	}
	if other, err := d.Acquire(t.Context(), "dns"); err != nil || other.Release() != nil {
		t.Errorf("another lock: %v", err)
	}
	second := make(chan error, 1)
	go func() {
		_, err := d.Acquire(t.Context(), "proxy")
		second <- err
	}()
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Errorf("after the first: %v", err)
	}
	held(true)
}

// The last of several cleans up alone, and leaves no file; a later one starts over.
func TestLast(t *testing.T) {
	t.Parallel()
	d := open(t)
	first, err := d.Join(t.Context(), "members")
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.Join(t.Context(), "members")
	if err != nil {
		t.Fatal(err)
	}
	if last, err := first.Last(); last || err != nil {
		t.Errorf("the first of two is the last: %v", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if last, err := second.Last(); !last || err != nil {
		t.Errorf("the only one is not the last: %v", err)
	}
	if turn, err := d.Acquire(t.Context(), "turn"); err != nil || turn.Release() != nil {
		t.Error(err)
	}
	for range 2 {
		if err := d.Remove("turn"); err != nil {
			t.Error(err)
		}
	}
	if l, err := d.take("members", unix.LOCK_SH); l != nil || err != nil {
		t.Errorf("another one joins while the last one cleans up: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(d.path); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	third, err := d.Join(t.Context(), "members")
	if err != nil {
		t.Fatal(err)
	}
	if last, err := third.Last(); !last || err != nil {
		t.Errorf("the next one: %v", err)
	}
}

// What nobody holds is cleaned up by whoever comes by, alone, and leaves no file.
func TestIfNone(t *testing.T) {
	t.Parallel()
	d := open(t)
	calls := 0
	clean := func() error {
		calls++
		if l, err := d.take("members", unix.LOCK_SH); l != nil || err != nil {
			t.Errorf("another one joins meanwhile: %v", err)
		}
		return errors.New("reason")
	}
	held, err := d.Join(t.Context(), "members")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.IfNone("members", clean); err != nil || calls > 0 {
		t.Errorf("while it is held: %d calls, %v", calls, err)
	}
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
	if err := d.IfNone("members", clean); calls != 1 || err == nil || err.Error() != "reason" {
		t.Errorf("afterwards: %d calls, %v", calls, err)
	}
	if left, err := os.ReadDir(d.path); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A lock that is lost in between two of its calls, as when its last holder removes the
// file, is not held.
func TestRemovedFile(t *testing.T) {
	t.Parallel()
	d := open(t)
	held, err := d.Join(t.Context(), "members")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(held.file.Name()); err != nil {
		t.Fatal(err)
	}
	other, err := d.Join(t.Context(), "members") // a new file
	if err != nil || other == nil {
		t.Fatalf("%v", err)
	}
	if l, err := d.take("members", 2 /* LOCK_EX */); l != nil || err != nil {
		t.Errorf("held alone while another holds it: %v", err)
	}
}

// A lock that is released is free although a program that is just being started has its file
// still, as after a fork.
func TestReleasedDuringFork(t *testing.T) {
	t.Parallel()
	d := open(t)
	for name, take := range map[string]func(context.Context, string) (*Lock, error){"alone": d.Acquire, "together": d.Join} {
		l, err := take(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		child, err := unix.Dup(int(l.file.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		done := false
		if err := errors.Join(l.Release(), d.IfNone(name, func() error { done = true; return nil })); err != nil || !done {
			t.Errorf("held %s: %v, and the last one acts: %v", name, err, done)
		}
		if err := unix.Close(child); err != nil {
			t.Error(err)
		}
	}
}
