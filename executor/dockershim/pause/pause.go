// Package pause makes the image of the pod sandbox: one program that holds a
// pod's namespaces open, as a tar that "docker load" takes. It needs no
// registry, no compiler and no binary in the repository: the program is a few
// dozen machine instructions, listed with their meaning in code.go.
//
// The program blocks every signal and then waits for signals without end. On each
// one it reaps all children that have ended, since it is process 1 of pods that
// share one process namespace; at SIGINT or SIGTERM it exits with 0. Waiting for
// blocked signals, instead of installing handlers, is what lets process 1 of a
// namespace be ended by them: the kernel drops unhandled signals to such a
// process unless they are blocked.
package pause

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Repository is the name of the image without its tag.
const Repository = "kubernetes-mesos/pause"

// Image is a pause image for one architecture.
type Image struct {
	Name string // Repository:tag; the tag follows from the content
	Tar  []byte // what "docker load" reads
}

// New makes the image for an architecture in Go's and Docker's spelling (amd64,
// arm64). The same architecture always yields the same bytes.
func New(arch string) (Image, error) {
	program, err := program(arch)
	if err != nil {
		return Image{}, err
	}
	layer, err := archive(file{"pause", 0o555, program})
	if err != nil {
		return Image{}, err
	}
	config, err := json.Marshal(imageConfig{
		Architecture: arch,
		OS:           "linux",
		Created:      time.Unix(0, 0).UTC(),
		Config:       processConfig{Entrypoint: []string{"/pause"}},
		RootFS:       rootFS{Type: "layers", DiffIDs: []string{"sha256:" + digest(layer)}},
		History:      []history{{Created: time.Unix(0, 0).UTC(), CreatedBy: "kubernetes-mesos"}},
	})
	if err != nil {
		return Image{}, err
	}
	name := Repository + ":" + digest(config)[:12]
	manifest, err := json.Marshal([]manifestEntry{{
		Config:   digest(config) + ".json",
		RepoTags: []string{name},
		Layers:   []string{digest(layer) + "/layer.tar"},
	}})
	if err != nil {
		return Image{}, err
	}
	image, err := archive(
		file{digest(config) + ".json", 0o444, config},
		file{digest(layer) + "/layer.tar", 0o444, layer},
		file{"manifest.json", 0o444, manifest},
	)
	return Image{Name: name, Tar: image}, err
}

// The documents of Docker's image archive, version 1.2, as far as they are used.
type (
	manifestEntry struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	imageConfig struct {
		Architecture string        `json:"architecture"`
		OS           string        `json:"os"`
		Created      time.Time     `json:"created"`
		Config       processConfig `json:"config"`
		RootFS       rootFS        `json:"rootfs"`
		History      []history     `json:"history"`
	}
	processConfig struct {
		Entrypoint []string `json:"Entrypoint"`
	}
	rootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	}
	history struct {
		Created   time.Time `json:"created"`
		CreatedBy string    `json:"created_by"`
	}
)

type file struct {
	name    string
	mode    int64
	content []byte
}

func archive(files ...file) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), Typeflag: tar.TypeReg, ModTime: time.Unix(0, 0)}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("pause image: %s: %w", f.name, err)
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, fmt.Errorf("pause image: %s: %w", f.name, err)
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
