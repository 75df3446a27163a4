package recording

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// Writer writes a recording, and the part before it to a second file whose name ends in ".1".
// It never makes the core wait: if the disk is too slow the recording ends.
type Writer struct {
	path  string
	limit int64
	cfg   scheduler.Config
	hash  string // of the plugins
	log   logr.Logger
	queue chan step

	mu    sync.Mutex
	ended bool
}

// step is a Step of the core and its line.
type step struct {
	at    time.Time
	event scheduler.Event
	calls []scheduler.Call
	line  []byte
}

const (
	// DefaultLimit is the size of a file, in bytes, after which another is begun.
	DefaultLimit = 256 << 20
	// waiting is how many steps may wait for the disk.
	waiting = 1 << 14
)

// NewWriter returns a Writer to path of steps of a core that is made of cfg; plugins is as in
// [Header]. A file that is there, as of a program before, is kept under the second name. limit
// is in bytes.
func NewWriter(path string, limit int64, cfg scheduler.Config, plugins string, log logr.Logger) (*Writer, error) {
	w := &Writer{path: path, limit: limit, cfg: cfg, hash: plugins, log: log, queue: make(chan step, waiting)}
	f, err := w.begin(time.Now(), false)
	if err != nil {
		return nil, err
	}
	return w, f.Close()
}

// Record adds a Step. The core's goroutine calls it.
func (w *Writer) Record(at time.Time, e scheduler.Event, calls []scheduler.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	line, err := encode(at, e, calls, false)
	if err != nil {
		w.end(err)
		return
	}
	select {
	case w.queue <- step{at, e, calls, line}:
	default:
		w.end(fmt.Errorf("%d steps wait for the disk", waiting))
	}
}

// Observe adds what the Rules are told of an object.
func (w *Writer) Observe(at time.Time, object any, gone bool) {
	o, _ := object.(runtime.Object)
	if o == nil {
		return
	}
	kinds, _, err := scheme.Scheme.ObjectKinds(o)
	if err != nil {
		return // no Rules know it either
	}
	w.Record(at, Observed{Kind: kinds[0], Object: o, Gone: gone}, nil)
}

// end ends the recording. What is in the queue is still written.
func (w *Writer) end(why error) {
	w.log.Error(why, "the recording of the scheduling ends", "file", w.path)
	w.ended = true
	close(w.queue)
}

// Run writes until ctx ends, and then what waits.
func (w *Writer) Run(ctx context.Context) {
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		w.stop(err)
		return
	}
	file := &file{File: f}
	defer func() { _ = file.Close() }()
	var k known
	for {
		select {
		case s, ok := <-w.queue:
			if !ok {
				return
			}
			if err := w.write(file, &k, s); err != nil {
				w.stop(err)
				return
			}
		case <-ctx.Done():
			w.rest(file, &k)
			return
		}
	}
}

// rest writes what waits.
func (w *Writer) rest(f *file, k *known) {
	for len(w.queue) > 0 {
		if err := w.write(f, k, <-w.queue); err != nil {
			w.stop(err)
			return
		}
	}
}

func (w *Writer) stop(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.end(why)
	}
}

// file is the one that is written.
type file struct {
	*os.File
	size int64
}

func (f *file) add(line []byte) error {
	n, err := f.Write(append(line, '\n'))
	f.size += int64(n)
	return err
}

// write writes a step, to a file that continues this one if it is full.
func (w *Writer) write(f *file, k *known, s step) error {
	if f.size >= w.limit && len(w.queue) < waiting/16 { // it takes a while, during which others wait
		if err := w.carryOn(f, k, s.at); err != nil {
			return err
		}
	}
	k.step(s.event, s.calls)
	return f.add(s.line)
}

// carryOn begins another file with what is known.
func (w *Writer) carryOn(f *file, k *known, at time.Time) error {
	next, err := w.begin(at, true)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	*f = file{File: next}
	for _, e := range k.events() {
		line, err := encode(at, e, nil, true)
		if err == nil {
			err = f.add(line)
		}
		if err != nil {
			return err
		}
	}
	f.size = 0 // the limit is of what is new, or it could be reached at once
	return nil
}

// begin makes a file, and gives the one that is there the second name.
func (w *Writer) begin(at time.Time, continues bool) (*os.File, error) {
	if err := os.Rename(w.path, w.path+".1"); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("recording: %w", err)
	}
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	cfg := w.cfg
	cfg.Rules = nil
	header, err := json.Marshal(Header{Version: Version, Began: at, Continues: continues, Config: cfg, Plugins: w.hash})
	if err == nil {
		_, err = f.Write(append(header, '\n'))
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("recording: %w", err)
	}
	return f, nil
}
