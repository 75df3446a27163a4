package cninetwork

import "sync"

// keyedMutex is a mutex for each key. The zero value is ready for use.
type keyedMutex struct {
	mu  sync.Mutex
	all map[string]*countedMutex
}

type countedMutex struct {
	sync.Mutex
	users int // who hold it or wait for it
}

// lock locks the mutex of a key and returns what unlocks it.
func (k *keyedMutex) lock(key string) (unlock func()) {
	k.mu.Lock()
	if k.all == nil {
		k.all = map[string]*countedMutex{}
	}
	m := k.all[key]
	if m == nil {
		m = &countedMutex{}
		k.all[key] = m
	}
	m.users++
	k.mu.Unlock()
	m.Lock()
	return func() {
		m.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if m.users--; m.users == 0 {
			delete(k.all, key)
		}
	}
}
