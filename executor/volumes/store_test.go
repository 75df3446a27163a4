package volumes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

var (
	me    = Owner{Cluster: "ours", Node: "a"}
	other = Owner{Cluster: "ours", Node: "b"}
)

// pvc returns the name of the n-th volume.
func pvc(n int) string { return fmt.Sprintf("pvc-00000000-0000-0000-0000-%012d", n) }

// open opens a store; changed gets a token when something has come of a volume.
func open(t *testing.T, dir string, owner Owner) (s *Store, changed chan struct{}) {
	t.Helper()
	changed = make(chan struct{}, 1)
	s, err := Open(dir, owner, func() { changed <- struct{}{} }, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, changed
}

func keep(t *testing.T, s *Store, wanted ...taskdata.WantedVolume) []taskdata.Volume {
	t.Helper()
	return s.Keep(t.Context(), wanted)
}

// removed has a volume removed, and waits until it is.
func removed(t *testing.T, s *Store, changed chan struct{}, name string) {
	t.Helper()
	for {
		v := keep(t, s, taskdata.WantedVolume{Name: name, Remove: true})[0]
		if v.Error != "" {
			t.Fatalf("%+v", v)
		}
		if v.Removed {
			return
		}
		<-changed
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// A volume is made once, keeps its data when executors come and go, grows, and is removed
// when nobody needs it any more.
func TestLifeOfAVolume(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, _ := open(t, dir, me)
	made := keep(t, first, taskdata.WantedVolume{Name: pvc(1), Bytes: 10})
	data := filepath.Join(dir, pvc(1), "data")
	if len(made) != 1 || made[0].Path != data || made[0].Bytes != 10 || made[0].Error != "" {
		t.Fatalf("%+v", made)
	}
	if info, err := os.Stat(data); err != nil || info.Mode().Perm() != 0o777 {
		t.Errorf("%v, %v: not every container can write there", info.Mode(), err)
	}
	write(t, filepath.Join(data, "x"), "kept")

	s, changed := open(t, dir, me) // of the next executor
	if again := keep(t, s, taskdata.WantedVolume{Name: pvc(1), Bytes: 20, Made: true}); again[0].Bytes != 20 || again[0].Error != "" {
		t.Errorf("it has not grown: %+v", again)
	}
	keep(t, s) // a framework that has forgotten it does no harm
	if b, err := os.ReadFile(filepath.Join(data, "x")); err != nil || string(b) != "kept" {
		t.Errorf("its data is %q, %v", b, err)
	}
	removed(t, s, changed, pvc(1))
	removed(t, s, changed, pvc(1)) // the answer may have got lost
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

// What cannot be is said, and nothing is made instead.
func TestRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	theirs, _ := open(t, dir, other)
	keep(t, theirs, taskdata.WantedVolume{Name: pvc(7), Bytes: 1})
	write(t, filepath.Join(dir, pvc(7), "data", "x"), "theirs")
	write(t, filepath.Join(dir, pvc(8)), "a file")
	if err := os.MkdirAll(filepath.Join(dir, pvc(9), "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	write(t, filepath.Join(outside, "volume.json"), `{"cluster":"ours","node":"a","bytes":1}`)
	if err := os.Symlink(outside, filepath.Join(dir, pvc(6))); err != nil {
		t.Fatal(err)
	}
	s, _ := open(t, dir, me)
	for name, row := range map[string]struct {
		wanted taskdata.WantedVolume
		want   string
	}{
		"data that is lost":          {taskdata.WantedVolume{Name: pvc(1), Bytes: 1, Made: true}, "is gone, and with it its data"},
		"more than there is":         {taskdata.WantedVolume{Name: pvc(1), Bytes: 1 << 60}, "MiB left"},
		"another's":                  {taskdata.WantedVolume{Name: pvc(7), Bytes: 1}, "is a volume of node b"},
		"removing another's":         {taskdata.WantedVolume{Name: pvc(7), Remove: true}, "is a volume of node b"},
		"removing a file":            {taskdata.WantedVolume{Name: pvc(8), Remove: true}, "is no directory"},
		"removing what is not ours":  {taskdata.WantedVolume{Name: pvc(9), Remove: true}, "is no volume of ours"},
		"removing behind a link":     {taskdata.WantedVolume{Name: pvc(6), Remove: true}, "is no directory"},
		"a path for a name":          {taskdata.WantedVolume{Name: "../" + pvc(1), Remove: true}, "no name of a volume of ours"},
		"the directory itself":       {taskdata.WantedVolume{Name: ".", Remove: true}, "no name of a volume of ours"},
		"a copy of nothing":          {taskdata.WantedVolume{Name: pvc(1), Bytes: 1, From: pvc(2)}, "is to be a copy"},
		"a copy of what is not ours": {taskdata.WantedVolume{Name: pvc(1), Bytes: 1, From: "../etc"}, "no volume of ours"},
		"a copy of another's":        {taskdata.WantedVolume{Name: pvc(1), Bytes: 1, From: pvc(7)}, "is a volume of node b"},
	} {
		if got := keep(t, s, row.wanted)[0]; !strings.Contains(got.Error, row.want) || got.Path != "" || got.Removed {
			t.Errorf("%s: %+v, want an error with %q", name, got, row.want)
		}
	}
	for _, path := range []string{filepath.Join(dir, pvc(7), "data", "x"), filepath.Join(dir, pvc(8)), filepath.Join(dir, pvc(9), "data"), filepath.Join(outside, "volume.json")} {
		if !exists(path) {
			t.Errorf("%s is gone", path)
		}
	}
	if exists(filepath.Join(dir, pvc(1))) {
		t.Error("a volume was made nevertheless")
	}
}

// A symbolic link in a volume leads nobody out of it: what it points to stays.
func TestRemovalFollowsNoLink(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "precious"), "x")
	s, changed := open(t, dir, me)
	v := keep(t, s, taskdata.WantedVolume{Name: pvc(1), Bytes: 1})[0]
	for link, to := range map[string]string{"dir": outside, "file": filepath.Join(outside, "precious"), "up": "../../.."} {
		if err := os.Symlink(to, filepath.Join(v.Path, link)); err != nil {
			t.Fatal(err)
		}
	}
	removed(t, s, changed, pvc(1))
	if !exists(filepath.Join(outside, "precious")) || exists(filepath.Join(dir, pvc(1))) {
		t.Error("the removal went elsewhere")
	}
}

// What an executor has left unfinished, and what it made for nobody, is removed by the next;
// data, and what is another node's, is not.
func TestTidy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before, beforeChanged := open(t, dir, me)
	keep(t, before, taskdata.WantedVolume{Name: pvc(2), Bytes: 1})
	write(t, filepath.Join(dir, pvc(2), "data", "x"), "retained")
	unclaimed, handed := taskdata.WantedVolume{Name: pvc(6), Bytes: 1, From: pvc(2)}, taskdata.WantedVolume{Name: pvc(7), Bytes: 1, From: pvc(2)}
	copied(t, before, beforeChanged, handed)
	handed.Made = true
	keep(t, before, handed)
	copied(t, before, beforeChanged, unclaimed)
	keep(t, before, unclaimed, taskdata.WantedVolume{Name: pvc(1), Bytes: 1}, taskdata.WantedVolume{Name: pvc(3), Bytes: 1})
	theirs, _ := open(t, dir, other)
	keep(t, theirs, taskdata.WantedVolume{Name: pvc(4), Bytes: 1})
	if err := os.Rename(filepath.Join(dir, pvc(3)), filepath.Join(dir, gonePrefix+pvc(3))); err != nil {
		t.Fatal(err)
	}
	if err := before.prepare(taskdata.WantedVolume{Name: pvc(5), Bytes: 1}); err != nil {
		t.Fatal(err)
	}
	s, changed := open(t, dir, me)
	keep(t, s)
	for range 4 {
		<-changed
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{pvc(2), pvc(4), pvc(7)}; !slices.Equal(left, want) {
		t.Errorf("%v is left, want %v", left, want)
	}
}

// A volume that a claim has had stays, empty as it is, when the framework's list is lost, or
// its PersistentVolume is.
func TestHandedVolumeStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := open(t, dir, me)
	w := taskdata.WantedVolume{Name: pvc(1), Bytes: 1}
	keep(t, s, w)
	w.Made = true
	keep(t, s, w)
	w.Bytes = 2
	keep(t, s, w)
	s, _ = open(t, dir, me)
	keep(t, s)
	if v := keep(t, s, w)[0]; v.Error != "" || v.Path == "" || v.Bytes != 2 {
		t.Errorf("%+v", v)
	}
}

// A copy appears when it is complete, with owners, modes, times and links; what leads out
// of the source is copied as a link, and never followed.
func TestCopy(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "secret"), "x")
	s, changed := open(t, dir, me)
	from := keep(t, s, taskdata.WantedVolume{Name: pvc(1), Bytes: 1})[0].Path
	if err := os.Mkdir(filepath.Join(from, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(from, "d", "f"), "content")
	if err := os.Chmod(filepath.Join(from, "d", "f"), 0o4751); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(from, "link")); err != nil {
		t.Fatal(err)
	}
	want := taskdata.WantedVolume{Name: pvc(2), Bytes: 1, From: pvc(1)}
	if v := keep(t, s, want)[0]; v.Error != "" {
		t.Fatalf("%+v", v)
	}
	<-changed
	v := keep(t, s, want)[0]
	if v.Path == "" || v.Error != "" {
		t.Fatalf("%+v", v)
	}
	for _, path := range []string{"d", "d/f", "link"} {
		a, errA := os.Lstat(filepath.Join(from, path))
		b, errB := os.Lstat(filepath.Join(v.Path, path))
		if errA != nil || errB != nil || a.Mode() != b.Mode() || path != "link" && !a.ModTime().Equal(b.ModTime()) {
			t.Errorf("%s: %v and %v, %v, %v", path, a, b, errA, errB)
		}
	}
	if b, err := os.ReadFile(filepath.Join(v.Path, "d", "f")); err != nil || string(b) != "content" {
		t.Errorf("%q, %v", b, err)
	}
}

// copied has a copy made, and waits until it is there.
func copied(t *testing.T, s *Store, changed chan struct{}, w taskdata.WantedVolume) {
	t.Helper()
	keep(t, s, w)
	<-changed
	if v := keep(t, s, w)[0]; v.Path == "" || v.Error != "" {
		t.Fatalf("%+v", v)
	}
}

// A copy of one volume is not taken for one of another, nor for an empty volume.
func TestCopyOfAnother(t *testing.T) {
	t.Parallel()
	s, changed := open(t, t.TempDir(), me)
	keep(t, s, taskdata.WantedVolume{Name: pvc(1), Bytes: 1})
	keep(t, s, taskdata.WantedVolume{Name: pvc(1), Bytes: 1, Made: true})
	w := taskdata.WantedVolume{Name: pvc(3), Bytes: 1, From: pvc(1)}
	copied(t, s, changed, w)
	for _, from := range []string{pvc(2), ""} {
		w.From = from
		if v := keep(t, s, w)[0]; v.Path != "" || !strings.Contains(v.Error, "as a copy of") {
			t.Errorf("%+v", v)
		}
	}
}

// whileCopying is a context that has something done when a copy looks whether it goes on.
type whileCopying struct {
	context.Context
	do func()
}

func (w whileCopying) Err() error {
	w.do()
	return nil
}

// A copy of which the source was removed meanwhile has failed: it may lack what the source had.
func TestSourceIsRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := open(t, dir, me)
	keep(t, s, taskdata.WantedVolume{Name: pvc(1), Bytes: 1})
	w := taskdata.WantedVolume{Name: pvc(2), Bytes: 1, From: pvc(1)}
	if err := s.prepare(w); err != nil {
		t.Fatal(err)
	}
	removal := func() { _ = os.Rename(filepath.Join(dir, pvc(1)), filepath.Join(dir, gonePrefix+pvc(1))) }
	if err := s.fill(whileCopying{t.Context(), removal}, w); err == nil || !strings.Contains(err.Error(), "removed meanwhile") {
		t.Errorf("%v", err)
	}
}

// A copy that is cut short leaves nothing that could be taken for a volume, and is made
// anew by the next executor.
func TestCopyCutShort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, changed := open(t, dir, me)
	from := keep(t, s, taskdata.WantedVolume{Name: pvc(1), Bytes: 1})[0].Path
	write(t, filepath.Join(from, "f"), "content")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	want := taskdata.WantedVolume{Name: pvc(2), Bytes: 1, From: pvc(1)}
	s.Keep(ended, []taskdata.WantedVolume{want})
	<-changed
	if v := keep(t, s, want)[0]; v.Error == "" || v.Path != "" {
		t.Errorf("%+v", v)
	}
	s, changed = open(t, dir, me)
	keep(t, s, want)
	<-changed
	if v := keep(t, s, want)[0]; v.Path == "" {
		t.Errorf("%+v", v)
	}
}

// The file system keeps the size of a volume, or it is said why it does not.
func TestLimit(t *testing.T) {
	t.Parallel()
	s, _ := open(t, t.TempDir(), me)
	v := keep(t, s, taskdata.WantedVolume{Name: pvc(1), Bytes: 1 << 20})[0]
	err := os.WriteFile(filepath.Join(v.Path, "big"), make([]byte, 2<<20), 0o644)
	switch {
	case v.Unlimited == "" && err == nil:
		t.Error("a volume of 1 MiB has 2 MiB")
	case v.Unlimited != "" && err != nil:
		t.Errorf("nothing limits it (%s), but %v", v.Unlimited, err)
	case v.Unlimited != "" && !strings.Contains(v.Unlimited, "its file system"):
		t.Errorf("the reason is %q", v.Unlimited)
	}
	t.Log(v.Unlimited)
}
