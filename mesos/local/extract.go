package local

import (
	"archive/tar"
	"archive/zip"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// extract unpacks an archive, recognized by its name, into the sandbox; other files
// stay as they are, and the archive stays too. Nothing can be written outside the
// sandbox, whatever the archive says.
func extract(path, directory string, owner owner) error {
	root, err := os.OpenRoot(directory)
	if err != nil {
		return err
	}
	defer root.Close()
	x := extraction{root, directory, owner}
	name := filepath.Base(path)
	has := func(suffixes ...string) bool {
		for _, s := range suffixes {
			if strings.HasSuffix(name, s) {
				return true
			}
		}
		return false
	}
	switch {
	case has(".zip"):
		return x.zip(path)
	case has(".tar.xz", ".txz"):
		return errors.New("xz archives are not extracted by a local Mesos; use gzip, or extract: false")
	case !has(".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".gz"):
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var in io.Reader = f
	if has("gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return err
		}
	} else if has("bz2") {
		in = bzip2.NewReader(f)
	}
	if has(".gz") && !has(".tar.gz") {
		return x.file(strings.TrimSuffix(name, ".gz"), 0o644, in)
	}
	return x.tar(in)
}

type extraction struct {
	root      *os.Root
	directory string
	owner     owner
}

func (x extraction) tar(in io.Reader) error {
	for r := tar.NewReader(in); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		mode := os.FileMode(h.Mode).Perm()
		switch h.Typeflag {
		case tar.TypeDir:
			err = x.mkdir(h.Name)
		case tar.TypeReg:
			err = x.file(h.Name, mode, r)
		case tar.TypeSymlink:
			if err = x.mkdir(filepath.Dir(h.Name)); err == nil {
				err = x.root.Symlink(h.Linkname, clean(h.Name))
			}
		case tar.TypeLink:
			err = x.root.Link(clean(h.Linkname), clean(h.Name))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

func (x extraction) zip(path string) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			err = x.mkdir(f.Name)
		} else if in, e := f.Open(); e != nil {
			err = e
		} else {
			err = x.file(f.Name, f.Mode().Perm(), in)
			in.Close()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func clean(name string) string { return filepath.Clean(name) }

func (x extraction) mkdir(name string) error {
	if name = clean(name); name == "." {
		return nil
	}
	if err := x.root.MkdirAll(name, 0o755); err != nil {
		return err
	}
	return x.owner.own(filepath.Join(x.directory, name))
}

func (x extraction) file(name string, mode os.FileMode, in io.Reader) error {
	name = clean(name)
	if err := x.mkdir(filepath.Dir(name)); err != nil {
		return err
	}
	f, err := x.root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode|0o600)
	if err != nil {
		return err
	}
	if _, err = io.Copy(f, in); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return x.owner.own(filepath.Join(x.directory, name))
}
