package etcd

import (
	"strings"
	"sync/atomic"

	"github.com/golang/glog"
	"go.uber.org/zap/zapcore"
)

// logCore is a zapcore.Core that writes what etcd says into glog: errors as
// such, warnings from verbosity 1 on (a slow disk alone gives many), the rest
// from 4 on. glog writes time and severity itself.
type logCore struct {
	zapcore.Encoder
	stopping *atomic.Bool // then a closed listener, an error to etcd, is none
}

func newLogCore() *logCore {
	return &logCore{zapcore.NewConsoleEncoder(plain()), new(atomic.Bool)}
}

func plain() zapcore.EncoderConfig {
	return zapcore.EncoderConfig{MessageKey: "msg", EncodeDuration: zapcore.StringDurationEncoder, ConsoleSeparator: " "}
}

// Enabled says whether lines of this level go anywhere.
func (c *logCore) Enabled(l zapcore.Level) bool {
	switch {
	case l > zapcore.ErrorLevel:
		return true
	case l == zapcore.ErrorLevel:
		return !c.stopping.Load() || bool(glog.V(4))
	case l == zapcore.WarnLevel:
		return bool(glog.V(1))
	default:
		return bool(glog.V(4))
	}
}

// With returns a core that adds fields to each line.
func (c *logCore) With(fields []zapcore.Field) zapcore.Core {
	e := c.Clone()
	for _, f := range fields {
		f.AddTo(e)
	}
	return &logCore{e, c.stopping}
}

// Check adds c to the entry when its level is logged.
func (c *logCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

// Write logs one line.
func (c *logCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	b, err := c.EncodeEntry(e, fields)
	if err != nil {
		return err
	}
	defer b.Free()
	line := "etcd: " + strings.TrimSpace(b.String())
	switch {
	case e.Level >= zapcore.ErrorLevel:
		glog.Error(line)
	case e.Level == zapcore.WarnLevel:
		glog.Warning(line)
	default:
		glog.Info(line)
	}
	return nil
}

// Sync writes out what glog holds: etcd asks for it when it ends, and zap
// before it ends the process on a fatal line (etcd does so when the disk is full).
func (c *logCore) Sync() error {
	glog.Flush()
	return nil
}
