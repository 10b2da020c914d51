package dispatcher_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
	"asue/metering"
	"asue/metering/audit"
	"asue/metering/shift"
)

// watch is an office whose zone has a book of alarms and keeps its records with the others.
func watch(t *testing.T) (*office, *fakezone.Alarms) {
	t.Helper()
	people, err := fakezone.NewPeople(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	alarms, err := fakezone.NewAlarms(people, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return newOffice(t, func(c *dispatcher.Config) { c.Alarms = alarms }), alarms
}

func entry(template, text string, more map[string]any) map[string]any {
	e := map[string]any{"template": template, "text": text}
	for k, v := range more {
		e[k] = v
	}
	return e
}

// records are those that an answer of the log has, as "kind: text".
func told(t *testing.T, b *browser, query string) string {
	t.Helper()
	list, _ := b.ask("GET", "/api/v1/log"+query, nil, 200)["records"].([]any)
	var lines []string
	for _, r := range list {
		m := r.(map[string]any)
		lines = append(lines, fmt.Sprintf("%v: %v", m["kind"], m["text"]))
	}
	return strings.Join(lines, "\n")
}

func digest(b *browser) string {
	b.t.Helper()
	return b.ask("GET", "/api/v1/shift", nil, 200)["digest"].(string)
}

// TestShiftFromHandToHand is the story of a shift: taken, written about, corrected, handed
// over with both signatures. All of it is in the audit, and the chain holds.
func TestShiftFromHandToHand(t *testing.T) {
	o, alarms := watch(t)
	first := o.as(t, "dispatcher")
	if s := first.ask("GET", "/api/v1/shift", nil, 200); s["shift"] != nil {
		t.Fatalf("somebody has a shift that nobody took: %v", s["shift"])
	}
	first.ask("POST", "/api/v1/shift/hand-over", map[string]any{"digest": digest(first), "name": "second", "password": secret}, 409)
	first.ask("POST", "/api/v1/shift/take", map[string]any{"digest": digest(first)}, 200)
	first.ask("POST", "/api/v1/shift/take", map[string]any{"digest": digest(first)}, 409)

	o.later(time.Minute)
	at := noon.Format(time.RFC3339)
	outage := first.ask("POST", "/api/v1/log", entry("outage", "отключился от МТЗ", map[string]any{"object": "Ф-12, яч. 7", "start": at}), 200)
	first.ask("POST", "/api/v1/log", entry("note", "ключ у охраны", nil), 200)
	if err := alarms.Act(t.Context(), metering.Account{Name: "dispatcher", Role: metering.RoleDispatcher},
		dispatcher.AlarmAct{Act: "shelve", Alarm: "meter-silent/m-p-r-09", Why: "ремонт", Until: noon.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	doc := first.ask("GET", "/api/v1/shift", nil, 200)["document"].(map[string]any)
	for list, want := range map[string]string{"unfinished": "Ф-12, яч. 7", "notes": "ключ у охраны", "shelved": "ремонт", "alarms": "conditions-exceeded/r-04", "silent": "m-"} {
		if text := mustText(t, doc[list]); !strings.Contains(text, want) {
			t.Errorf("%s hands over %s, want %s in it", list, text, want)
		}
	}

	// What was read before is not what would be signed.
	before := digest(first)
	first.ask("POST", "/api/v1/log", entry("note", "забыл сказать", nil), 200)
	hand := func(to, password, digest string, want int) map[string]any {
		t.Helper()
		return first.ask("POST", "/api/v1/shift/hand-over", map[string]any{"digest": digest, "name": to, "password": password}, want)
	}
	hand("second", secret, before, 409)
	hand("second", "не тот", digest(first), 401)
	hand("dispatcher", secret, digest(first), 422)
	hand("auditor", secret, digest(first), 403)
	hand("nobody", secret, digest(first), 401)
	o.as(t, "engineer").ask("POST", "/api/v1/shift/hand-over", map[string]any{"digest": digest(first), "name": "second", "password": secret}, 409)
	signed := digest(first)
	over := hand("second", secret, signed, 200)
	if s := over["shift"].(map[string]any); s["who"] != "second" || s["from"] != "dispatcher" || s["signed"] != signed {
		t.Errorf("the shift is %v, signed was %s", s, signed)
	}
	if doc := over["document"].(map[string]any); doc["shelved"] != nil || doc["notes"] != nil || !strings.Contains(mustText(t, doc["unfinished"]), "Ф-12") {
		t.Errorf("the new shift begins with %v", doc)
	}

	// The next one ends what went on, by a correction of its own.
	second := o.as(t, "second")
	seq := outage["seq"]
	second.ask("POST", "/api/v1/log", entry("correction", "включён", map[string]any{"corrects": seq, "end": at}), 200)
	if doc := second.ask("GET", "/api/v1/shift", nil, 200)["document"].(map[string]any); doc["unfinished"] != nil {
		t.Errorf("ended, and handed over: %v", doc["unfinished"])
	}
	if v := audit.Verify(o.books.records, audit.Witness{Whole: true}); v.Break != nil {
		t.Errorf("the chain: %v", v.Break)
	}
	if _, _, _, err := shift.Present(o.books.records); err != nil {
		t.Error(err)
	}
}

// TestWhoIsAwayHandsNothingOver holds that a shift whose holder does not come is taken with
// a word of why, which stays on record.
func TestWhoIsAwayHandsNothingOver(t *testing.T) {
	o, _ := watch(t)
	first, second := o.as(t, "dispatcher"), o.as(t, "second")
	first.ask("POST", "/api/v1/shift/take", map[string]any{"digest": digest(first)}, 200)
	second.ask("POST", "/api/v1/shift/take", map[string]any{"digest": digest(second)}, 422)
	s := second.ask("POST", "/api/v1/shift/take", map[string]any{"digest": digest(second), "why": "скорая увезла"}, 200)["shift"].(map[string]any)
	if s["who"] != "second" || s["why"] != "скорая увезла" || s["from"] != nil {
		t.Errorf("the shift is %v", s)
	}
}

// TestSignaturesAreFresh holds that nobody signs with a password that was given long ago.
func TestSignaturesAreFresh(t *testing.T) {
	o, _ := watch(t)
	b := o.as(t, "dispatcher")
	read := digest(b)
	o.later(6 * time.Minute)
	b.ask("POST", "/api/v1/shift/take", map[string]any{"digest": read}, 428)
	b.ask("POST", "/api/v1/me/confirm", map[string]any{"password": secret}, 200)
	b.ask("POST", "/api/v1/shift/take", map[string]any{"digest": digest(b)}, 200)
}

// TestLogIsWrittenOnce holds what is refused, that a correction names an entry, and that
// nothing is said to be written that is not.
func TestLogIsWrittenOnce(t *testing.T) {
	o, _ := watch(t)
	b := o.as(t, "engineer")
	for _, e := range []map[string]any{
		entry("note", "", nil), entry("poem", "x", nil), entry("shift-taken", "x", nil), entry("order", "x", nil), entry("note", "x", map[string]any{"seq": 3}),
		entry("correction", "x", map[string]any{"corrects": 999}), entry("correction", "x", map[string]any{"corrects": 1}), // record 1 is the login
	} {
		b.ask("POST", "/api/v1/log", e, 422)
	}
	note := b.ask("POST", "/api/v1/log", entry("note", "опечатка", nil), 200)
	better := b.ask("POST", "/api/v1/log", entry("correction", "без опечатки", map[string]any{"corrects": note["seq"]}), 200)
	b.ask("POST", "/api/v1/log", entry("correction", "x", map[string]any{"corrects": better["seq"]}), 422)
	if got := told(t, b, "?kind=log."); got != "log.correction: без опечатки\nlog.note: опечатка" {
		t.Errorf("the log has\n%s", got)
	}
	b.ask("POST", "/api/v1/log", entry("correction", "x", map[string]any{"corrects": note["seq"], "end": noon.Format(time.RFC3339)}), 422) // a note has no end
	o.books.mu.Lock()
	o.books.deaf = true
	o.books.mu.Unlock()
	b.ask("POST", "/api/v1/log", entry("note", "пропадёт", nil), 503)
	b.ask("POST", "/api/v1/shift/take", map[string]any{"digest": digest(b)}, 503)
	if s := b.ask("GET", "/api/v1/shift", nil, 200); s["shift"] != nil {
		t.Errorf("a shift that is not on record: %v", s["shift"])
	}
}

// TestOneStream holds that what people wrote and what happened stand together, that logins
// do not, and that filters, words and pages find what there is.
func TestOneStream(t *testing.T) {
	o, _ := watch(t)
	b := o.as(t, "dispatcher")
	add := func(kind, text string) {
		t.Helper()
		if _, err := o.books.Append(t.Context(), metering.AuditRecord{At: noon, Actor: "system", Kind: kind, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	add("alarm.changed", "source-lost/zone: unacknowledged")
	add("account.role", "секрет")
	b.ask("POST", "/api/v1/log", entry("phone", "просят снизить", map[string]any{"from": "Керамика-1", "number": "=77", "received": noon.Format(time.RFC3339)}), 200)
	add("control.lease", "r-01")
	if got, want := told(t, b, ""), "control.lease: r-01\nlog.phone: просят снизить\nalarm.changed: source-lost/zone: unacknowledged"; got != want {
		t.Errorf("the log has\n%s\nwant\n%s", got, want)
	}
	if got := told(t, b, "?q=%D0%BA%D0%B5%D1%80%D0%B0%D0%BC%D0%B8%D0%BA%D0%B0"); got != "log.phone: просят снизить" {
		t.Errorf("«керамика» finds\n%s", got)
	}
	page := b.ask("GET", "/api/v1/log?limit=1", nil, 200)
	if got := told(t, b, fmt.Sprintf("?limit=1&before=%v", page["before"])); got != "log.phone: просят снизить" {
		t.Errorf("the second page has\n%s", got)
	}
	b.ask("GET", "/api/v1/log?kind=account.", nil, 422)
	b.ask("GET", "/api/v1/log?from=gestern", nil, 422)

	w := b.do("GET", "/api/v1/log.csv?style=excel", nil)
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff")))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil || w.Code != 200 || len(rows) != 4 {
		t.Fatalf("%d, %v: %s", w.Code, err, w.Body)
	}
	if phone := rows[2]; phone[5] != "log.phone" || phone[8] != "Керамика-1" || phone[9] != "'=77" || phone[10] == "" {
		t.Errorf("the row of the message is %q", phone)
	}
	if !strings.Contains(o.books.kinds(), "export.log") {
		t.Error("the log was carried away without a trace")
	}
}
