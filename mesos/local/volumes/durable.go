package volumes

import (
	"errors"
	"os"
	"path/filepath"
)

// makeDir makes a directory below the work directory. It and its parents stay even if the
// machine loses its power next.
func (s *Store) makeDir(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	for path != s.workDir {
		path = filepath.Dir(path)
		if err := sync(path); err != nil {
			return err
		}
	}
	return nil
}

// sync has the disk know a file, or which files a directory has.
func sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
