package cninetwork

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/containernetworking/cni/pkg/invoke"
	"github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/cni/pkg/version"
)

// programs finds and runs plugins.
type programs struct{ version.PluginDecoder }

// FindInPath returns the path of a plugin.
func (*programs) FindInPath(plugin string, dirs []string) (string, error) {
	path, err := invoke.FindInPath(plugin, dirs)
	if err != nil {
		return "", fmt.Errorf("CNI plugin %q is not in %s of this machine: install it there", plugin, strings.Join(dirs, ", "))
	}
	return path, nil
}

// Plugins print a few hundred bytes. What exceeds the first limit is an error, what exceeds
// the second is not repeated to people.
const (
	maxOutput = 1 << 20
	maxQuote  = 300
)

// outputDelay is how long a plugin's children may keep its output open after its end.
const outputDelay = 2 * time.Second

// ExecPlugin runs a plugin and returns what it has printed. When ctx ends before the plugin
// does, it is killed with all the processes that it has started.
func (*programs) ExecPlugin(ctx context.Context, path string, stdin []byte, environ []string) ([]byte, error) {
	plugin, began := filepath.Base(path), time.Now()
	out, errs := &limited{strict: true}, &limited{}
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = slices.DeleteFunc(environ, private)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), out, errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = outputDelay
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("CNI plugin %s was killed after %s without a result (stderr %s): see whether what it waits for works", plugin, time.Since(began).Round(time.Millisecond), errs.quote())
	case out.over:
		return nil, fmt.Errorf("CNI plugin %s printed more than %d bytes: it is broken, install another version", plugin, maxOutput)
	case err != nil:
		return nil, failure(plugin, err, out, errs)
	case slices.Contains(environ, "CNI_COMMAND=ADD") && !json.Valid(out.kept.Bytes()):
		return nil, fmt.Errorf("CNI plugin %s printed %s instead of a result in JSON: it is broken or no CNI plugin, install another version", plugin, out.quote())
	}
	return out.kept.Bytes(), nil
}

// private reports whether a variable of this process's environment is not for others: Mesos
// gives executors their secrets in it.
func private(variable string) bool {
	return strings.HasPrefix(variable, "MESOS_") || strings.HasPrefix(variable, "LIBPROCESS_")
}

// failure returns the plugin's own reason, or what there is instead.
func failure(plugin string, err error, out, errs *limited) error {
	var reason types.Error
	if json.Unmarshal(out.kept.Bytes(), &reason) == nil && reason.Msg != "" {
		reason.Msg, reason.Details = shorten(reason.Msg), shorten(reason.Details)
		return fmt.Errorf("CNI plugin %s: %w", plugin, &reason)
	}
	return fmt.Errorf("CNI plugin %s failed (%w) without a reason in JSON: it printed %s, and to stderr %s", plugin, err, out.quote(), errs.quote())
}

// limited keeps the first maxOutput bytes that are written to it. If strict, more is an
// error to the writer.
type limited struct {
	kept   bytes.Buffer
	strict bool
	over   bool
}

var errOver = errors.New("too much output")

func (l *limited) Write(p []byte) (int, error) {
	l.over = l.over || l.kept.Len()+len(p) > maxOutput
	switch {
	case !l.over:
		return l.kept.Write(p)
	case l.strict:
		return 0, errOver
	}
	return len(p), nil
}

func (l *limited) quote() string { return fmt.Sprintf("%q", shorten(l.kept.String())) }

// shorten returns the beginning of a long text.
func shorten(text string) string {
	if len(text) <= maxQuote {
		return text
	}
	return strings.ToValidUTF8(text[:maxQuote], "") + "…"
}
