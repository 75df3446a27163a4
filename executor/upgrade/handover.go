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

// A Handover is what one program passes on to the next.
type Handover struct {
	// Secrets are variables that must stay out of the environment.
	Secrets map[string]string `json:"secrets,omitempty"`
	// Descriptors are files that stay open, by name.
	Descriptors map[string]int `json:"descriptors,omitempty"`
	// State is the executor's state.
	State json.RawMessage `json:"memory"`
}

// envelope is the contents of the file: the handover and its checksum.
type envelope struct {
	Version int             `json:"version"`
	SHA256  string          `json:"sha256"` // of content
	Content json.RawMessage `json:"content"`
}

// version changes when earlier programs could no longer read the file.
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

// Receive returns what the previous program handed over, nil if there was none: the
// agent started this one. It removes the file, whatever was in it.
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
		return nil, fmt.Errorf("the handover of the previous program: %w", err)
	}
	for _, fd := range h.Descriptors {
		syscall.CloseOnExec(fd)
	}
	return h, nil
}

// read reads a file that write wrote. Only this account may have access to it, since
// its contents decide which containers live.
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
