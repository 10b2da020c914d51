package dispatcher

import (
	"sync"
	"time"
)

// How passwords may be tried.
const (
	freeTries   = 5                // wrong ones a minute, for an address and for a name
	triesPer    = time.Minute      // by which one wrong try is forgiven each triesPer/freeTries
	longestGap  = time.Minute      // between two tries, however many were wrong
	forgetting  = 15 * time.Minute // after the last one
	mostKeys    = 10_000
	mostTrusted = 1000
)

// throttle slows guessing down. Nobody is ever locked out: after so many wrong
// tries each further one waits twice as long as the last, up to a minute. All
// methods are safe for concurrent use; time is handed in.
type throttle struct {
	mu      sync.Mutex // guards all below
	keys    map[string]*tries
	trusted map[[2]string]time.Time // name and address, when it signed in last
}

type tries struct {
	level float64 // wrong tries less what was forgiven
	last  time.Time
}

// now brings the level to a time.
func (t *tries) now(now time.Time) {
	if passed := now.Sub(t.last); passed > 0 {
		t.level = max(0, t.level-passed.Seconds()*freeTries/triesPer.Seconds())
	}
}

// gap is how long after the last try the next may come.
func (t *tries) gap() time.Duration {
	over := t.level - freeTries + 1
	if over <= 0 {
		return 0
	}
	gap := time.Second
	for over > 1 && gap < longestGap {
		gap, over = 2*gap, over-1
	}
	return min(gap, longestGap)
}

// begin counts a try for each key, as a wrong one until it is forgiven, and
// returns 0; or how long to wait, and counts nothing.
func (k *throttle) begin(now time.Time, keys ...string) (wait time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range keys {
		if t := k.keys[key]; t != nil {
			// The level sinks while one waits: what counts is the level at the last try.
			wait = max(wait, t.last.Add(t.gap()).Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
	for _, key := range keys {
		t := k.keys[key]
		if t == nil {
			t = k.add(key, now)
		}
		t.now(now)
		t.level, t.last = t.level+1, now
	}
	return 0
}

// forgive takes back one try that was right. The wrong ones before stay: one right
// password of an address must not buy it tries at others.
func (k *throttle) forgive(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t := k.keys[key]; t != nil {
		t.level = max(0, t.level-1)
	}
}

// clear takes back all tries of a key.
func (k *throttle) clear(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, key)
}

// trust notes that a name has signed in from an address. From there it is judged
// by the address alone, so that nobody elsewhere can slow it down.
func (k *throttle) trust(name, address string, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.trusted == nil {
		k.trusted = map[[2]string]time.Time{}
	}
	pair := [2]string{name, address}
	k.trusted[pair] = now
	if len(k.trusted) > mostTrusted {
		oldest := pair
		for p, at := range k.trusted {
			if at.Before(k.trusted[oldest]) {
				oldest = p
			}
		}
		delete(k.trusted, oldest)
	}
}

func (k *throttle) trusts(name, address string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, ok := k.trusted[[2]string{name, address}]
	return ok
}

// add makes room by forgetting what is long past, or else what is oldest.
func (k *throttle) add(key string, now time.Time) *tries {
	if k.keys == nil {
		k.keys = map[string]*tries{}
	}
	if len(k.keys) >= mostKeys {
		oldest := ""
		for other, t := range k.keys {
			if now.Sub(t.last) > forgetting {
				delete(k.keys, other)
			} else if oldest == "" || t.last.Before(k.keys[oldest].last) {
				oldest = other
			}
		}
		if len(k.keys) >= mostKeys {
			delete(k.keys, oldest)
		}
	}
	t := &tries{last: now}
	k.keys[key] = t
	return t
}

// ration lets thirty through a minute. It is safe for concurrent use.
type ration struct {
	mu    sync.Mutex // guards all below
	level float64
	last  time.Time
}

const rationed = 30 // a minute

func (r *ration) take(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if passed := now.Sub(r.last); passed > 0 {
		r.level = max(0, r.level-passed.Minutes()*rationed)
	}
	r.last = now
	if r.level+1 > rationed {
		return false
	}
	r.level++
	return true
}
