package main

import (
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/alarm/catalogue"
	"asue/metering/sqlite"
	"asue/metering/wire"
)

// alarmStory is a desk over a real ledger, with a clock that is moved by hand.
type alarmStory struct {
	*testing.T
	site   *metering.Site
	ledger metering.Ledger
	file   string
	now    time.Time
	desk   *alarmDesk
}

func newAlarmStory(t *testing.T) *alarmStory {
	t.Helper()
	ledger, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close() })
	s := &alarmStory{T: t, ledger: ledger, file: filepath.Join(t.TempDir(), "alarms.json"), now: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)}
	s.site = &metering.Site{
		ID: "z", Location: time.UTC,
		Meters:     []metering.Meter{{ID: "m-1", Line: "l-1"}, {ID: "m-2", Line: "l-1"}, {ID: "m-3", Line: "l-2"}},
		Points:     []metering.Point{{ID: "p-1", Role: metering.RoleResident, Resident: "r-1"}, {ID: "p-2"}, {ID: "p-3"}},
		Installs:   []metering.Install{{Meter: "m-1", Point: "p-1"}, {Meter: "m-2", Point: "p-2"}, {Meter: "m-3", Point: "p-3"}},
		Residents:  []metering.Resident{{ID: "r-1", Name: "Керамика-1"}},
		Conditions: []metering.Condition{{ID: "c", Resident: "r-1", Power: metering.Megawatt}},
	}
	s.start()
	return s
}

func (s *alarmStory) start() {
	s.Helper()
	bounds := alarmBounds{meter: time.Minute, balancer: 30 * time.Second, settled: 90 * time.Second, powerFactor: 0.8}
	d, err := newAlarmDesk(s.site, catalogue.BuiltIn(), alarm.DefaultSettings(), s.ledger, s.file, bounds, func() time.Time { return s.now }, slog.New(slog.DiscardHandler))
	if err != nil {
		s.Fatal(err)
	}
	s.desk = d
}

// pass lets seconds pass, each with the meters that speak and the balancer's report.
func (s *alarmStory) pass(seconds int, report wire.Control, power metering.Power, speak ...metering.MeterID) {
	for range seconds {
		s.now = s.now.Add(time.Second)
		b := wire.Batch{ID: metering.BatchID{Collector: "c-1"}}
		for _, m := range speak {
			b.Snapshots = append(b.Snapshots, metering.Snapshot{Meter: m, At: s.now, Quality: metering.Good,
				Readings: []metering.Reading{{Quantity: metering.ActivePower, Value: float64(power), Quality: metering.Good}}})
		}
		s.desk.senses.hearBatch(b)
		report.At = s.now
		s.desk.senses.hearControl(report)
		s.desk.think()
		for len(s.desk.records) > 0 {
			if err := s.desk.record(s.Context(), <-s.desk.records); err != nil {
				s.Fatal(err)
			}
		}
	}
}

func (s *alarmStory) stands(what string, want ...string) {
	s.Helper()
	got := []string{}
	for _, a := range s.desk.Board().Alarms {
		got = append(got, string(a.State)+" "+string(a.ID))
	}
	if !slices.Equal(got, want) && len(got)+len(want) > 0 {
		s.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (s *alarmStory) act(who string, act dispatcher.AlarmAct) {
	s.Helper()
	if err := s.desk.Act(s.Context(), metering.Account{Name: who, Role: metering.RoleDispatcher}, act); err != nil {
		s.Errorf("%s: %v", act.Act, err)
	}
}

// TestAlarmDesk is a shift: a line falls silent, a forecast crosses the limit, people
// answer, the program is started again, and the record tells it all.
func TestAlarmDesk(t *testing.T) {
	s := newAlarmStory(t)
	calm := wire.Control{}
	s.pass(100, calm, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.stands("calm")

	over := wire.Control{Notices: []wire.ControlNotice{{ID: "n-1", Kind: "projection_over_limit", Active: true, Args: map[string]any{"limit_w": 29_700_000.0}}}}
	s.pass(2, over, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.stands("a forecast over the limit", "unacknowledged limit-forecast/zone")
	if h := s.desk.Board().Horn; len(h) != 1 || h[0].Every != 30*time.Second {
		t.Errorf("the horn: %v", h)
	}
	s.act("a.serik", dispatcher.AlarmAct{Act: "acknowledge", Alarm: "limit-forecast/zone"})
	s.stands("acknowledged while it is so", "acknowledged limit-forecast/zone")
	version := s.desk.Board().Version
	s.pass(3, over, metering.Megawatt/2, "m-1", "m-2", "m-3")
	if s.desk.Board().Version != version {
		t.Error("the board has another version though nothing has changed")
	}

	// Both meters of a line fall silent, and a resident draws more than it may.
	s.pass(150, over, metering.Megawatt/2, "m-3")
	s.stands("one alarm for the line", "unacknowledged line-silent/line/l-1", "acknowledged limit-forecast/zone",
		"suppressed meter-silent/m-1", "suppressed meter-silent/m-2")

	// The program is started again in between: nothing is announced twice, nothing lost.
	s.start()
	s.pass(120, over, metering.Megawatt/2, "m-3")
	s.stands("after a restart", "unacknowledged line-silent/line/l-1", "acknowledged limit-forecast/zone",
		"suppressed meter-silent/m-1", "suppressed meter-silent/m-2")

	s.act("a.serik", dispatcher.AlarmAct{Act: "shelve", Alarm: "line-silent/line/l-1", Until: s.now.Add(time.Hour), Why: "fitters are on their way"})
	s.pass(1, calm, metering.Megawatt/2, "m-3")
	s.pass(40, calm, 2*metering.Megawatt, "m-1", "m-2", "m-3")
	s.pass(400, calm, 2*metering.Megawatt, "m-1", "m-2", "m-3")
	s.stands("all back, one resident above its right", "unacknowledged conditions-exceeded/r-1", "shelved line-silent/line/l-1")
	s.act("a.serik", dispatcher.AlarmAct{Act: "silence", Seconds: 60})
	s.act("a.serik", dispatcher.AlarmAct{Act: "comment", Alarm: "conditions-exceeded/r-1", Why: "they start a furnace"})
	s.act("b.aliya", dispatcher.AlarmAct{Act: "begin-shift"})
	s.stands("the next shift sees what nobody has acknowledged", "returned line-silent/line/l-1", "unacknowledged conditions-exceeded/r-1")

	// The balancer dies.
	s.now = s.now.Add(31 * time.Second)
	s.desk.think()
	s.now = s.now.Add(61 * time.Second)
	s.desk.think()
	if list := s.desk.Board().Alarms; len(list) == 0 || list[0].ID != "balancer-silent/balancer" {
		t.Errorf("a silent balancer: %v", list)
	}

	records, err := s.ledger.Audit(t.Context(), metering.AuditQuery{Kind: "alarm.", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, r := range records {
		kinds[r.Kind+" "+r.Actor]++
	}
	for _, want := range []string{"alarm.acknowledge a.serik", "alarm.shelve a.serik", "alarm.silence a.serik", "alarm.comment a.serik", "alarm.begin-shift b.aliya"} {
		if kinds[want] != 1 {
			t.Errorf("%s stands %d times in the record, want once", want, kinds[want])
		}
	}
	f, err := s.desk.Figures(t.Context(), s.now.Add(-time.Hour), s.now.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if f.Announced != 3 || len(f.Chattering) > 0 {
		t.Errorf("figures: %+v, want three alarms: limit, line, resident (the balancer's is not written yet)", f)
	}
}

// TestAlarmDeskRefuses holds that what cannot be done, or not be recorded, is not done.
func TestAlarmDeskRefuses(t *testing.T) {
	s := newAlarmStory(t)
	s.pass(2, wire.Control{Notices: []wire.ControlNotice{{ID: "n", Kind: "power_over_limit", Active: true}}}, 1)
	who := metering.Account{Name: "a.serik", Role: metering.RoleDispatcher}
	for _, c := range []struct {
		act  dispatcher.AlarmAct
		want error
	}{
		{dispatcher.AlarmAct{Act: "acknowledge", Alarm: "limit-exceeded/nowhere"}, alarm.ErrNoAlarm},
		{dispatcher.AlarmAct{Act: "shelve", Alarm: "limit-exceeded/zone", Until: s.now.Add(9 * time.Hour), Why: "x"}, alarm.ErrRefused},
		{dispatcher.AlarmAct{Act: "shelve", Alarm: "limit-exceeded/zone", Until: s.now.Add(time.Hour)}, alarm.ErrRefused},
		{dispatcher.AlarmAct{Act: "silence", Seconds: 3600}, alarm.ErrRefused},
		{dispatcher.AlarmAct{Act: "dance"}, alarm.ErrRefused},
	} {
		if err := s.desk.Act(t.Context(), who, c.act); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.act, err, c.want)
		}
	}
	if err := s.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.desk.Act(t.Context(), who, dispatcher.AlarmAct{Act: "acknowledge", Alarm: "limit-exceeded/zone"}); err == nil {
		t.Error("acknowledged though nobody could write it down")
	}
	s.stands("without a record nothing is done", "unacknowledged limit-exceeded/zone")
}

// That nights were left out by the backup is an alarm until one is made.
func TestAlarmOfALateBackup(t *testing.T) {
	s := newAlarmStory(t)
	since := s.now.Add(-72 * time.Hour)
	raised := func() bool {
		for _, x := range s.desk.senses.program(s.now) {
			if x.Kind == "backup-late" && x.Subject == "backup" && x.Active && x.Args["since"] != "" {
				return true
			}
		}
		return false
	}
	if raised() {
		t.Error("an alarm although there is a backup")
	}
	if s.desk.senses.saved(since, true); !raised() {
		t.Error("no alarm although there is none")
	}
	if s.desk.senses.saved(since, false); raised() {
		t.Error("an alarm although one was made")
	}
}
