// Package glog is the one way into the log of a program. It has the functions of
// github.com/golang/glog that this project uses, and writes by them, but
//
//   - quotes what could be a terminal's command or pass for another line, since
//     much of what is logged comes from elsewhere: masters, agents, Docker, pods;
//   - gathers lines of the same place in the code when they come in masses;
//   - goes on when standard error cannot be written, as on a full disk, where
//     glog ends the process.
//
// A test of internal/testing/archtest sees to it that nothing else imports glog.
package glog

import (
	"fmt"

	"github.com/golang/glog"
)

// Level is a verbosity, as -v sets it.
type Level = glog.Level

// Verbose is true if lines of a level are logged.
type Verbose bool

// V reports whether the file that calls it logs lines of this level.
func V(level Level) Verbose { return VDepth(1, level) }

// VDepth is V for the caller depth frames up.
func VDepth(depth int, level Level) Verbose { return Verbose(glog.VDepth(depth+1, level)) }

// Infof logs if v is true. Lines enabled by verbosity are not gathered.
func (v Verbose) Infof(format string, args ...any) {
	if v {
		emit(1, info, fmt.Sprintf(format, args...))
	}
}

// InfoDepth is Infof without a format, in the name of the caller depth frames up.
func (v Verbose) InfoDepth(depth int, args ...any) {
	if v {
		emit(depth+1, info, fmt.Sprint(args...))
	}
}

// Info logs something that may be of interest.
func Info(args ...any) { write(1, info, fmt.Sprint(args...)) }

// Infof is Info with a format.
func Infof(format string, args ...any) { write(1, info, fmt.Sprintf(format, args...)) }

// InfoDepth is Info in the name of the caller depth frames up.
func InfoDepth(depth int, args ...any) { write(depth+1, info, fmt.Sprint(args...)) }

// Warning logs something that is not as it should be.
func Warning(args ...any) { write(1, warning, fmt.Sprint(args...)) }

// Warningf is Warning with a format.
func Warningf(format string, args ...any) { write(1, warning, fmt.Sprintf(format, args...)) }

// WarningDepth is Warning in the name of the caller depth frames up.
func WarningDepth(depth int, args ...any) { write(depth+1, warning, fmt.Sprint(args...)) }

// Error logs what went wrong.
func Error(args ...any) { write(1, failure, fmt.Sprint(args...)) }

// Errorf is Error with a format.
func Errorf(format string, args ...any) { write(1, failure, fmt.Sprintf(format, args...)) }

// ErrorDepth is Error in the name of the caller depth frames up.
func ErrorDepth(depth int, args ...any) { write(depth+1, failure, fmt.Sprint(args...)) }

// Flush writes out gathered and buffered lines.
func Flush() {
	every.flush()
	glog.Flush()
}
