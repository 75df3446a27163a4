package fetcher

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func TestFetch(t *testing.T) {
	t.Parallel()
	source := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(source, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	program := write("program", []byte("#!"))
	archive := write("a.tar.gz", []byte("\x1f\x8b"))
	server := httptest.NewServer(http.FileServer(http.Dir(source)))
	t.Cleanup(server.Close)

	for _, c := range []struct {
		name string
		uri  mesospb.CommandInfo_URI
		want map[string]string // file: content; a name ending in * is executable
		err  string
	}{
		{"path", mesospb.CommandInfo_URI{Value: &program}, map[string]string{"program": "#!"}, ""},
		{"executable", mesospb.CommandInfo_URI{Value: &program, Executable: proto.Bool(true)}, map[string]string{"program*": "#!"}, ""},
		{"output_file", mesospb.CommandInfo_URI{Value: &program, OutputFile: proto.String("in/here")}, map[string]string{"in/here": "#!"}, ""},
		{"file URI", mesospb.CommandInfo_URI{Value: proto.String("file://" + program)}, map[string]string{"program": "#!"}, ""},
		{"http", mesospb.CommandInfo_URI{Value: proto.String(server.URL + "/program")}, map[string]string{"program": "#!"}, ""},
		{"cached", mesospb.CommandInfo_URI{Value: proto.String(server.URL + "/program"), Cache: proto.Bool(true)}, map[string]string{"program": "#!"}, ""},
		{"archive as it is", mesospb.CommandInfo_URI{Value: &archive, Extract: proto.Bool(false)}, map[string]string{"a.tar.gz": "\x1f"}, ""},

		{"executable with the name of an archive", mesospb.CommandInfo_URI{Value: &archive, Executable: proto.Bool(true)}, map[string]string{"a.tar.gz*": "\x1f"}, ""},

		{"archive to extract", mesospb.CommandInfo_URI{Value: &archive}, nil, "set extract to false"},
		{"missing", mesospb.CommandInfo_URI{Value: proto.String("/no/such")}, nil, "no such file"},
		{"relative", mesospb.CommandInfo_URI{Value: proto.String("program")}, nil, "not absolute"},
		{"404", mesospb.CommandInfo_URI{Value: proto.String(server.URL + "/none")}, nil, "404"},
		{"hdfs", mesospb.CommandInfo_URI{Value: proto.String("hdfs://h/p")}, nil, "hdfs is not fetched"},
		{"no name", mesospb.CommandInfo_URI{Value: proto.String(server.URL + "/")}, nil, "no file name"},
		{"quote", mesospb.CommandInfo_URI{Value: proto.String("/a'b")}, nil, "quote"},
		{"output_file out", mesospb.CommandInfo_URI{Value: &program, OutputFile: proto.String("../x")}, nil, "out of the sandbox"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			var owned []string
			made, err := New(t.TempDir()).Fetch(t.Context(), Request{Directory: dir, URIs: []*mesospb.CommandInfo_URI{&c.uri},
				Own: func(path string) error { owned = append(owned, path); return nil }})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), c.uri.GetValue()) {
					t.Errorf("error %v, want one with %q and the URI", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(made) != 1 || !slices.Equal(owned, made) {
				t.Errorf("made %v, handed over %v", made, owned)
			}
			for name, content := range c.want {
				name, executable := strings.CutSuffix(name, "*")
				path := filepath.Join(dir, name)
				b, err := os.ReadFile(path)
				if err != nil || !strings.HasPrefix(string(b), content) {
					t.Errorf("%s is %.20q, %v", name, b, err)
				}
				if info, err := os.Stat(path); err == nil && executable != (info.Mode()&0o100 != 0) {
					t.Errorf("%s has mode %v", name, info.Mode())
				}
			}
		})
	}
}

// Cached content is fetched once for each user, however many ask at a time, and a
// failure is retried.
func TestFetchCache(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	var broken atomic.Bool
	broken.Store(true)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if broken.Load() {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		io.WriteString(w, "content")
	}))
	t.Cleanup(server.Close)
	f := New(t.TempDir())
	fetch := func(user string) error {
		_, err := f.Fetch(t.Context(), Request{Directory: t.TempDir(), User: user, Own: func(string) error { return nil },
			URIs: []*mesospb.CommandInfo_URI{{Value: proto.String(server.URL + "/x"), Cache: proto.Bool(true)}}})
		return err
	}
	if err := fetch("a"); err == nil {
		t.Error("no error from a broken server")
	}
	broken.Store(false)
	asked.Store(0)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if err := fetch("a"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := fetch("b"); err != nil {
		t.Error(err)
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times for two users", n)
	}
}

// A failed fetch does not give its place in the cache to two others. If it failed
// because its executor was ended, those waiting for the same content do not fail.
func TestFetchCachePlaces(t *testing.T) {
	t.Parallel()
	asked, fail := make(chan struct{}, 2), make(chan struct{})
	var first atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" && first.CompareAndSwap(false, true) {
			asked <- struct{}{}
			select {
			case <-fail:
			case <-r.Context().Done():
			}
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		io.WriteString(w, "content of "+r.URL.Path)
	}))
	t.Cleanup(server.Close)
	f := New(t.TempDir())
	read := func(ctx context.Context, path string) (string, error) {
		file, err := f.cache.get(ctx, "u", server.URL+path)
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(file)
		return string(text), err
	}
	ctx, end := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := read(ctx, "/a"); err == nil {
			t.Error("the fetch of an executor that was ended succeeds")
		}
	})
	<-asked
	all.Go(func() { // either waits for the first, or comes after it
		if text, err := read(t.Context(), "/a"); err != nil || text != "content of /a" {
			t.Errorf("who waited got %q, %v", text, err)
		}
	})
	if text, err := read(t.Context(), "/b"); err != nil || text != "content of /b" {
		t.Errorf("b is %q, %v", text, err)
	}
	end()
	all.Wait()
	close(fail)
	for _, path := range []string{"/c", "/b", "/a"} {
		if text, err := read(t.Context(), path); err != nil || text != "content of "+path {
			t.Errorf("%s is %q, %v", path, text, err)
		}
	}
}
