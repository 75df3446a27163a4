package dockershim

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// registry serves one image, of one layer with a random file, through the registry API
// version 2, to clients with the right user and password.
type registry struct {
	address string
	digest  string // of the manifest
	stall   *atomic.Bool
}

func newRegistry(t *testing.T, user, password string) registry {
	t.Helper()
	layer := randomLayer(t)
	config := encode(t, map[string]any{
		"architecture": "amd64", "os": "linux",
		"config": map[string]any{"User": "1234", "Cmd": []string{"/file"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{sha(layer)}},
	})
	const manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	manifest := encode(t, map[string]any{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": map[string]any{"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": sha(config)},
		"layers": []any{map[string]any{"mediaType": "application/vnd.docker.image.rootfs.diff.tar", "size": len(layer), "digest": sha(layer)}},
	})
	blobs := map[string][]byte{sha(layer): layer, sha(config): config, sha(manifest): manifest, "latest": manifest}
	stall, over := new(atomic.Bool), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		parts := strings.Split(r.URL.Path, "/")
		blob, ok := blobs[parts[len(parts)-1]]
		if r.URL.Path == "/v2/" {
			return
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		if strings.Contains(r.URL.Path, "/manifests/") {
			w.Header().Set("Content-Type", manifestType)
			w.Header().Set("Docker-Content-Digest", sha(blob))
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(blob)))
		if r.Method == http.MethodHead {
			return
		}
		if stall.Load() && strings.HasSuffix(r.URL.Path, sha(layer)) {
			w.Write(blob[:10])
			w.(http.Flusher).Flush()
			<-over
			return
		}
		w.Write(blob)
	}))
	t.Cleanup(func() { close(over); server.Close() })
	return registry{strings.TrimPrefix(server.URL, "http://"), sha(manifest), stall}
}

func randomLayer(t *testing.T) []byte {
	t.Helper()
	content := []byte(rand.Text())
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "file", Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sha(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }
