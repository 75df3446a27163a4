// Package logging is the one way into the log of a program, which is glog's. The program's
// own parts receive a logr.Logger, see New; the embedded Kubernetes parts, which speak klog,
// and Go's own package log write to the same place and under the same verbosity. It
//
//   - quotes what could be a terminal's command or pass for another line, since
//     much of what is logged comes from elsewhere: masters, agents, Docker, pods;
//   - gathers lines of the same place in the code when they come in masses;
//   - goes on when standard error cannot be written, as on a full disk, where
//     glog ends the process;
//   - shows no secrets at any verbosity: see mostDetail.
//
// Nothing else imports glog, as a test of internal/testing/archtest verifies. Only the
// runners call this package:
//
//	logging.Init()
//	flag.Parse()
//	logging.RouteKlog()
//	defer logging.Flush()
package logging

import (
	"flag"
	"fmt"
	"log"
	"strconv"

	"github.com/golang/glog"
	"k8s.io/klog/v2"
)

// Init makes standard error the default destination of glog's messages. It is called
// before flags are parsed, so a flag on the command line wins.
func Init() {
	log.SetFlags(0)
	log.SetOutput(standard{})
	if f := flag.Lookup("logtostderr"); f != nil {
		f.DefValue = "true"
		_ = f.Value.Set("true") // a bool flag takes "true"
	}
}

// RouteKlog routes every klog message to glog, and sets klog's verbosity to glog's
// current one. It is called once, after flags are parsed.
func RouteKlog() {
	klog.SetLoggerWithOptions(newLogger(true), klog.ContextualLogger(true))
	if f := flag.Lookup("v"); f != nil {
		setKlogVerbosity(f.Value.String())
	}
}

// SetVerbosity changes the verbosity of glog and klog while the program runs; n below
// zero means zero.
func SetVerbosity(n int) error {
	v := strconv.Itoa(max(n, 0))
	if err := flag.Set("v", v); err != nil {
		return fmt.Errorf("setting the verbosity of the log to %d: %w", n, err)
	}
	setKlogVerbosity(v)
	return nil
}

// Flush writes out what is still buffered. It is called before the program ends.
func Flush() {
	klog.Flush()
	every.flush()
	glog.Flush()
}

// standard receives the output of Go's own package log, which net/http uses.
type standard struct{}

func (standard) Write(line []byte) (int, error) {
	write(0, info, string(line))
	return len(line), nil
}

// setKlogVerbosity uses a flag, the only way that klog offers.
func setKlogVerbosity(v string) {
	own := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(own)
	_ = own.Set("v", v) // v was printed from a number
}
