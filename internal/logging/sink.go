package logging

import (
	"context"
	"errors"
	"strings"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
)

// sink is a logr.LogSink that writes to glog: one line per message, the text first,
// then its values.
type sink struct {
	funcr.Formatter
}

var (
	_ logr.LogSink          = &sink{}
	_ logr.CallDepthLogSink = &sink{}
)

func newLogger() logr.Logger {
	return logr.New(&sink{funcr.NewFormatter(funcr.Options{
		RenderBuiltinsHook: withoutEmptyParts,
	})})
}

// glogDepth returns the number of frames between glog and the code that logs.
func (s *sink) glogDepth() int { return s.GetDepth() + 1 }

// Enabled reports whether glog shows messages of this level. They need a verbosity one
// higher than in Kubernetes' own programs, since messages at start and end would bury
// ours. glog gets the caller's depth, so -vmodule works on Kubernetes' files too. No
// verbosity shows more than mostDetail.
func (s *sink) Enabled(level int) bool {
	return level <= mostDetail && bool(glog.VDepth(s.glogDepth(), glog.Level(level+1)))
}

// Info writes an informational message.
func (s *sink) Info(level int, msg string, keysAndValues ...any) {
	_, args := s.FormatInfo(level, "", describe(keysAndValues))
	glog.Verbose(true).InfoDepth(s.glogDepth(), msg, tail(args)) // Enabled was asked
}

// Error writes an error; a nil err is left out. A cancellation is not an error:
// the end was intended.
func (s *sink) Error(err error, msg string, keysAndValues ...any) {
	if errors.Is(err, context.Canceled) && !s.Enabled(0) {
		return
	}
	_, args := s.FormatError(nil, "", describe(keysAndValues))
	if err != nil {
		glog.ErrorDepth(s.glogDepth(), msg, ": ", err, tail(args))
		return
	}
	glog.ErrorDepth(s.glogDepth(), msg, tail(args))
}

// WithValues returns a sink that adds these values to each message.
func (s *sink) WithValues(keysAndValues ...any) logr.LogSink {
	c := *s
	c.AddValues(describe(keysAndValues))
	return &c
}

// WithName returns a sink that names its messages.
func (s *sink) WithName(name string) logr.LogSink {
	c := *s
	c.AddName(name)
	return &c
}

// WithCallDepth returns a sink for code that wraps a logger.
func (s *sink) WithCallDepth(depth int) logr.LogSink {
	c := *s
	c.AddCallDepth(depth)
	return &c
}

// withoutEmptyParts drops what glog's line already has: the sink itself writes the
// level, the message and the error.
func withoutEmptyParts(kvs []any) []any {
	var kept []any
	for i := 0; i+1 < len(kvs); i += 2 {
		if kvs[i] == "logger" {
			kept = append(kept, kvs[i], kvs[i+1])
		}
	}
	return kept
}

func tail(args string) string {
	if args = strings.TrimSpace(args); args == "" {
		return ""
	}
	return " " + args
}
