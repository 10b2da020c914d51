package fakezone

import (
	"context"
	"fmt"
	"strings"
	"time"

	"asue/dashboards/dispatcher"
)

// System is an invented program: one process with all roles, a collector elsewhere that has
// gone silent, and a site file that somebody has changed since the start.
type System struct {
	Zone *Zone
	Now  func() time.Time
}

// Versions of the invented site file.
var (
	firstVersion  = strings.Repeat("1a", 32)
	secondVersion = strings.Repeat("2b", 32)
	standing      = strings.Repeat("3c", 32)
)

// Status implements dispatcher.System.
func (y System) Status(context.Context) dispatcher.SystemStatus {
	now := y.Now().UTC()
	count := func(name string, v float64) dispatcher.SystemFact {
		return dispatcher.SystemFact{Name: name, Value: ptr(v), Unit: "1"}
	}
	bytes := func(name string, v float64) dispatcher.SystemFact {
		return dispatcher.SystemFact{Name: name, Value: ptr(v), Unit: "bytes"}
	}
	began := now.Add(-26 * time.Hour)
	return dispatcher.SystemStatus{
		Version: "dev", Began: began,
		Parts: []dispatcher.SystemPart{
			{Name: "clock", State: "note", Text: "nobody keeps this machine's clock: let chrony or systemd-timesyncd keep it"},
			{Name: "outbox", State: "ok"}, {Name: "series", State: "ok"},
		},
		Process: []dispatcher.SystemProcess{
			{Name: "asue", Roles: []string{"broker", "metering", "collector", "balancer", "dispatcher"}, Version: "dev", Online: ptr(true), Since: ptr(began), This: true},
			{Name: "collector-2", Roles: []string{"collector"}, Version: "dev", Online: ptr(false), Since: ptr(began), HeardAt: ptr(now.Add(-7 * time.Minute))},
		},
		Stores: []dispatcher.SystemStore{
			{Name: "ledger", Kind: "sqlite", State: "ok", Facts: []dispatcher.SystemFact{bytes("bytes", 812e6), {Name: "written", At: ptr(now.Add(-time.Second))}, count("audit", 48_211)}},
			{Name: "series", Kind: "victoria", State: "ok", Facts: []dispatcher.SystemFact{count("samples", 91_204_113), count("unsafe", 12), count("starts", 1)}},
			{Name: "outbox", State: "ok", Facts: []dispatcher.SystemFact{count("backlog", 2), count("kept", 5400), bytes("bytes", 31e6)}},
			{Name: "disk", State: "note", Text: "less than a fifth of the disk is free: delete old backups, or give the data folder a larger disk", Facts: []dispatcher.SystemFact{bytes("free", 18e9), bytes("size", 120e9)}},
		},
		Backup: y.age(now),
	}
}

func (y System) age(now time.Time) dispatcher.BackupAge {
	made := now.Add(-9 * time.Hour)
	return dispatcher.BackupAge{MadeAt: ptr(made), LateAt: ptr(made.Add(48 * time.Hour))}
}

// Lines implements dispatcher.System: one line, one of whose meters does not answer and one
// is another one than the site file says.
func (y System) Lines() []dispatcher.SystemLine {
	line := dispatcher.SystemLine{
		ID: "l1", URL: "tcp://10.0.0.5:502", LoadPct: ptr(37.5), Requests: &dispatcher.LineRequests{OK: 812_000, Failures: 340, Exceptions: 2}, Reconnects: 3, Overruns: 12, LateAnswers: 4, DrainedB: 96,
	}
	for i, m := range y.Zone.site.Meters {
		v := dispatcher.SystemLineMeter{
			ID: string(m.ID), Requests: dispatcher.LineRequests{OK: 11_600}, Answered: y.Now().UTC(), Identity: fmt.Sprintf("serial=%d", 4700+i), Standing: "good", ClockOffset: ptr(time.Duration(i%5) * 300 * time.Millisecond),
		}
		switch i {
		case 3:
			v.Failing, v.BreakerOpen, v.Reason, v.Answered = true, true, "timeout after 1s", y.Now().UTC().Add(-11*time.Minute)
			v.Requests.Failures = 240
		case 5:
			v.Standing, v.StandingWhy, v.Exchanges = "wrong_meter", "the meter has the serial number 4799, the site file says 4705: enter the exchange, or correct the site file", 1
		}
		line.Meters = append(line.Meters, v)
	}
	return []dispatcher.SystemLine{line}
}

const inventedSite = `# ДЕМО: вымышленная площадка
version: 1
site: {id: demo, name: ИЗ «Актобе»}
residents:
  - id: r-01
    name: Керамика-1
    state: working
    conditions:
      - {id: tu-r-01, node: in, power: 2.6 MW}
`

// Configuration implements dispatcher.System.
func (y System) Configuration(context.Context) (dispatcher.Configuration, error) {
	now := y.Now().UTC()
	began := now.Add(-26 * time.Hour)
	diff := y.difference(firstVersion, standing)
	return dispatcher.Configuration{
		Files: []dispatcher.ConfigFile{
			{Kind: "process", Path: "/etc/asue/asue.yaml", Version: secondVersion, Began: began, Text: "site: site.yaml\nhttp: 127.0.0.1:8080\nbroker:\n  user: asue\n  password: •••\n",
				Now: &dispatcher.FileNow{Version: secondVersion}},
			{Kind: "site", Path: "/etc/asue/site.yaml", Version: firstVersion, Began: began, Text: inventedSite,
				Now: &dispatcher.FileNow{Version: standing, Changed: true, At: ptr(now.Add(-time.Hour)), Restart: []string{"site file: points, meters, residents and limits, for ledger, controller and page"}, Diff: &diff}},
		},
		Versions: []dispatcher.ConfigVersion{
			{Version: firstVersion, Kind: "site", From: began, Record: 41, Bytes: int64(len(inventedSite)), Running: true, Kept: true},
			{Version: secondVersion, Kind: "process", From: began, Record: 40, Bytes: 96, Running: true, Kept: true},
			{Version: strings.Repeat("0d", 32), Kind: "site", From: began.AddDate(0, -1, 0), Record: 7, Bytes: 212, Kept: true},
		},
	}, nil
}

func (y System) difference(from, to string) dispatcher.Difference {
	return dispatcher.Difference{
		From: from, To: to,
		Words: []dispatcher.ConfigWord{
			{Kind: "residents", ID: "r-01", Name: "Керамика-1", Field: "conditions.tu-r-01.power", From: "2.6 MW", To: "2.1 MW"},
			{Kind: "points", ID: "p-29", To: "{id: p-29, node: in, role: resident}"},
		},
		Lines: []dispatcher.DiffLine{
			{Op: "same", Old: 8, New: 8, Text: "    conditions:"},
			{Op: "removed", Old: 9, Text: "      - {id: tu-r-01, node: in, power: 2.6 MW}"},
			{Op: "added", New: 9, Text: "      - {id: tu-r-01, node: in, power: 2.1 MW}"},
			{Op: "gap"},
			{Op: "added", New: 11, Text: "  - {id: p-29, node: in, role: resident}"},
		},
	}
}

// Difference implements dispatcher.System.
func (y System) Difference(_ context.Context, from, to string) (dispatcher.Difference, error) {
	for _, v := range []string{from, to} {
		if v != firstVersion && v != strings.Repeat("0d", 32) {
			return dispatcher.Difference{}, fmt.Errorf("version %.8s: %w", v, dispatcher.ErrUnknown)
		}
	}
	return y.difference(from, to), nil
}

// Backup implements dispatcher.System.
func (y System) Backup(context.Context) (dispatcher.BackupState, error) {
	now := y.Now().UTC()
	return dispatcher.BackupState{
		BackupAge: y.age(now), Dir: "/var/backups/asue/asue-demo-20261121T020000Z", Present: ptr(true), Ledger: "sqlite", Verified: true, Series: "not copied", Files: 23, Bytes: 640e6, Version: "dev",
		Notes: []string{"the outbox is not in it: asue replay asks the collectors for what they retain"}, Looked: ptr(now),
		Command: "asue backup -c /etc/asue/asue.yaml /var/backups/asue --keep 14", Restore: "asue restore /var/backups/asue/asue-demo-20261121T020000Z --into DATA",
	}, nil
}
