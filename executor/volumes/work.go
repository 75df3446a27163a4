package volumes

import "context"

// What takes long is done beside Keep, one thing at a time for each volume.
const (
	copying = "copying"
	removal = "removing"
)

// work is something that is done to a volume, or was and has failed.
type work struct {
	what   string
	cancel context.CancelFunc
	done   bool
	err    error
}

// begin has something done to a volume that takes long, unless it is being done already. The
// error is that of the last time, after which the next call begins anew; a copy that
// has failed is not begun again as long as it is wanted.
func (s *Store) begin(ctx context.Context, name, what string, do func(context.Context) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.works[name]; w != nil {
		if w.done && w.what == removal {
			delete(s.works, name)
		}
		return w.err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &work{what: what, cancel: cancel}
	s.works[name] = w
	s.running.Go(func() {
		defer cancel()
		err := do(ctx)
		s.mu.Lock()
		w.done, w.err = true, err
		if err == nil {
			delete(s.works, name)
		}
		s.mu.Unlock()
		s.changed()
	})
	return nil
}

// isBegun reports whether something is being done to a volume, or has failed.
func (s *Store) isBegun(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.works[name] != nil
}

// endCopy lets go of a copy that nobody wants any more, and reports whether it goes on.
func (s *Store) endCopy(name string) (goesOn bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.works[name]
	if w == nil || w.what != copying {
		return false
	}
	w.cancel()
	if w.done {
		delete(s.works, name)
	}
	return !w.done
}
