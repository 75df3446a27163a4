package upgrade

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestHandover(t *testing.T) {
	want := Handover{Secrets: map[string]string{"MESOS_TOKEN": "s3cret"}, State: json.RawMessage(`{"tasks":[1,"<é>"]}`)}
	path, err := want.write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	t.Setenv(fileVariable, path)
	got, err := Receive()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Secrets, want.Secrets) || !sameJSON(t, got.State, want.State) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
	if again, err := Receive(); again != nil || err != nil {
		t.Errorf("the second time: %v, %v", again, err)
	}
}

// A file that was altered, or that others may have written, is refused and removed.
func TestHandoverRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string) error
		want   string
	}{
		"damaged":      {edit(`"tasks"`, `"tacks"`), "is not what was written"},
		"cut":          {func(path string) error { return os.Truncate(path, 60) }, "damaged"},
		"empty":        {func(path string) error { return os.Truncate(path, 0) }, "damaged"},
		"readable":     {func(path string) error { return os.Chmod(path, 0o640) }, "mode"},
		"writable":     {func(path string) error { return os.Chmod(path, 0o602) }, "mode"},
		"a link":       {link, "too many levels"},
		"a directory":  {func(path string) error { os.Remove(path); return os.Mkdir(path, 0o700) }, "mode"},
		"of tomorrow":  {edit(`"version":1`, `"version":2`), "version 2"},
		"not there":    {os.Remove, "no such file"},
		"another file": {func(path string) error { os.Remove(path); return os.WriteFile(path, []byte("x"), 0o600) }, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			path, err := Handover{State: json.RawMessage(`{"tasks":[]}`)}.write(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.change(path); err != nil {
				t.Fatal(err)
			}
			t.Setenv(fileVariable, path)
			if h, err := Receive(); h != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", h, err, c.want)
			}
			if _, err := os.Lstat(path); !os.IsNotExist(err) {
				t.Errorf("the file is still there: %v", err)
			}
		})
	}
}

func edit(old, by string) func(string) error {
	return func(path string) error {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(strings.Replace(string(b), old, by, 1)), 0o600)
	}
}

func link(path string) error {
	elsewhere := filepath.Join(filepath.Dir(path), "elsewhere")
	if err := os.Rename(path, elsewhere); err != nil {
		return err
	}
	return os.Symlink(elsewhere, path)
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}
