package detector

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMaster(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "file://" + path
	}
	const api = "/api/v1/scheduler"
	tests := []struct{ master, want, err string }{
		{master: "a:1", want: "http://a:1" + api},
		{master: " a:1 , b:2", want: "http://a:1" + api + " http://b:2" + api},
		{master: "a", want: "http://a:5050" + api},
		{master: "127.0.0.1", want: "http://127.0.0.1:5050" + api},
		{master: "[::1]:1", want: "http://[::1]:1" + api},
		{master: "[::1]", want: "http://[::1]:5050" + api},
		{master: "http://a:1,https://b:2/", want: "http://a:1" + api + " https://b:2" + api},
		{master: "https://a/mesos", want: "https://a/mesos" + api},
		{master: file("one", "a:1,b:2\nsecond line"), want: "http://a:1" + api + " http://b:2" + api},
		{master: "", err: "an empty address"},
		{master: "a:1,,b:2", err: "an empty address"},
		{master: "a:port", err: "invalid port"},
		{master: ":5050", err: "not host:port"},
		{master: "a:1/path", err: "not host:port"},
		{master: "ftp://a", err: `"ftp" is not a scheme of a master`},
		{master: "http://user:hunter2@a:1", err: "pass principal and secret"},
		{master: "http://a:1?x", err: "not host:port"},
		{master: "file:///nowhere", err: "no such file"},
		{master: file("empty", ""), err: "the file is empty"},
		{master: file("nested", "file:///x"), err: "names another file"},
	}
	for _, tt := range tests {
		d, err := New(Config{Master: tt.master, Path: api})
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: %v, want %q", tt.master, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", tt.master, err)
			continue
		}
		masters, _ := d.Detect(t.Context())
		var got []string
		for _, m := range masters {
			got = append(got, m.String())
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%q: %s, want %s", tt.master, s, tt.want)
		}
	}
}

// With TLS every address is reached by https, and none by http.
func TestEncrypted(t *testing.T) {
	t.Parallel()
	d, err := New(Config{Master: "a:1, https://b:2", Encrypted: true})
	if err != nil {
		t.Fatal(err)
	}
	masters, err := d.Detect(t.Context())
	if err != nil || len(masters) != 2 || masters[0].Scheme != "https" || masters[1].Scheme != "https" {
		t.Errorf("%v, %v", masters, err)
	}
	if _, err := New(Config{Master: "a:1,http://b:2", Encrypted: true}); err == nil {
		t.Error("http is not refused")
	}
}

// A description names the masters and the way to them, but no credentials.
func TestDescription(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master")
	if err := os.WriteFile(path, []byte("zk://user:hunter2@a,b:1/mesos\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for master, want := range map[string]string{
		" a:1,b:2 ":                 "a:1,b:2",
		"zk://user:hunter2@a/mesos": "that registers at zk://a:2181/mesos",
		"file://" + path:            "that registers at zk://a:2181,b:1/mesos (named in the file " + path + ")",
	} {
		if d, err := New(Config{Master: master}); err != nil || d.String() != want {
			t.Errorf("%q: %v, %v; want %q", master, d, err, want)
		}
	}
}
