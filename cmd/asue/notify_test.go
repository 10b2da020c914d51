package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"asue/cmd/internal/settings"
	"asue/dashboards/dispatcher"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/alarm/catalogue"
	"asue/metering/notify"
	"asue/metering/notify/hook"
	"asue/metering/notify/mailtest"
	"asue/metering/notify/post"
	"asue/metering/wire"
)

const dutySecret = "the-secret-of-the-duty-officer"

// duty is who is on duty at home: a receiver of a webhook that checks signatures.
type duty struct {
	*httptest.Server
	down  atomic.Bool
	heard chan notify.Message

	mu   sync.Mutex
	keys map[string]int
}

func newDuty(t *testing.T) *duty {
	t.Helper()
	d := &duty{heard: make(chan notify.Message, 100), keys: map[string]int{}}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = hook.Verify([]byte(dutySecret), r.Header, body, time.Now())
		}
		var m notify.Message
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		switch {
		case err != nil:
			t.Errorf("what came: %v", err)
			w.WriteHeader(http.StatusBadRequest)
		case d.down.Load():
			w.WriteHeader(http.StatusBadGateway)
		default:
			d.mu.Lock()
			d.keys[r.Header.Get("Idempotency-Key")]++
			d.mu.Unlock()
			d.heard <- m
		}
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *duty) hears(t *testing.T, what notify.What, id alarm.ID) notify.Message {
	t.Helper()
	select {
	case m := <-d.heard:
		if m.Event != what || m.Alarm == nil || m.Alarm.ID != id {
			t.Errorf("heard %s %+v, want %s %s", m.Event, m.Alarm, what, id)
		}
		return m
	case <-time.After(30 * time.Second):
		t.Fatalf("nobody tells of %s %s", what, id)
		panic("unreachable")
	}
}

// outsideOf is a configuration that tells a webhook, and mail if there is a server.
func outsideOf(t *testing.T, url string, mail *mailtest.Server) settings.Config {
	t.Helper()
	dir := inFolder(t, "duty.secret", dutySecret+"\n", "mail.password", "pw\n")
	cfg := settings.Default()
	cfg.Data = dir
	cfg.Notify.Webhooks = []settings.Webhook{{Name: "duty", URL: url, SecretFile: filepath.Join(dir, "duty.secret"), Lang: "en"}}
	if mail != nil {
		cfg.Notify.Mail = settings.Mail{Server: mail.Addr().String(), TLS: "none", From: "asue@zone.local", To: []string{"duty@zone.local"}, Lang: "ru", Priorities: []alarm.Priority{alarm.High}}
	}
	return cfg
}

// tells lets an outside run beside a desk until stop.
func tells(t *testing.T, cfg settings.Config, s *alarmStory, now func() time.Time) (o *outside, stop func()) {
	t.Helper()
	o, err := newOutside(cfg, notify.Place{Site: s.site, Kinds: catalogue.BuiltIn()}, now, slog.New(slog.DiscardHandler))
	if err == nil {
		err = o.open(filepath.Join(cfg.Data, "letters"), cfg.Reports)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.desk.outside = o.hear
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.run(ctx, s.desk) }()
	return o, func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
	}
}

// TestOutsideHears is a night: an alarm goes to the webhook and by mail, nobody answers,
// the receiver is down while it ends, the program is started again, and everything has
// been heard once.
func TestOutsideHears(t *testing.T) {
	s, d, mail := newAlarmStory(t), newDuty(t), mailtest.New(t).Start(t)
	cfg := outsideOf(t, d.URL+"/asue", mail)
	var ahead atomic.Int64 // of the story's clock when it began
	begin := s.now
	now := func() time.Time { return begin.Add(time.Duration(ahead.Load())) }
	o, stop := tells(t, cfg, s, now)

	over := wire.Control{Notices: []wire.ControlNotice{{ID: "n", Kind: "power_over_limit", Active: true}}}
	s.pass(2, over, metering.Megawatt/2, "m-1", "m-2", "m-3")
	m := d.hears(t, notify.Raised, "limit-exceeded/zone")
	if m.Title != "Power of the zone above what is permitted" || m.Alarm.RespondBy.Sub(m.Alarm.Announced) != 2*time.Minute || m.Site.ID != "z" {
		t.Errorf("%+v", m)
	}
	ahead.Store(int64(3 * time.Minute))
	d.hears(t, notify.Escalated, "limit-exceeded/zone")
	s.act("a.serik", dispatcher.AlarmAct{Act: "acknowledge", Alarm: "limit-exceeded/zone"})

	d.down.Store(true)
	s.pass(40, wire.Control{}, metering.Megawatt/2, "m-1", "m-2", "m-3")
	awaitStats(t, o, func(st post.Stats) bool { return st.Name == "duty" && st.Waiting == 1 && st.Wrong != "" })
	if err := o.trouble("duty"); err == nil || !strings.Contains(err.Error(), "1 messages wait") || !strings.Contains(err.Error(), "502") {
		t.Errorf("the receiver is down, and nobody says so: %v", err)
	}
	stop()
	s.start()
	d.down.Store(false)
	o, stop = tells(t, cfg, s, now)
	d.hears(t, notify.Returned, "limit-exceeded/zone")
	awaitStats(t, o, func(st post.Stats) bool { return strings.HasPrefix(st.Name, "mail:") && st.Waiting == 0 })
	stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, n := range d.keys {
		if n != 1 {
			t.Errorf("%s came %d times", key, n)
		}
	}
	if _, mails := mail.Heard(); len(d.keys) != 3 || len(mails) != 3 {
		t.Errorf("%d messages by webhook and %d by mail, want three of each: %v", len(d.keys), len(mails), d.keys)
	}
}

// awaitStats waits until the counts of some destination are so.
func awaitStats(t *testing.T, o *outside, so func(post.Stats) bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); !slices.ContainsFunc(o.post.Stats(), so); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not so: %+v", o.post.Stats())
		}
	}
}

// TestOutsideNeverHoldsUp: a disk that takes nothing keeps neither the book nor a person
// waiting, and what did not fit is counted.
func TestOutsideNeverHoldsUp(t *testing.T) {
	o := &outside{log: slog.New(slog.DiscardHandler), changes: make(chan []notify.Change, 2)}
	for range 5 {
		o.hear(make([]notify.Change, 3))
	}
	if n := o.missed.Load(); n != 9 {
		t.Errorf("%d transitions counted, want 9", n)
	}
}

// TestDigest: what was gathered is one mail, with the most urgent message as its subject.
func TestDigest(t *testing.T) {
	mail := mailtest.New(t).Start(t)
	cfg := outsideOf(t, "http://127.0.0.1:1/", mail)
	site := &metering.Site{ID: "z", Location: time.UTC}
	o, err := newOutside(cfg, notify.Place{Site: site, Kinds: catalogue.BuiltIn()}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	event := func(kind alarm.Kind, p alarm.Priority) notify.Event {
		return notify.Event{What: notify.Raised, At: at, Announced: at, Respond: time.Minute, Alarm: alarm.Alarm{ID: alarm.IDOf(kind, "zone"), Kind: kind, Subject: "zone", Priority: p, Active: true}}
	}
	o.ways[1].route = notify.Route{}
	letters := slices.DeleteFunc(o.letters([]notify.Event{event("limit-forecast", alarm.Medium), event("source-lost", alarm.High)}, at), func(l post.Letter) bool { return l.To == "duty" })
	if err := o.mailAlarms(t.Context(), "duty@zone.local", letters); err != nil {
		t.Fatal(err)
	}
	_, mails := mail.Heard()
	if len(mails) != 1 || !strings.Contains(readable(t, mails[0]), "▲А z: Потеряна питающая линия (+1)") {
		t.Errorf("%d mails: %s", len(mails), readable(t, mails[0]))
	}
}

// TestNotifyTest is the command on a whole pair of files: who got it, who did not, and why.
func TestNotifyTest(t *testing.T) {
	d, mail := newDuty(t), mailtest.New(t)
	mail.Offer = append(mail.Offer, "STARTTLS", "AUTH PLAIN")
	mail.Start(t)
	process := fmt.Sprintf(`site: site.yaml
roles: [broker, metering, dispatcher]
reports: [{kind: peaks, every: month, folder: sheets, mail: [office@zone.local]}]
notify:
  webhooks:
    - {name: duty, url: "%s/asue", secret_file: duty.secret, kinds: [source-lost]}
  mail: {server: "%s", user: asue, password_file: mail.password, ca_file: ca.pem, from: asue@zone.local, to: [crew@zone.local], language: kk}
`, d.URL, mail.Addr())
	dir := inFolder(t, "site.yaml", string(aktobe.Site()), "asue.yaml", process, "duty.secret", dutySecret, "mail.password", "pw", "ca.pem", string(mail.PEM))
	file := filepath.Join(dir, "asue.yaml")
	var out bytes.Buffer
	if err := tryOutside(t.Context(), &out, file, nil); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"ok     duty: delivered", "ok     mail:crew@zone.local: delivered", "ok     report:office@zone.local: delivered"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not told: %s\n%s", want, out.String())
		}
	}
	if m := <-d.heard; m.Event != notify.Test || m.Alarm != nil {
		t.Errorf("heard %+v", m)
	}
	if _, mails := mail.Heard(); len(mails) != 2 || !strings.Contains(readable(t, mails[0]), "сынақ хабарламасы") {
		t.Errorf("%d mails", len(mails))
	}
	d.down.Store(true)
	out.Reset()
	if err := tryOutside(t.Context(), &out, file, []string{"duty"}); err == nil || !strings.Contains(out.String(), "WRONG  duty: after") || !strings.Contains(out.String(), "502") || strings.Contains(out.String(), "mail:") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := tryOutside(t.Context(), &out, file, []string{"nobody"}); err == nil {
		t.Error("sent to one that is not there")
	}

	// asue check holds the rest of it to the same files.
	if text, refuses := checked(t, file); refuses {
		t.Errorf("asue check: %s", text)
	}
	wrong := strings.NewReplacer("kinds: [source-lost]", "kinds: [source-lots]", "duty.secret", "short.secret", "ca.pem", "nowhere.pem").Replace(process)
	for name, text := range map[string]string{"wrong.yaml": wrong, "short.secret": "short"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, refuses := checked(t, filepath.Join(dir, "wrong.yaml"))
	for _, want := range []string{`"source-lots"`, "source-lost", "[short-secret]", "nowhere.pem", "[no-such-kind]"} {
		if !refuses || !strings.Contains(text, want) {
			t.Errorf("asue check does not tell %s:\n%s", want, text)
		}
	}
}

// TestReportsByMail: a report that is drawn up goes out once, also if the program ended
// between the two.
func TestReportsByMail(t *testing.T) {
	process, _, _ := filledZone(t)
	cfg, site, _, err := readZone(process)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := openLedger(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	books, err := newAnalyst(site, ledger)
	if err != nil {
		t.Fatal(err)
	}
	mail := mailtest.New(t).Start(t)
	outsideConfig := outsideOf(t, "http://127.0.0.1:1/", mail)
	sheet := settings.Report{Kind: "daily", Every: "day", Folder: t.TempDir(), Lang: "kk", Format: "xlsx", Mail: []string{"office@zone.local", "b@zone.local"}}
	outsideConfig.Reports = []settings.Report{sheet}
	draw := func(want string, mails int) {
		t.Helper()
		o, err := newOutside(outsideConfig, notify.Place{Site: site}, time.Now, slog.New(slog.DiscardHandler))
		if err == nil {
			err = o.open(filepath.Join(outsideConfig.Data, "letters"), outsideConfig.Reports)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = o.spool.Close() }()
		now := time.Date(2026, 2, 1, 2, 0, 0, 0, site.Location)
		s := &reportSchedule{&reporter{analyst: books, ledger: ledger, now: func() time.Time { return now }}, outsideConfig.Reports, slog.New(slog.DiscardHandler), o}
		path, err := s.draw(t.Context(), sheet)
		if err != nil || filepath.Base(path) != want && (path != "" || want != "") {
			t.Fatalf("drawn up %q, %v, want %q", path, err, want)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- o.post.Run(ctx) }()
		awaitStats(t, o, func(st post.Stats) bool { return st.Name == "report:office@zone.local" && st.Waiting == 0 })
		awaitStats(t, o, func(st post.Stats) bool { return st.Name == "report:b@zone.local" && st.Waiting == 0 })
		cancel()
		<-done
		if _, got := mail.Heard(); len(got) != mails {
			t.Errorf("%d mails, want %d", len(got), mails)
		}
	}
	draw("daily.2026-01-31.kk.xlsx", 2)
	draw("", 2) // it is there, and has been sent
	_, mails := mail.Heard()
	if text := readable(t, mails[0]); !strings.Contains(text, "31.01.2026") || !strings.Contains(text, "тәуліктік тізімдемесі") || !strings.Contains(mails[0], `name="daily.2026-01-31.kk.xlsx"`) {
		t.Errorf("the mail: %s", text)
	}
	if err := os.Remove(filepath.Join(sheet.Folder, "daily.2026-01-31.kk.xlsx")); err != nil {
		t.Fatal(err)
	}
	draw("daily.2026-01-31.kk.xlsx", 2) // drawn up anew, sent to nobody twice
	if err := os.Remove(filepath.Join(outsideConfig.Data, "letters")); err != nil {
		t.Fatal(err)
	}
	draw("", 4) // the program ended before it was sent: it is made up for
}
