package logging

import (
	"context"
	"errors"
	"strings"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/golang/glog"
)

// sink is a logr.LogSink that writes to glog: one line per message, the text first,
// then its values.
type sink struct {
	funcr.Formatter
	embedded bool   // the messages are of Kubernetes' parts
	prefix   string // the names of one of the program's own loggers
}

var (
	_ logr.LogSink          = &sink{}
	_ logr.CallDepthLogSink = &sink{}
)

// New returns the logger of the program's own parts. The name that a part gets by WithName
// is printed before its messages.
func New() logr.Logger { return newLogger(false) }

func newLogger(embedded bool) logr.Logger {
	return logr.New(&sink{embedded: embedded, Formatter: funcr.NewFormatter(funcr.Options{
		RenderBuiltinsHook: withoutEmptyParts,
	})})
}

// glogDepth returns the number of frames between glog and the code that logs.
func (s *sink) glogDepth() int { return s.GetDepth() + 1 }

// Enabled reports whether glog shows messages of this level. Those of Kubernetes' parts
// need a verbosity one higher than in Kubernetes' own programs, since messages at start
// and end would bury ours. glog gets the caller's depth, so -vmodule works on their files
// too. No verbosity shows more than mostDetail.
func (s *sink) Enabled(level int) bool {
	if level > mostDetail {
		return false
	}
	if s.embedded {
		level++
	}
	return bool(glog.VDepth(s.glogDepth(), glog.Level(level)))
}

// Info writes an informational message. Those that verbosity enables are not gathered.
func (s *sink) Info(level int, msg string, keysAndValues ...any) {
	_, args := s.FormatInfo(level, "", describe(keysAndValues))
	if s.embedded || level > 0 {
		emit(s.glogDepth(), info, s.prefix+msg+tail(args)) // Enabled was asked
		return
	}
	write(s.glogDepth(), info, s.prefix+msg+tail(args))
}

// Error writes an error; a nil err is left out. In Kubernetes' parts a cancellation is not
// an error: the end was intended.
func (s *sink) Error(err error, msg string, keysAndValues ...any) {
	if s.embedded && errors.Is(err, context.Canceled) && !s.Enabled(0) {
		return
	}
	_, args := s.FormatError(nil, "", describe(keysAndValues))
	if err != nil {
		msg += ": " + err.Error()
	}
	write(s.glogDepth(), failure, s.prefix+msg+tail(args))
}

// WithValues returns a sink that adds these values to each message.
func (s *sink) WithValues(keysAndValues ...any) logr.LogSink {
	c := *s
	c.AddValues(describe(keysAndValues))
	return &c
}

// WithName returns a sink that names its messages: Kubernetes' by a value, our own by a
// prefix.
func (s *sink) WithName(name string) logr.LogSink {
	c := *s
	if c.embedded {
		c.AddName(name)
	} else {
		c.prefix += name + ": "
	}
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
