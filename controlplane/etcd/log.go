package etcd

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/go-logr/logr"
	"go.uber.org/zap/zapcore"
)

// logCore is a zapcore.Core that writes etcd's log to log: errors as errors,
// warnings from verbosity 1 on (a slow disk alone causes many), the rest from 4 on.
// The logger adds time and severity itself.
//
// Stored data is not logged at any verbosity. So etcd's debug lines, which show
// requests, are dropped, and only fields of a plain type are written.
type logCore struct {
	zapcore.Encoder
	log      logr.Logger
	stopping *atomic.Bool // if set, a closed listener, an error to etcd, is not one
}

func newLogCore(log logr.Logger) *logCore {
	return &logCore{zapcore.NewConsoleEncoder(plain()), log, new(atomic.Bool)}
}

func plain() zapcore.EncoderConfig {
	return zapcore.EncoderConfig{MessageKey: "msg", EncodeDuration: zapcore.StringDurationEncoder, ConsoleSeparator: " "}
}

// Enabled reports whether lines of this level are logged.
func (c *logCore) Enabled(l zapcore.Level) bool {
	switch {
	case l > zapcore.ErrorLevel:
		return true
	case l == zapcore.ErrorLevel:
		return !c.stopping.Load() || c.log.V(4).Enabled()
	case l == zapcore.WarnLevel:
		return c.log.V(1).Enabled()
	case l == zapcore.InfoLevel:
		return c.log.V(4).Enabled()
	default:
		return false
	}
}

// With returns a core that adds fields to each line.
func (c *logCore) With(fields []zapcore.Field) zapcore.Core {
	e := c.Clone()
	for _, f := range plainOnes(fields) {
		f.AddTo(e)
	}
	return &logCore{e, c.log, c.stopping}
}

// Check adds c to the entry if its level is logged.
func (c *logCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

// Write logs one line.
func (c *logCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	b, err := c.EncodeEntry(e, plainOnes(fields))
	if err != nil {
		return err
	}
	defer b.Free()
	line := strings.TrimSpace(b.String())
	if e.Level >= zapcore.WarnLevel {
		c.log.Error(nil, line)
	} else {
		c.log.Info(line)
	}
	return nil
}

// plainOnes returns the fields whose values have a plain type.
func plainOnes(fields []zapcore.Field) []zapcore.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f zapcore.Field) bool {
		switch f.Type {
		case zapcore.BoolType, zapcore.DurationType, zapcore.Float64Type, zapcore.Float32Type,
			zapcore.Int64Type, zapcore.Int32Type, zapcore.Int16Type, zapcore.Int8Type,
			zapcore.Uint64Type, zapcore.Uint32Type, zapcore.Uint16Type, zapcore.Uint8Type,
			zapcore.StringType, zapcore.TimeType, zapcore.TimeFullType, zapcore.ErrorType:
			return false
		}
		return true
	})
}

// Sync does nothing: the logger writes errors at once.
func (c *logCore) Sync() error { return nil }
