package node

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sys/unix"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockerd"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// A lock shows that an executor is alive, until its process or its purpose ends, and
// who owns it.
func TestLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "S0"+lockSuffix)
	f, g := dockershim.Owner{Framework: "F", Agent: "S0"}, dockershim.Owner{Framework: "G", Agent: "S0"}
	if _, err := tryLock(path, f, false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("where no executor has ever been: %v", err)
	}
	first, err := awaitLock(t.Context(), path, f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tryLock(path, f, false); !errors.Is(err, errLocked) {
		t.Errorf("locked twice: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := awaitLock(ctx, path, g); err == nil || !strings.Contains(err.Error(), "framework F") || !strings.Contains(err.Error(), "agent S0") {
		t.Errorf("another framework's executor hears %v", err)
	}
	got := make(chan error, 1)
	go func() {
		next, err := awaitLock(t.Context(), path, f)
		if err == nil {
			next.release()
		}
		got <- err
	}()
	first.release()
	if err := <-got; err != nil {
		t.Errorf("the next executor: %v", err)
	}
	if _, err := tryLock(path, g, false); err == nil {
		t.Error("another framework may clean up")
	}
	last, err := tryLock(path, f, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := last.remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the lock is left: %v", err)
	}
}

// host has agents with containers, mounts and directories.
type host struct {
	*testing.T
	root, image, framework string
}

// agent makes what a killed executor leaves.
func (h host) agent(framework, id string) {
	h.Helper()
	owner := dockershim.Owner{Framework: framework, Agent: id}
	for _, kind := range []string{"sandbox", "container"} {
		realdocker.Docker(h, "run", "--detach", "--network", "none", "--label", "kubernetes-mesos.framework="+framework, "--label", "kubernetes-mesos.agent="+id,
			"--label", "kubernetes-mesos.type="+kind, "--label", "kubernetes-mesos.attempt=0", h.image, "sleep", "1000")
	}
	h.Cleanup(func() {
		if err := dockershim.RemoveAll(context.Background(), "", owner); err != nil {
			h.Error(err)
		}
	})
	volume := filepath.Join(h.place(framework, id), "pods", "u", "volumes", "secret")
	if err := os.MkdirAll(volume, 0o755); err != nil {
		h.Fatal(err)
	}
	if err := unix.Mount("none", volume, "tmpfs", 0, ""); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = unix.Unmount(volume, unix.MNT_DETACH) })
}

// place returns an executor's directory.
func (h host) place(framework, id string) string {
	h.Helper()
	root, err := rootOf(h.root, dockershim.Owner{Framework: framework, Agent: id})
	if err != nil {
		h.Fatal(err)
	}
	return root
}

// left returns the agents that still have something.
func (h host) left(ids ...string) []string {
	h.Helper()
	var left []string
	for _, id := range ids {
		containers := realdocker.Docker(h, "ps", "--all", "--quiet", "--filter", "label=kubernetes-mesos.agent="+id)
		dirs, err := filepath.Glob(filepath.Join(h.root, id+".*", "pods"))
		if err != nil {
			h.Fatal(err)
		}
		mounts, err := mountsUnder(h.place(h.framework, id))
		if err != nil {
			h.Fatal(err)
		}
		if containers != "" || len(dirs) > 0 || len(mounts) > 0 {
			left = append(left, id)
		}
	}
	return left
}

// Only leftovers of an executor that is certainly gone are removed, and only after the grace
// time: not those of a living executor, or of one not known to be gone; of another framework
// those without containers alone, if Docker is the same. Several executors, one after the other,
// count the same grace time.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		realdocker.Absent(t, "mounting takes root")
	}
	suffix := strings.ToLower(rand.Text()[:8])
	h := host{t, t.TempDir(), realdocker.Busybox(t), "F-" + suffix}
	own, lives, gone, foreign, unknown := "own-"+suffix, "lives-"+suffix, "gone-"+suffix, "foreign-"+suffix, "unknown-"+suffix
	deserted, elsewhere := "deserted-"+suffix, "elsewhere-"+suffix
	all := []string{own, lives, gone, foreign, unknown, deserted, elsewhere}
	for _, id := range all {
		framework := h.framework
		if id == foreign || id == deserted || id == elsewhere {
			framework = "G-" + suffix
		}
		h.agent(framework, id)
		endpoint := dockerd.Endpoint("")
		if id == elsewhere {
			endpoint = "unix:///run/another.sock"
		}
		if err := os.WriteFile(filepath.Join(h.place(framework, id), dockerFile), []byte(endpoint), 0o600); err != nil {
			t.Fatal(err)
		}
		if id == deserted || id == elsewhere {
			if err := dockershim.RemoveAll(t.Context(), "", dockershim.Owner{Framework: framework, Agent: id}); err != nil {
				t.Fatal(err)
			}
		}
		if id == unknown {
			continue
		}
		l, err := tryLock(h.place(framework, id)+lockSuffix, dockershim.Owner{Framework: framework, Agent: id}, true)
		if err != nil {
			t.Fatal(err)
		}
		if framework != h.framework || id == gone {
			l.release()
		} else {
			t.Cleanup(l.release)
		}
	}
	now := uptime()
	for _, step := range []struct {
		after time.Duration
		want  []string
	}{
		{0, nil}, {leftoverGrace - time.Second, nil}, {leftoverGrace, []string{deserted, gone}}, {2 * leftoverGrace, nil},
	} {
		l := newLeftovers(h.root, "", dockershim.Owner{Framework: h.framework, Agent: own}, logr.Discard())
		owners, err := l.removeExpired(t.Context(), now+step.after)
		var removed []string
		for _, o := range owners {
			removed = append(removed, o.Agent)
		}
		if err != nil || !slices.Equal(removed, step.want) {
			t.Errorf("after %v: removed %q, %v; want %q", step.after, removed, err, step.want)
		}
	}
	if left := h.left(all...); !slices.Equal(left, []string{own, lives, foreign, unknown, elsewhere}) {
		t.Errorf("left are %q", left)
	}
	if _, err := os.Stat(h.place(h.framework, gone) + lockSuffix); !os.IsNotExist(err) {
		t.Errorf("the lock is left: %v", err)
	}
}

// An executor that comes back in time keeps its files; when it goes again, a new grace
// time begins.
func TestLeftoversOfAnExecutorThatCameBack(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "S1"), 0o755); err != nil {
		t.Fatal(err)
	}
	begin := func() *lock {
		held, err := tryLock(filepath.Join(root, "S1"+lockSuffix), dockershim.Owner{Framework: "F", Agent: "S1"}, true)
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	l := newLeftovers(root, "", dockershim.Owner{Framework: "F", Agent: "S2"}, logr.Discard())
	now := uptime()
	look := func(after time.Duration) {
		t.Helper()
		if removed, err := l.removeExpired(t.Context(), now+after); err != nil || len(removed) > 0 {
			t.Errorf("after %v: removed %v, %v", after, removed, err)
		}
	}
	begin().release()
	look(0)
	held := begin()
	look(leftoverGrace)
	held.release()
	look(leftoverGrace + time.Minute)
	look(2 * leftoverGrace)
	if _, err := os.Stat(filepath.Join(root, "S1")); err != nil {
		t.Error(err)
	}
}

// A lock on a file that its last holder has removed protects nothing: the next executor
// locks another file.
func TestLockOfARemovedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "S0"+lockSuffix)
	owner := dockershim.Owner{Framework: "F", Agent: "S0"}
	for name, replace := range map[string]bool{"removed": false, "replaced": true} {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if replace {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := (&lock{f}).take(path, owner, true); !errors.Is(err, errLocked) {
			t.Errorf("%s: %v, want %v", name, err, errLocked)
		}
	}
	held, err := tryLock(path, owner, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := held.remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the lock's file is left: %v", err)
	}
}

// A directory that cannot be used is an error at once, and not taken for another executor's.
func TestLockWithoutADirectory(t *testing.T) {
	t.Parallel()
	began := time.Now()
	_, err := awaitLock(t.Context(), filepath.Join(t.TempDir(), "none", "S0"+lockSuffix), dockershim.Owner{Framework: "F", Agent: "S0"})
	if !errors.Is(err, os.ErrNotExist) || time.Since(began) > lockTime/2 {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}
