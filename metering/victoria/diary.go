package victoria

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"sync"
)

// longestLine bounds what one line of the child's output may take of our
// memory; the rest of a longer line is cut off.
const longestLine = 16 << 10

// lines is a Writer that hands on whole lines, without their ends.
type lines struct {
	each func(line []byte)
	rest []byte
}

// Write never fails.
func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			break
		}
		l.keep(p[:i])
		l.each(l.rest)
		l.rest, p = l.rest[:0], p[i+1:]
	}
	l.keep(p)
	return n, nil
}

func (l *lines) keep(p []byte) {
	l.rest = append(l.rest, p[:min(len(p), longestLine-len(l.rest))]...)
}

// diary passes the child's log on to ours and remembers why it ended.
type diary struct {
	log *slog.Logger

	mu     sync.Mutex
	last   string // the last thing said of importance
	traces int    // lines that are no log entries: the trace of a panic
}

// mostTraces is how much of a panic's trace goes to the log at full voice.
const mostTraces = 12

func (d *diary) line(line []byte) {
	var entry struct{ Level, Caller, Msg string }
	if err := json.Unmarshal(line, &entry); err != nil {
		d.trace(string(line))
		return
	}
	switch entry.Level {
	case "warn":
		d.log.Warn("series store: "+entry.Msg, "caller", entry.Caller)
	case "error":
		d.log.Error("series store: "+entry.Msg, "caller", entry.Caller)
	case "fatal", "panic":
		d.remember(entry.Msg)
		d.log.Error("series store: "+entry.Msg, "caller", entry.Caller)
	default:
		// Its "info" tells of every opened file and merge: detail to us.
		d.log.Debug("series store: "+entry.Msg, "caller", entry.Caller)
	}
}

func (d *diary) trace(line string) {
	if line == "" {
		return
	}
	d.mu.Lock()
	d.traces++
	loud := d.traces <= mostTraces
	if d.last == "" {
		d.last = line
	}
	d.mu.Unlock()
	if loud {
		d.log.Error("series store: " + line)
		return
	}
	d.log.Debug("series store: " + line)
}

func (d *diary) remember(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = what
}

func (d *diary) reason() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}
