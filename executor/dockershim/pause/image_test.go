package pause

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

// untar returns the files of an archive by name.
func untar(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// The image is what docker load reads: each document names the next by its digest, and the
// last layer holds the program.
func TestImage(t *testing.T) {
	t.Parallel()
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		image, err := New(arch)
		if err != nil {
			t.Fatal(err)
		}
		files := untar(t, image.Tar)
		var manifest []manifestEntry
		if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil || len(manifest) != 1 || len(manifest[0].Layers) != 1 {
			t.Fatalf("%s: manifest %s, %v", arch, files["manifest.json"], err)
		}
		m := manifest[0]
		config, layer := files[m.Config], files[m.Layers[0]]
		if len(m.RepoTags) != 1 || m.RepoTags[0] != image.Name || !strings.HasPrefix(image.Name, Repository+":") || m.Config != digest(config)+".json" {
			t.Errorf("%s: manifest %+v of image %s", arch, m, image.Name)
		}
		var c imageConfig
		if err := json.Unmarshal(config, &c); err != nil {
			t.Fatal(err)
		}
		if c.Architecture != arch || c.OS != "linux" || len(c.RootFS.DiffIDs) != 1 || c.RootFS.DiffIDs[0] != "sha256:"+digest(layer) ||
			len(c.Config.Entrypoint) != 1 || c.Config.Entrypoint[0] != "/pause" {
			t.Errorf("%s: configuration %s", arch, config)
		}
		checkProgram(t, untar(t, layer)["pause"], machine)
	}
}

// checkProgram checks that program is a static executable whose one segment holds all of it.
func checkProgram(t *testing.T, program []byte, machine elf.Machine) {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	if f.Machine != machine || f.Type != elf.ET_EXEC || f.Class != elf.ELFCLASS64 || len(f.Progs) != 1 {
		t.Fatalf("%v %v %v with %d segments", f.Machine, f.Type, f.Class, len(f.Progs))
	}
	p := f.Progs[0]
	if p.Type != elf.PT_LOAD || p.Flags != elf.PF_R|elf.PF_X || p.Filesz != uint64(len(program)) || p.Memsz != p.Filesz {
		t.Errorf("segment %+v of a file of %d bytes", p.ProgHeader, len(program))
	}
	if f.Entry <= p.Vaddr || f.Entry >= p.Vaddr+p.Filesz {
		t.Errorf("it begins at %#x, outside of its segment at %#x", f.Entry, p.Vaddr)
	}
}

// Docker names architectures as the kernel does, Go otherwise; both are understood, and the
// images differ between architectures only.
func TestArchitectures(t *testing.T) {
	t.Parallel()
	for _, names := range [][2]string{{"amd64", "x86_64"}, {"arm64", "aarch64"}} {
		one, err := program(names[0])
		if err != nil {
			t.Fatal(err)
		}
		if other, err := program(names[1]); err != nil || !bytes.Equal(one, other) {
			t.Errorf("%s and %s differ, %v", names[0], names[1], err)
		}
	}
	a, err := New("amd64")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := New("arm64"); err != nil || a.Name == b.Name {
		t.Errorf("amd64 and arm64 share the name %s, %v", a.Name, err)
	}
}
