package volumes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// startCopy has a copy of another volume made, unless that goes on already. The error is
// that of one that has failed.
func (s *Store) startCopy(ctx context.Context, w taskdata.WantedVolume) error {
	if s.isBegun(w.Name) {
		return s.begin(ctx, w.Name, copying, nil)
	}
	if !validName.MatchString(w.From) {
		return fmt.Errorf("%s, of which it is to be a copy, is no volume of ours", w.From)
	}
	if _, err := s.about(w.From); err != nil {
		return fmt.Errorf("the volume of which it is to be a copy: %w", err)
	}
	if err := s.prepare(w); err != nil {
		return err
	}
	return s.begin(ctx, w.Name, copying, func(ctx context.Context) error {
		if err := s.fill(ctx, w); err != nil {
			return err
		}
		if err := s.syncAll(); err != nil {
			return err
		}
		return s.complete(w.Name)
	})
}

// fill copies what is in a volume into the one that is being made of it.
func (s *Store) fill(ctx context.Context, w taskdata.WantedVolume) error {
	if err := s.copyData(ctx, w.From, newPrefix+w.Name); err != nil {
		return err
	}
	if _, err := s.about(w.From); err != nil { // what was missing may have been removed with it
		return fmt.Errorf("the volume of which it is a copy was removed meanwhile: %w", err)
	}
	return nil
}

// copyData copies the content of a volume: directories, files and symbolic links, with
// owners, modes and times. Sockets, pipes and devices are left out.
func (s *Store) copyData(ctx context.Context, from, to string) error {
	source, err := s.root.OpenRoot(filepath.Join(from, dataDir))
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := s.root.OpenRoot(filepath.Join(to, dataDir))
	if err != nil {
		return err
	}
	defer target.Close()
	var dirs []func() error // a directory's time changes while it is filled
	err = fs.WalkDir(source.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		info, err := source.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		if err != nil {
			return err
		}
		switch {
		case info.IsDir():
			dirs = append(dirs, func() error { return setTime(target, path, info) })
			if path != "." {
				if err := target.Mkdir(path, 0o700); err != nil {
					return err
				}
			}
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := source.Readlink(path)
			if err != nil {
				return err
			}
			if err := target.Symlink(to, path); err != nil {
				return err
			}
			return setOwner(target, path, info)
		case info.Mode().IsRegular():
			if err := copyFile(ctx, source, target, path); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			dirs = append(dirs, func() error { return setTime(target, path, info) })
		default:
			return nil
		}
		if err := setOwner(target, path, info); err != nil {
			return err
		}
		return target.Chmod(path, info.Mode()) // after the owner, whose change takes away set-uid
	})
	for i := len(dirs) - 1; i >= 0 && err == nil; i-- {
		err = dirs[i]()
	}
	return err
}

// piece is how much of a file is copied before ctx is looked at again.
const piece = 64 << 20

func copyFile(ctx context.Context, source, target *os.Root, path string) error {
	in, err := source.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0) // it may have become something else
	if err != nil {
		return err
	}
	defer in.Close()
	if info, err := in.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, errors.New("it has changed meanwhile"))
	}
	out, err := target.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	for err == nil && ctx.Err() == nil {
		_, err = io.CopyN(out, in, piece)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, ctx.Err(), out.Close())
}

func setOwner(target *os.Root, path string, info fs.FileInfo) error {
	if st, is := info.Sys().(*syscall.Stat_t); is {
		return target.Lchown(path, int(st.Uid), int(st.Gid))
	}
	return nil
}

func setTime(target *os.Root, path string, info fs.FileInfo) error {
	return target.Chtimes(path, time.Time{}, info.ModTime())
}
