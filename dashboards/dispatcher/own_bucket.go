package dispatcher

import (
	"time"

	"asue/metering"
)

// bucket lets a burst through, and then one at a time. The zero bucket is full.
type bucket struct {
	spent float64
	last  time.Time
}

// leak gives back what time has given back since the last look.
func (b *bucket) leak(now time.Time, each time.Duration) {
	if passed := now.Sub(b.last); passed > 0 {
		b.spent, b.last = max(0, b.spent-float64(passed)/float64(each)), now
	}
}

// wait is how long until one more fits.
func (b *bucket) wait(burst float64, each time.Duration) time.Duration {
	return time.Duration(max(0, b.spent+1-burst) * float64(each))
}

// find is a token that was shown before; fresh if it need not be compared again.
func (k *tokens) find(key [32]byte, now time.Time) (known *knownToken, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.known[key]
	if t == nil {
		return nil, false
	}
	copied := *t
	return &copied, now.Before(t.compared.Add(checkEvery))
}

// remember keeps what the ledger says of a token.
func (k *tokens) remember(key [32]byte, is metering.Token, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[[32]byte]*knownToken{}
	}
	t := k.known[key]
	if t == nil {
		if len(k.known) >= mostTokens {
			k.dropIdle()
		}
		t = &knownToken{}
		k.known[key] = t
	}
	t.Token, t.compared = is, now
}

// dropIdle makes room; k.mu is held.
func (k *tokens) dropIdle() {
	var idle [32]byte
	var since time.Time
	for key, t := range k.known {
		if since.IsZero() || t.asked.last.Before(since) {
			idle, since = key, t.asked.last
		}
	}
	delete(k.known, idle)
}

func (k *tokens) forget(key [32]byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.known, key)
}

// ask counts a question. It returns the token, how long the question must wait, which
// counts nothing, and whether the ledger is to hear that the token is in use.
func (k *tokens) ask(key [32]byte, now time.Time) (is metering.Token, wait time.Duration, tell bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.known[key]
	if t == nil { // dropped meanwhile to make room for others: the next question finds it again
		return metering.Token{}, time.Second, false
	}
	const each = time.Second / ownRefill
	t.asked.leak(now, each)
	if wait = t.asked.wait(ownBurst, each); wait > 0 {
		return t.Token, wait, false
	}
	t.asked.spent++
	if tell = !now.Before(t.used.Add(usedEvery)); tell {
		t.used = now
	}
	return t.Token, 0, tell
}

// tooMany is how long an address must wait that has shown too many unknown tokens.
func (k *tokens) tooMany(address string, now time.Time) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	b := k.wrong[address]
	if b == nil {
		return 0
	}
	b.leak(now, wrongEvery)
	return b.wait(wrongBurst, wrongEvery)
}

// failed counts an unknown token. Addresses that have been quiet are forgotten.
func (k *tokens) failed(address string, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wrong == nil {
		k.wrong = map[string]*bucket{}
	}
	b := k.wrong[address]
	if b == nil {
		for other, b := range k.wrong {
			if now.Sub(b.last) > forgetting || len(k.wrong) >= mostKeys {
				delete(k.wrong, other)
			}
		}
		b = &bucket{}
		k.wrong[address] = b
	}
	b.leak(now, wrongEvery)
	b.spent++
}
