package volumes

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// limits has file systems keep volumes from growing beyond their size, by project quotas:
// each volume's content belongs to a project of its own, which new files inherit.

// The parts of Linux' interface (linux/fs.h, linux/quota.h) that package unix does not have.
const (
	getAttributes  = 0x801c581f // FS_IOC_FSGETXATTR
	setAttributes  = 0x401c5820 // FS_IOC_FSSETXATTR
	projectInherit = 0x200      // FS_XFLAG_PROJINHERIT

	projectQuota = 2 // PRJQUOTA
	getQuota     = 0x800007<<8 | projectQuota
	setQuota     = 0x800008<<8 | projectQuota
	blockLimits  = 1 // QIF_BLIMITS
	quotaBlock   = 1024
)

// attributes are struct fsxattr.
type attributes struct {
	flags, extentSize, extents, project, cowExtentSize uint32
	_                                                  [8]byte
}

// quota is struct if_dqblk.
type quota struct {
	hard, soft, space, inodesHard, inodesSoft, inodes, blockTime, inodeTime uint64
	valid                                                                   uint32
}

// errNoQuotas says that a file system does not limit projects.
var errNoQuotas = errors.New("its file system is mounted without project quotas, which xfs and ext4 have with the option prjquota")

// errBefore says that a volume has files that no project accounts for.
var errBefore = errors.New("it was filled before its file system had project quotas")

// limit keeps a volume's content from growing beyond bytes. It must be called first while
// there is none. An error says why it cannot be kept.
func limit(content *os.File, name string, bytes int64, empty bool) error {
	a := attributes{}
	if err := ioctl(content, getAttributes, unsafe.Pointer(&a)); err != nil {
		return errNoQuotas
	}
	if a.project == 0 {
		if !empty {
			return errBefore
		}
		var err error
		if a.project, err = freeProject(content, name); err != nil {
			return err
		}
		a.flags |= projectInherit
		if err := ioctl(content, setAttributes, unsafe.Pointer(&a)); err != nil {
			return fmt.Errorf("its file system has no projects: %w", err)
		}
	}
	q := quota{hard: uint64(bytes+quotaBlock-1) / quotaBlock, valid: blockLimits}
	q.soft = q.hard
	return quotactl(content, setQuota, a.project, &q)
}

// freeProject returns the number of a project that has no files.
func freeProject(content *os.File, name string) (uint32, error) {
	for id := crc32.ChecksumIEEE([]byte(name)) | 1<<30; ; id++ {
		q := quota{}
		err := quotactl(content, getQuota, id, &q)
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return 0, err
		}
		if q.inodes == 0 {
			return id, nil
		}
	}
}

func ioctl(f *os.File, request uintptr, argument unsafe.Pointer) error {
	if _, _, err := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(argument)); err != 0 {
		return err
	}
	return nil
}

func quotactl(f *os.File, command uintptr, project uint32, q *quota) error {
	_, _, err := unix.Syscall6(unix.SYS_QUOTACTL_FD, f.Fd(), command, uintptr(project), uintptr(unsafe.Pointer(q)), 0, 0)
	switch err {
	case 0:
		return nil
	case unix.ESRCH, unix.ENOSYS, unix.EOPNOTSUPP, unix.ENOTTY:
		return errNoQuotas
	}
	return fmt.Errorf("project quotas: %w", err)
}
