package collector

import (
	"math/rand/v2"
	"time"
)

// outage is a time without a connection: the whole line rests.
type outage struct {
	attempts int // in a row that found none
	retryAt  time.Time
	why      string
}

// lost notes that there is no connection.
func (l *line) lost(now time.Time, err error) {
	if l.outage == nil {
		l.log().Warn("collector: line is down", "error", err)
		l.outage = new(outage)
	}
	o := l.outage
	pause := min(time.Second<<min(o.attempts, 5), 30*time.Second)
	o.attempts, o.why, o.retryAt = o.attempts+1, err.Error(), now.Add(pause+jitter(pause/4))
	l.stats.down.Store(true)
	for _, m := range l.meters {
		m.doubt()
	}
}

// found notes that somebody on the line answered, or at least that it connects.
func (l *line) found() {
	if l.outage == nil {
		return
	}
	l.log().Info("collector: line is up", "attempts", l.outage.attempts)
	l.outage = nil
	l.stats.reconnects.Add(1)
	l.stats.down.Store(false)
}

func jitter(upTo time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(upTo) + 1))
}
