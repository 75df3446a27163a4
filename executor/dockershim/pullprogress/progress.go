// Package pullprogress tells how far Docker is with the pull of an image.
package pullprogress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// First is when a pull that goes on is told of first.
	First = 900 * time.Millisecond
	// Every is how often it is told of after that.
	Every = 10 * time.Second
	// maxLine bounds what is kept of an incomplete line of Docker's.
	maxLine = 1 << 20
)

// Progress is the progress of one pull. Docker's messages, in JSON, are written to it.
type Progress struct {
	mu     sync.Mutex
	rest   []byte // of a line
	layers map[string]*layer
	failed string

	told  int64 // bytes that the last Text told of
	since time.Time
}

// layer is a layer of an image that is fetched.
type layer struct {
	current, total int64 // bytes; total is 0 until the fetch begins
	done           bool
}

// New returns the progress of a pull that begins now.
func New(now time.Time) *Progress {
	return &Progress{layers: map[string]*layer{}, since: now}
}

// message is one of Docker's messages about a pull.
type message struct {
	Status   string `json:"status"`
	ID       string `json:"id"`
	Error    string `json:"error"`
	Progress struct {
		Current int64 `json:"current"`
		Total   int64 `json:"total"`
	} `json:"progressDetail"`
}

// Write takes some of Docker's messages. It never fails.
func (p *Progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = append(p.rest, b...)
	for {
		line, rest, ok := bytes.Cut(p.rest, []byte("\n"))
		if !ok {
			break
		}
		p.rest = rest
		p.take(line)
	}
	if len(p.rest) > maxLine {
		p.rest = nil
	}
	return len(b), nil
}

func (p *Progress) take(line []byte) {
	var m message
	if json.Unmarshal(line, &m) != nil {
		return
	}
	if m.Error != "" {
		p.failed = m.Error
	}
	switch m.Status {
	case "Pulling fs layer", "Waiting":
		p.layer(m.ID)
	case "Downloading":
		l := p.layer(m.ID)
		l.current, l.total = m.Progress.Current, max(l.total, m.Progress.Total)
	case "Verifying Checksum", "Download complete", "Extracting":
		l := p.layer(m.ID)
		l.current = l.total
	case "Pull complete", "Already exists":
		l := p.layer(m.ID)
		l.current, l.done = l.total, true
	}
}

func (p *Progress) layer(id string) *layer {
	l := p.layers[id]
	if l == nil {
		l = &layer{}
		p.layers[id] = l
	}
	return l
}

// Err returns why Docker could not pull the image, in its words and the registry's, or nil.
func (p *Progress) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rest != nil {
		p.take(p.rest)
		p.rest = nil
	}
	if p.failed == "" {
		return nil
	}
	return errors.New(p.failed)
}

// Text tells how far the pull is: layers, bytes of those whose size is known, and the rate
// since the last call.
func (p *Progress) Text(now time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var done, unknown int
	var current, total int64
	for _, l := range p.layers {
		current, total = current+l.current, total+l.total
		switch {
		case l.done:
			done++
		case l.total == 0:
			unknown++
		}
	}
	if len(p.layers) == 0 {
		return "waiting for the registry"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d layers", done, len(p.layers))
	if total > 0 {
		fmt.Fprintf(&b, ", %s of %s (%d%%)", megabytes(current), megabytes(total), current*100/total)
	}
	if unknown > 0 {
		fmt.Fprintf(&b, ", the size of %d layers is not known yet", unknown)
	}
	if elapsed := now.Sub(p.since).Seconds(); elapsed > 0 {
		fmt.Fprintf(&b, ", %s/s", megabytes(int64(float64(max(current-p.told, 0))/elapsed)))
	}
	p.told, p.since = current, now
	return b.String()
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// Tell calls tell with the Text after First and then again each Every, until the returned
// function is called; tell has returned then.
func (p *Progress) Tell(tell func(text string)) (stop func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		next := time.NewTimer(First)
		defer next.Stop()
		for {
			select {
			case <-over:
				return
			case now := <-next.C:
				tell(p.Text(now))
				next.Reset(Every)
			}
		}
	}()
	return func() { close(over); <-ended }
}
