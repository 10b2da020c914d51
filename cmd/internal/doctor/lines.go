package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"asue/cmd/internal/settings"
)

// lines looks whether the meters' lines can be reached. Where asue polls them already it
// is asked, because many gateways have room for one connection only.
func (e *examination) lines(ctx context.Context) {
	if e.Config.Has(settings.RoleCollector) {
		e.reach(ctx, e.Config.Collector.Lines, e.running != nil)
	}
	if e.Config.Has(settings.RoleAgent) {
		e.reach(ctx, e.Config.Agent.Lines, false)
	}
}

// atOnce bounds connections that are tried at the same time.
const atOnce = 16

func (e *examination) reach(ctx context.Context, lines []settings.Line, polled bool) {
	const area = "lines"
	answers := make([]Finding, len(lines))
	var wait sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i, l := range lines {
		wait.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if polled {
				answers[i] = e.asked(l)
				return
			}
			answers[i] = tried(ctx, l)
		})
	}
	wait.Wait()
	for _, f := range answers {
		f.Area = area
		e.found = append(e.found, f)
	}
}

// asked is what the running process says of a line.
func (e *examination) asked(l settings.Line) Finding {
	switch e.running.figure[fmt.Sprintf("asue_modbus_line_down{line=%q}", string(l.ID))] {
	case "0":
		return Finding{State: OK, What: fmt.Sprintf("line %s: asue has a connection to %s", l.ID, l.URL)}
	case "1":
		return Finding{State: Wrong, What: fmt.Sprintf("line %s: asue has no connection to %s", l.ID, l.URL), Remedy: lineRemedy(l)}
	}
	return Finding{State: Note, What: fmt.Sprintf("line %s: asue runs and does not show its figures here; see asue lines", l.ID)}
}

func lineRemedy(l settings.Line) string {
	return fmt.Sprintf("is the gateway on, its cable in, its address right? asue probe %s --unit N reads one meter", l.URL)
}

// tried is what comes of a connection to a line.
func tried(ctx context.Context, l settings.Line) Finding {
	u, err := url.Parse(l.URL)
	if err != nil {
		return Finding{State: Wrong, What: fmt.Sprintf("line %s: %v", l.ID, err), Remedy: "asue check names what is wrong in its address"}
	}
	if u.Scheme == "rtu" {
		return triedPort(l, u.Path)
	}
	began := time.Now()
	d := net.Dialer{Timeout: patience}
	c, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return Finding{State: Wrong, What: fmt.Sprintf("line %s: %v", l.ID, err), Remedy: lineRemedy(l)}
	}
	_ = c.Close() // nothing was sent
	return Finding{State: OK, What: fmt.Sprintf("line %s: %s takes a connection within %v", l.ID, u.Host, time.Since(began).Round(time.Millisecond))}
}

// triedPort opens a serial port without touching its settings.
func triedPort(l settings.Line, path string) Finding {
	f, err := os.OpenFile(path, portFlags, 0)
	remedy := lineRemedy(l)
	switch {
	case errors.Is(err, fs.ErrPermission):
		remedy = "usermod -aG dialout asue, and start the service again"
	case errors.Is(err, fs.ErrNotExist):
		remedy = "is the converter plugged in? ls -l /dev/serial/by-id shows names that stay"
	}
	if err != nil {
		return Finding{State: Wrong, What: fmt.Sprintf("line %s: %v", l.ID, strings.TrimPrefix(err.Error(), "open ")), Remedy: remedy}
	}
	_ = f.Close() // nothing was sent
	return Finding{State: OK, What: fmt.Sprintf("line %s: %s is there and may be used", l.ID, path)}
}
