package pki

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// read returns the pair stored under name.
func (d *Dir) read(name string) (Pair, error) {
	cert, err := os.ReadFile(d.CertFile(name))
	if err != nil {
		return Pair{}, err
	}
	key, err := os.ReadFile(d.KeyFile(name))
	if err != nil {
		return Pair{}, err
	}
	return Pair{cert, key}, nil
}

// has reports whether path exists.
func (d *Dir) has(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// write stores p under name. It writes the key first: a certificate exists only if
// its key does.
func (d *Dir) write(name string, p Pair) error {
	if err := WriteFile(d.KeyFile(name), p.Key, 0o600); err != nil {
		return err
	}
	return WriteFile(d.CertFile(name), p.Cert, 0o644)
}

// WriteFile replaces the file at path atomically: a reader, or a start after a
// crash, sees either the old content or the new.
func WriteFile(path string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	defer os.Remove(f.Name()) // does nothing once renamed
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("certificates: writing %s: %w", path, err)
	}
	return nil
}
