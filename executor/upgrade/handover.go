package upgrade

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// A Handover is what one program leaves to the next.
type Handover struct {
	// Secrets are variables of the environment that is not to hold them.
	Secrets map[string]string `json:"secrets,omitempty"`
	// Memory is the executor's.
	Memory json.RawMessage `json:"memory"`
}

// envelope is the file: the handover, and how to know that it is whole.
type envelope struct {
	Version int             `json:"version"`
	SHA256  string          `json:"sha256"` // of content
	Content json.RawMessage `json:"content"`
}

// version changes when a program before that could not read the file any more.
const version = 1

// fileVariable names the file in the environment of the next program.
const fileVariable = "KUBERNETES_MESOS_HANDOVER"

// write writes h to a new file in dir that no other account may read.
func (h Handover) write(dir string) (path string, err error) {
	content, err := json.Marshal(h)
	if err != nil {
		return "", fmt.Errorf("handover: %w", err)
	}
	b, err := json.Marshal(envelope{Version: version, SHA256: sum(content), Content: content})
	if err != nil {
		return "", fmt.Errorf("handover: %w", err)
	}
	f, err := os.CreateTemp(dir, "handover-") // with mode 0600
	if err != nil {
		return "", fmt.Errorf("handover: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("handover: %w", err), os.Remove(f.Name()))
	}
	return filepath.Abs(f.Name())
}

// Receive returns what the program before has left, nil if there was none: the
// agent has started this one. The file is gone then, whatever was in it.
func Receive() (*Handover, error) {
	path, given := os.LookupEnv(fileVariable)
	if !given {
		return nil, nil
	}
	if err := os.Unsetenv(fileVariable); err != nil {
		return nil, err
	}
	h, err := read(path)
	if err = errors.Join(err, os.Remove(path)); err != nil {
		return nil, fmt.Errorf("what the program before has handed over: %w", err)
	}
	return h, nil
}

// read reads a file of write's. It must be this account's alone, as what is in it
// decides which containers live.
func read(path string) (*Handover, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 || !ok || int(owner.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("%s has mode %v: others than this account may have written it", path, info.Mode())
	}
	var e envelope
	if err := json.NewDecoder(f).Decode(&e); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	if e.Version != version {
		return nil, fmt.Errorf("%s is of version %d, and this program reads %d", path, e.Version, version)
	}
	if e.SHA256 != sum(e.Content) {
		return nil, fmt.Errorf("%s is damaged: its content is not what was written", path)
	}
	var h Handover
	if err := json.Unmarshal(e.Content, &h); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &h, nil
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
