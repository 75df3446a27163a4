package logging

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/golang/glog"
)

// mostBytes bounds a line, as glog does.
const mostBytes = 15000

// severity holds the letter that glog begins a line with and the function that writes it.
type severity struct {
	letter byte
	log    func(depth int, args ...any)
}

var (
	info    = severity{'I', glog.InfoDepth}
	failure = severity{'E', glog.ErrorDepth}
)

// stderr serialises the lines on standard error.
var stderr sync.Mutex

// emit writes one line in the name of the caller depth frames up: to standard error
// by itself, since glog does not survive an error there, and to files through glog, an
// error at once.
func emit(depth int, s severity, text string) {
	text = Quote(text[:min(len(text), mostBytes)])
	if f := flag.Lookup("logtostderr"); f == nil || f.Value.String() != "true" {
		s.log(depth+1, text)
		if s.letter == failure.letter {
			glog.Flush()
		}
		return
	}
	_, file, line, _ := runtime.Caller(depth + 1)
	out := fmt.Appendf(nil, "%c%s %7d %s:%d] %s\n",
		s.letter, time.Now().Format("0102 15:04:05.000000"), os.Getpid(), filepath.Base(file), line, text)
	stderr.Lock()
	defer stderr.Unlock()
	_, _ = os.Stderr.Write(out) // pods do not depend on a line
}
