package containerizer

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// owner is the account that owns an executor and its files; the zero value is our
// own.
type owner struct {
	other    bool
	uid, gid int
}

// lookUp finds the account with that name. Only root can become another user, so for
// everyone else any name is fine.
func lookUp(name string) (owner, error) {
	if name == "" || os.Getuid() != 0 {
		return owner{}, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return owner{}, fmt.Errorf("no such user %q", name)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return owner{}, err
	}
	return owner{uid != 0, uid, gid}, nil
}

func (o owner) own(path string) error {
	if !o.other {
		return nil
	}
	return os.Lchown(path, o.uid, o.gid)
}

func (o owner) credential() *syscall.Credential {
	if !o.other {
		return nil
	}
	return &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
}
