// Package doctor looks at an installation of asue and tells whoever installs it, all at once,
// what is wrong and what to do about it: files and rights, ports, broker, stores, disk,
// clock, lines, keys, accounts, backups, zones of time.
//
// It changes nothing, but for a file that it makes in the data folder and takes away. The
// package must not know how anything works that it looks at, beyond whether it can.
package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"asue/cmd/internal/settings"
	"asue/metering"
)

// State is how something is.
type State string

// States. Wrong alone makes an examination fail.
const (
	OK      State = "ok"
	Note    State = "note"    // worth knowing: it cannot be seen from here, or is not done yet
	Warning State = "warning" // works, and will make trouble
	Wrong   State = "wrong"   // does not work, or data are at risk
)

// Finding is one thing that was looked at.
type Finding struct {
	Area   string `json:"area"` // "files", "ports", …
	State  State  `json:"state"`
	What   string `json:"what"`
	Remedy string `json:"remedy,omitempty"` // of a Warning and of what is Wrong
}

// Patient is what is examined.
type Patient struct {
	File   string          // the process file
	Config settings.Config // with paths made whole
	Site   *metering.Site
	Now    time.Time // by this machine's clock
}

// Examine looks at everything, for as long as ctx lasts, and returns what it saw in the
// order in which an installer would look.
func Examine(ctx context.Context, p Patient) []Finding {
	e := &examination{Patient: p}
	e.running = lookForAsue(ctx, p.Config.HTTP)
	for _, look := range []func(context.Context){
		e.files, e.data, e.process, e.ports, e.broker, e.ledger, e.series, e.copied, e.keys, e.lines, e.clock, e.zones, e.backups,
	} {
		look(ctx)
	}
	return e.found
}

// examination gathers findings.
type examination struct {
	Patient
	running *running // nil: nothing that is asue answers at the page's address
	found   []Finding
}

func (e *examination) add(area string, state State, remedy, format string, args ...any) {
	// What others say in their errors may go over several lines.
	what := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	e.found = append(e.found, Finding{Area: area, State: state, What: what, Remedy: remedy})
}

func (e *examination) ok(area, format string, args ...any) { e.add(area, OK, "", format, args...) }

func (e *examination) note(area, format string, args ...any) { e.add(area, Note, "", format, args...) }

func (e *examination) warn(area, remedy, format string, args ...any) {
	e.add(area, Warning, remedy, format, args...)
}

func (e *examination) wrong(area, remedy, format string, args ...any) {
	e.add(area, Wrong, remedy, format, args...)
}

// Verdict is the worst state of a list; OK if there is none.
func Verdict(list []Finding) State {
	worst := OK
	rank := map[State]int{OK: 0, Note: 1, Warning: 2, Wrong: 3}
	for _, f := range list {
		if rank[f.State] > rank[worst] {
			worst = f.State
		}
	}
	return worst
}
