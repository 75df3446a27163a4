package upgrade

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// prefix is the prefix of program names in Dir.
const prefix = "executor-"

// maxSize bounds a program, in bytes: its server must not be able to fill the disk.
const maxSize = 2 << 30

// CheckFlag is passed to a program on trial, after the flags it will have: it must
// exit with code 0 and do nothing else.
const CheckFlag = "-check"

// Fetch downloads a program unless it is the running one, checks its hash, makes
// it executable and tries it. It removes programs fetched earlier. The error names
// the program and what is wrong; no partial download is left.
func (p *Programs) Fetch(ctx context.Context, program taskdata.Program) (path string, err error) {
	own, err := p.own()
	if err != nil {
		return "", fmt.Errorf("the running program: %w", err)
	}
	hash := strings.ToLower(program.SHA256)
	if own == hash {
		return "", nil
	}
	if b, err := hex.DecodeString(hash); err != nil || len(b) != sha256.Size {
		return "", fmt.Errorf("program %s: %q is not a SHA-256", program.URL, program.SHA256)
	}
	path = filepath.Join(p.Dir, prefix+hash[:16])
	if err := p.forget(path); err != nil {
		return "", err
	}
	if there, err := hashOf(path); err != nil || there != hash {
		err := download(ctx, program.URL, hash, path)
		if err != nil {
			return "", fmt.Errorf("program %s: %w", program.URL, err)
		}
	}
	if err := p.try(ctx, path); err != nil {
		return "", fmt.Errorf("program %s: %w", program.URL, err)
	}
	return path, nil
}

// forget removes fetched programs other than the one at path. The running one may
// be among them: the system keeps it while it runs.
func (p *Programs) forget(path string) error {
	old, err := filepath.Glob(filepath.Join(p.Dir, prefix+"*"))
	if err != nil {
		return fmt.Errorf("programs in %s: %w", p.Dir, err)
	}
	for _, o := range old {
		if o == path {
			continue
		}
		if err := os.Remove(o); err != nil {
			return fmt.Errorf("an earlier program: %w", err)
		}
	}
	return nil
}

// download saves the program at the URL from, which must have this hash, to path.
func download(ctx context.Context, from, hash, path string) error {
	if u, err := url.Parse(from); err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("its URL is neither http nor https")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, fetchTime, fmt.Errorf("it takes longer than %v", fetchTime))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return because(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", resp.Status)
	}
	temporary := path + ".part"
	defer os.Remove(temporary) // only needed after a failure
	got, err := save(temporary, resp.Body)
	switch {
	case err != nil:
		return because(ctx, err)
	case got != hash:
		return fmt.Errorf("its SHA-256 is %s, not %s", got, hash)
	}
	return os.Rename(temporary, path)
}

// save writes an executable file and returns the hash of its content.
func save(path string, content io.Reader) (hash string, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), io.LimitReader(content, maxSize+1))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil && n > maxSize {
		err = fmt.Errorf("it is larger than %d bytes", maxSize)
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

// try checks that a program starts on this machine and accepts the flags that it will
// have. The program gets no secret and does nothing.
func (p *Programs) try(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, tryTime, fmt.Errorf("its trial takes longer than %v", tryTime))
	defer cancel()
	var out []byte
	err := whileBusy(func() (err error) {
		cmd := exec.CommandContext(ctx, path, append(append([]string{}, p.args...), CheckFlag)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
		cmd.WaitDelay = time.Second
		out, err = cmd.CombinedOutput()
		return err
	})
	if err != nil {
		said := strings.TrimSpace(string(out[:min(len(out), 500)]))
		return fmt.Errorf("it does not start here: %w: %s", because(ctx, err), said)
	}
	return nil
}

// because returns why ctx has ended if it has, and otherwise err.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
