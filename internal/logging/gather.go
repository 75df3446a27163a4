package logging

import (
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// perSecond is how many lines a second one place in the code may log; at the end of
// the second, one line counts any more.
const perSecond = 50

// write logs text in the name of the caller depth frames up, unless that place logs too
// much.
func write(depth int, s severity, text string) {
	pc, file, line, _ := runtime.Caller(depth + 1)
	if every.admits(pc, func(n int, last string) {
		emit(0, s, fmt.Sprintf("%s:%d: %d more lines of this place within a second, the last: %s", filepath.Base(file), line, n, last))
	}, text) {
		emit(depth+1, s, text)
	}
}

// every counts the lines of all places.
var every = gatherer{places: map[uintptr]*place{}}

// gatherer counts lines by the place in the code that they come from.
type gatherer struct {
	mu     sync.Mutex
	places map[uintptr]*place
}

// place is a place in the code.
type place struct {
	began time.Time // start of the second that is counted
	lines int       // of that second
	more  int       // of these, the lines that were not written
	last  string
	tell  func(n int, last string)
}

// admits reports whether a line may be written. If not, tell is called within a second
// with the number of such lines and the last one.
func (g *gatherer) admits(pc uintptr, tell func(n int, last string), text string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.places[pc]
	if p == nil {
		p = &place{}
		g.places[pc] = p
	}
	if now := time.Now(); p.more == 0 && now.Sub(p.began) >= time.Second {
		p.began, p.lines = now, 0
	}
	if p.lines++; p.lines <= perSecond {
		return true
	}
	if p.more++; p.more == 1 {
		time.AfterFunc(time.Until(p.began.Add(time.Second)), func() { g.close(p) })
	}
	p.last, p.tell = text, tell
	return false
}

// close ends the second of a place and reports the lines that were not written.
func (g *gatherer) close(p *place) {
	g.mu.Lock()
	n, last, tell := p.more, p.last, p.tell
	p.more, p.last, p.tell = 0, "", nil
	g.mu.Unlock()
	if n > 0 {
		tell(n, last)
	}
}

// flush closes the seconds of all places.
func (g *gatherer) flush() {
	g.mu.Lock()
	var open []*place
	for _, p := range g.places {
		if p.more > 0 {
			open = append(open, p)
		}
	}
	g.mu.Unlock()
	for _, p := range open {
		g.close(p)
	}
}
