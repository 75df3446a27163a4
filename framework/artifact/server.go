// Package artifact serves the executor program to Mesos agents: over plain HTTP,
// at a path that holds a hash of its content, so that the agents' fetchers may
// keep it permanently and still get every new version. There is nothing secret in
// the program.
//
// Mesos' fetcher caches by URL and never asks again whether a file has changed
// (docs/fetcher.md of Mesos); it wants a Content-Length.
package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Server serves one file.
type Server struct {
	file     *os.File // the hashed file itself is served, whatever is at its path later
	hash     string   // SHA-256, in hexadecimal
	urlPath  string
	listener net.Listener
}

// New reads the file once, to hash it, and listens at addr (host:port, port 0 for
// any). The file must not be changed in place while it is served; replacing it is
// fine, since the served file was opened at the start.
func New(path, addr string) (*Server, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the executor to deliver: %w", err)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		file.Close()
		return nil, fmt.Errorf("the executor to deliver: %w", err)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("delivering the executor: %w", err)
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	return &Server{
		file:     file,
		hash:     sum,
		urlPath:  "/" + sum[:32] + "/" + filepath.Base(path),
		listener: listener,
	}, nil
}

// SHA256 returns the file's SHA-256, in hexadecimal.
func (s *Server) SHA256() string { return s.hash }

// URL returns the file's URL for agents that reach this machine as host.
func (s *Server) URL(host string) string {
	port := s.listener.Addr().(*net.TCPAddr).Port
	return fmt.Sprintf("http://%s%s", net.JoinHostPort(host, fmt.Sprint(port)), s.urlPath)
}

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	defer s.file.Close()
	info, err := s.file.Stat()
	if err != nil {
		s.listener.Close()
		return fmt.Errorf("delivering the executor: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+s.urlPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Etag", `"`+s.urlPath+`"`)
		// Each request has its own section: they share no file position.
		http.ServeContent(w, r, "", info.ModTime(), io.NewSectionReader(s.file, 0, info.Size()))
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("delivering the executor: %w", err)
	}
	return nil
}
