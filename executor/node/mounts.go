package node

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// removeTree unmounts everything at or under root, and removes root. Nothing is
// removed while anything is mounted there: a volume may show files that belong to
// others. The kubelet's last goroutines may still write there, so removeTree retries
// if necessary.
func removeTree(root string) error {
	var err error
	for range removeTurns {
		if err = removeOnce(root); err == nil {
			return nil
		}
		time.Sleep(removePause)
	}
	return err
}

const (
	removeTurns = 10
	removePause = 50 * time.Millisecond
)

func removeOnce(root string) error {
	mounts, err := mountsUnder(root)
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range mounts {
		if err := unix.Unmount(m, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			errs = append(errs, fmt.Errorf("unmounting %s: %w", m, err))
		}
	}
	if mounts, err = mountsUnder(root); err != nil {
		return errors.Join(append(errs, err)...)
	}
	if len(mounts) > 0 {
		return errors.Join(append(errs, fmt.Errorf("%s is left, as %s is mounted", root, strings.Join(mounts, ", ")))...)
	}
	if err := os.RemoveAll(root); err != nil {
		return fmt.Errorf("removing %s: %w", root, err)
	}
	return nil
}

// mountsUnder returns the mount points at or under root, the latest mount first, so
// each comes before the one it is mounted on.
func mountsUnder(root string) ([]string, error) {
	infos, err := mountinfo.GetMounts(mountinfo.PrefixFilter(root))
	if err != nil {
		return nil, fmt.Errorf("mounts under %s: %w", root, err)
	}
	var points []string
	for _, i := range infos {
		points = append(points, i.Mountpoint)
	}
	slices.Reverse(points)
	return points, nil
}
