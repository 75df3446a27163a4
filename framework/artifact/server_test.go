package artifact

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func serve(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "executor_runner")
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := New(path, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s.URL("127.0.0.1")
}

func get(t *testing.T, url, header string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != "" {
		req.Header.Set("Range", header)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// A fetcher gets the whole file with its length, or the missing part.
func TestFetch(t *testing.T) {
	t.Parallel()
	url := serve(t, "a program")
	if !strings.HasSuffix(url, "/executor_runner") {
		t.Errorf("%s does not end in the program's name, by which Mesos stores it", url)
	}
	resp, body := get(t, url, "")
	if resp.StatusCode != 200 || body != "a program" || resp.ContentLength != 9 {
		t.Errorf("got %s, %d bytes announced, %q", resp.Status, resp.ContentLength, body)
	}
	resp, body = get(t, url, "bytes=2-")
	if resp.StatusCode != 206 || body != "program" {
		t.Errorf("the rest of it: got %s %q", resp.Status, body)
	}
	if resp, _ := get(t, strings.TrimSuffix(url, "executor_runner"), ""); resp.StatusCode != 404 {
		t.Errorf("a path next to it: got %s, want 404", resp.Status)
	}
}

// Different content has a different URL, the same content the same path.
func TestURLNamesContent(t *testing.T) {
	t.Parallel()
	one, same, other := serve(t, "one"), serve(t, "one"), serve(t, "other")
	hash := func(url string) string { parts := strings.Split(url, "/"); return parts[len(parts)-2] }
	if hash(one) != hash(same) || hash(one) == hash(other) {
		t.Errorf("hashes %s, %s and %s; want the first two equal only", hash(one), hash(same), hash(other))
	}
}

// An executor that fetches the file identifies it by its hash.
func TestSHA256(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "executor_runner")
	if err := os.WriteFile(path, []byte("abc"), 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := New(path, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.listener.Close(); s.file.Close() })
	// The example of FIPS 180-2, appendix B.1.
	if want := "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; s.SHA256() != want {
		t.Errorf("got %s, want %s", s.SHA256(), want)
	}
}

// A missing file is reported at once, by name.
func TestMissingFile(t *testing.T) {
	t.Parallel()
	if _, err := New("/nowhere/executor_runner", "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "/nowhere/executor_runner") {
		t.Errorf("got %v", err)
	}
}
