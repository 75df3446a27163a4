package taskinfo

import (
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// Executor says how an agent gets and starts the executor.
type Executor struct {
	// URI is what the agent fetches: a path on the agent or a URL. The last
	// part of its path is the name of the program.
	URI string

	// Cache lets the agent's fetcher keep the file permanently: only for a URL
	// that changes whenever the content does.
	Cache bool

	// Arguments should be few and hardly ever change: an executor keeps those
	// it was started with for as long as it lives.
	Arguments []string

	// Amount is what an executor costs. Default: framework.DefaultExecutor.
	Amount scheduler.Amount

	// ShutdownGrace is how long an executor may take to stop its pods.
	// Default: a minute.
	ShutdownGrace time.Duration
}

// FileName returns the name of the file that the agent's fetcher stores: the part
// after the last slash of its path.
func (e Executor) FileName() string {
	p := e.URI
	if u, err := url.Parse(e.URI); err == nil && u.Scheme != "" {
		p = u.Path
	}
	if strings.HasSuffix(p, "/") {
		return ""
	}
	if base := path.Base(p); base != "." && base != "/" && base != ".." {
		return base
	}
	return ""
}

// Info makes the ExecutorInfo of an executor that does not run yet. It holds
// only what hardly ever changes: the master refuses a changed one for as long
// as the old executor lives. The command is run by a shell, as agents before
// 1.1.3 cannot start an executor otherwise (MESOS-7703).
func (e Executor) Info(frameworkID string, rs []*mesospb.Resource) *mesospb.ExecutorInfo {
	uri := &mesospb.CommandInfo_URI{
		Value:      proto.String(e.URI),
		Executable: proto.Bool(true),
		Cache:      proto.Bool(e.Cache),
	}
	if u, err := url.Parse(e.URI); err == nil && u.RawQuery != "" {
		uri.OutputFile = proto.String(e.FileName())
	}
	words := []string{"exec", quote("./" + e.FileName())}
	for _, a := range e.Arguments {
		words = append(words, quote(a))
	}
	return &mesospb.ExecutorInfo{
		ExecutorId:          &mesospb.ExecutorID{Value: proto.String(taskdata.ExecutorID)},
		FrameworkId:         &mesospb.FrameworkID{Value: proto.String(frameworkID)},
		Name:                proto.String("kubelet"),
		Source:              proto.String("kubernetes-mesos"),
		Resources:           rs,
		Command:             &mesospb.CommandInfo{Uris: []*mesospb.CommandInfo_URI{uri}, Shell: proto.Bool(true), Value: proto.String(strings.Join(words, " "))},
		ShutdownGracePeriod: &mesospb.DurationInfo{Nanoseconds: proto.Int64(int64(e.ShutdownGrace))},
	}
}

// quote returns s as one word for a POSIX shell.
func quote(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./=:,@%+", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
