package fetcher

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// download copies a local path, a file:// or an http(s):// URI to target.
func download(ctx context.Context, uri, target string) error {
	in, err := openURI(ctx, uri)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(target, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	err = out.Close()
	// A process that another goroutine is starting right now also has the file open
	// for writing until its exec; executing the file before that would fail with
	// "text file busy". After this lock, no fork that began earlier is left.
	syscall.ForkLock.RLock()
	syscall.ForkLock.RUnlock()
	return err
}

func openURI(ctx context.Context, uri string) (io.ReadCloser, error) {
	scheme, path, found := strings.Cut(uri, "://")
	switch {
	case !found:
		path = uri
		fallthrough
	case scheme == "file":
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("the path is not absolute")
		}
		return os.Open(path)
	case scheme == "http" || scheme == "https":
		return openHTTP(ctx, uri)
	}
	return nil, fmt.Errorf("%s is not fetched by a local Mesos; use a path, file, http or https", scheme)
}

// fetchTimeout bounds one download.
const fetchTimeout = 10 * time.Minute

func openHTTP(ctx context.Context, uri string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: fetchTimeout, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("the server answers %s", answer.Status)
	}
	return answer.Body, nil
}
