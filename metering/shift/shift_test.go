package shift_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/audit"
	"asue/metering/shift"
)

var eight = time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC) // 08:00 at the site

// chain is an audit in memory.
type chain struct {
	t       testing.TB
	records []metering.AuditRecord
	now     time.Time
}

func (c *chain) add(who string, r metering.AuditRecord) metering.AuditRecord {
	c.t.Helper()
	var last audit.Link
	if n := len(c.records); n > 0 {
		last = audit.LinkOf(c.records[n-1])
	}
	c.now = c.now.Add(time.Minute)
	r.Actor, r.Role, r.At = who, metering.RoleDispatcher, c.now
	r, err := audit.Seal(last, r)
	if err != nil {
		c.t.Fatal(err)
	}
	c.records = append(c.records, r)
	return r
}

func (c *chain) write(who string, e shift.Entry) metering.AuditRecord {
	c.t.Helper()
	if f := e.Check(c.now.Add(3 * time.Hour)); f != nil {
		c.t.Fatalf("%+v: %v", e, f)
	}
	return c.add(who, e.Record())
}

// handOver lets one person take over from another what the log hands over.
func (c *chain) handOver(from, to string) shift.Document {
	c.t.Helper()
	now, carried, found, err := shift.Present(c.records)
	if err != nil {
		c.t.Fatal(err)
	}
	var doc shift.Document
	var since []metering.AuditRecord
	for _, r := range c.records {
		if !found || r.Seq > now.Seq {
			since = append(since, r)
		}
	}
	doc.Who, doc.Since = now.Who, now.Since
	doc.Unfinished, doc.Notes = shift.Gather(carried.Unfinished, since)
	r, err := shift.Take(metering.Account{Name: from, Role: metering.RoleDispatcher}, "", doc)
	if err != nil {
		c.t.Fatal(err)
	}
	c.add(to, r)
	return doc
}

func seqs(list []shift.Item) (n []uint64) {
	for _, it := range list {
		n = append(n, it.Seq)
	}
	return n
}

// TestNightAndDay follows an outage over three shifts: what nobody has ended is handed on
// until a correction ends it, notes are of one shift, and the chain holds.
func TestNightAndDay(t *testing.T) {
	c := &chain{t: t, now: eight}
	if _, _, found, err := shift.Present(nil); found || err != nil {
		t.Fatalf("an empty log has a shift: %v", err)
	}
	c.handOver("", "asel")
	outage := c.write("asel", shift.Entry{Template: shift.Outage, Object: "Ф-12, яч. 7", Start: eight, Text: "отключился от МТЗ"})
	c.write("asel", shift.Entry{Template: shift.Switching, Object: "СВ-10", Start: eight, End: eight.Add(time.Minute), From: "Диспетчер ЭС", Number: "14", Text: "включён СВ-10"})
	note := c.write("asel", shift.Entry{Template: shift.Note, Text: "ключ от ЗРУ у охраны"})
	first := c.handOver("asel", "berik")
	if !slices.Equal(seqs(first.Unfinished), []uint64{outage.Seq}) || !slices.Equal(seqs(first.Notes), []uint64{note.Seq}) {
		t.Fatalf("handed over unfinished %v, notes %v", seqs(first.Unfinished), seqs(first.Notes))
	}
	c.write("berik", shift.Entry{Template: shift.Correction, Corrects: outage.Seq, Object: "Ф-12, яч. 8", Text: "ячейка 8"})
	second := c.handOver("berik", "asel")
	if it := second.Unfinished[0]; it.ID != "Ф-12, яч. 8" || it.Text != fmt.Sprintf("отключился от МТЗ → № %d: ячейка 8", len(c.records)-1) {
		t.Fatalf("what was corrected is handed over as %+v", it)
	}
	if !slices.Equal(seqs(second.Unfinished), []uint64{outage.Seq}) || len(second.Notes) != 0 {
		t.Fatalf("the second night hands over unfinished %v, notes %v", seqs(second.Unfinished), seqs(second.Notes))
	}
	c.write("asel", shift.Entry{Template: shift.Correction, Corrects: outage.Seq, End: eight.Add(2 * time.Hour), Text: "включён после осмотра"})
	if third := c.handOver("asel", "berik"); len(third.Unfinished) != 0 {
		t.Fatalf("ended, and handed over all the same: %+v", third.Unfinished)
	}
	s, _, found, err := shift.Present(c.records)
	if err != nil || !found || s.Who != "berik" || s.From != "asel" || !s.Since.Equal(c.now) {
		t.Fatalf("on duty: %+v, %v", s, err)
	}
	if v := audit.Verify(c.records, audit.Witness{Whole: true}); v.Break != nil || v.Records != int64(len(c.records)) {
		t.Fatalf("the chain: %+v", v)
	}
}

// TestSignedIsWhatWasRead holds that a document that was changed afterwards is found out
// by its own record.
func TestSignedIsWhatWasRead(t *testing.T) {
	c := &chain{t: t, now: eight}
	c.handOver("", "asel")
	c.write("asel", shift.Entry{Template: shift.Note, Text: "всё спокойно"})
	c.handOver("asel", "berik")
	last := &c.records[len(c.records)-1]
	last.Detail = strings.Replace(last.Detail, "спокойно", "тревожно", 1)
	if _, _, _, err := shift.Present(c.records); err == nil || !strings.Contains(err.Error(), "not what was signed") {
		t.Fatalf("a changed document passes: %v", err)
	}
}

// TestWhatEntriesNeed has every template without what it needs, with what it may not have,
// and with times that cannot be.
func TestWhatEntriesNeed(t *testing.T) {
	cases := []struct {
		e    shift.Entry
		want string // fields with faults
	}{
		{shift.Entry{Template: shift.Note}, "text"},
		{shift.Entry{Template: shift.Note, Text: "x", Number: "1"}, "number"},
		{shift.Entry{Template: shift.Order, Text: "x"}, "from number received"},
		{shift.Entry{Template: shift.Switching, Text: "x"}, "from number object start"},
		{shift.Entry{Template: shift.Outage, Text: " "}, "text object start"},
		{shift.Entry{Template: shift.Phone, Text: "x", From: "  "}, "from received"},
		{shift.Entry{Template: shift.Correction, Text: "x"}, "corrects"},
		{shift.Entry{Template: shift.Taken, Text: "x"}, "template"},
		{shift.Entry{Template: "poem", Text: "x"}, "template"},
		{shift.Entry{Template: shift.Outage, Text: "x", Object: "q-1", Start: eight.Add(time.Hour)}, "start"},
		{shift.Entry{Template: shift.Outage, Text: "x", Object: "q-1", Start: eight, End: eight.Add(-time.Minute)}, "end"},
		{shift.Entry{Template: shift.Outage, Text: "x", Object: strings.Repeat("я", 121), Start: eight}, "object"},
		{shift.Entry{Template: shift.Note, Text: strings.Repeat("я", 2001)}, "text"},
		{shift.Entry{Template: shift.Note, Text: strings.Repeat("🙂", 1100)}, "text"},
		{shift.Entry{Template: shift.Note, Text: strings.Repeat("я", 2000)}, ""},
		{shift.Entry{Template: shift.Outage, Text: "x", Object: strings.Repeat("я", 120), Start: eight}, ""},
	}
	for _, c := range cases {
		var got []string
		for _, f := range c.e.Check(eight) {
			got = append(got, f.Field)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %.20q: faults of %v, want %q", c.e.Template, c.e.Text, got, c.want)
		}
	}
}

// TestEntriesComeBack holds that whatever passes Check fits into a record and reads back
// as it was written.
func TestEntriesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string, most int) string {
			return rapid.StringOfN(rapid.RuneFrom([]rune("аЯ z9\"<\n🙂")), 0, most, -1).Draw(t, name)
		}
		at := func(name string) time.Time {
			if rapid.Bool().Draw(t, name+" given") {
				return eight.Add(-time.Duration(rapid.IntRange(0, 1e6).Draw(t, name)) * time.Second)
			}
			return time.Time{}
		}
		e := shift.Entry{Template: rapid.SampledFrom(shift.Templates()).Draw(t, "template"), Text: text("text", 1200), From: text("from", 100), Number: text("number", 40),
			Received: at("received"), Object: text("object", 100), Start: at("start"), End: at("end"), Corrects: rapid.Uint64Range(0, 9).Draw(t, "corrects")}
		if e.Check(eight) != nil {
			return
		}
		r := e.Record()
		r.Actor, r.At = "asel", eight
		r, err := audit.Seal(audit.Link{}, r)
		if err != nil {
			t.Fatalf("passes and cannot be recorded: %v", err)
		}
		back, ok := shift.Read(r)
		e.Text, e.From, e.Number, e.Object = strings.TrimSpace(e.Text), strings.TrimSpace(e.From), strings.TrimSpace(e.Number), strings.TrimSpace(e.Object)
		if !ok || back != e {
			t.Fatalf("wrote %+v, read %+v", e, back)
		}
	})
}

// TestBigDocumentFits holds that a document of a bad night still fits into its record, that
// what did not fit is counted, and that nothing unfinished is left out or else refused.
func TestBigDocumentFits(t *testing.T) {
	many := func(n int) (list []shift.Item) {
		for i := range n {
			list = append(list, shift.Item{ID: fmt.Sprintf("m-%d", i), Seq: uint64(i + 1), State: "silent", At: eight, Text: strings.Repeat("ж", 500)})
		}
		return list
	}
	doc := shift.Document{Who: "asel", Silent: many(3000), Notes: many(150), Alarms: many(90), Unfinished: many(20)}
	small := doc.Bounded()
	if small.Digest() != small.Bounded().Digest() {
		t.Error("bounded twice it is another one")
	}
	if len(small.Silent)+small.Left["silent"] != 3000 || len(small.Notes)+small.Left["notes"] != 150 || len(small.Unfinished) != 20 {
		t.Errorf("counted %v beside %d, %d, %d", small.Left, len(small.Silent), len(small.Notes), len(small.Unfinished))
	}
	c := &chain{t: t, now: eight}
	r, err := shift.Take(metering.Account{}, "", doc)
	if err != nil {
		t.Fatal(err)
	}
	c.add("asel", r)
	if _, got, _, err := shift.Present(c.records); err != nil || got.Digest() != small.Digest() {
		t.Errorf("reads back as another one: %v", err)
	}
	if _, err := shift.Take(metering.Account{}, "", shift.Document{Unfinished: many(1000)}); err == nil {
		t.Error("a thousand unfinished entries were signed")
	}
}

// TestStream holds which records stand in the log, and what finds them.
func TestStream(t *testing.T) {
	for kind, want := range map[string]bool{"log.note": true, "alarm.changed": true, "order.sent": true, "control.lease": true, "login": false, "account.role": false, "logout": false} {
		if shift.InLog(kind) != want {
			t.Errorf("%s in the log: %v", kind, !want)
		}
	}
	r := shift.Entry{Template: shift.Phone, Text: "Просят снизить", From: "Керамика-1", Number: "77", Received: eight}.Record()
	r.Actor = "asel"
	for word, want := range map[string]bool{"": true, "СНИЗИТЬ": true, "керамика": true, "77": true, "Asel": true, "phone": true, "received": false} {
		if shift.Has(r, word) != want {
			t.Errorf("%q is found: %v", word, !want)
		}
	}
}

// TestCorrectionsFit holds that a correction says nothing that its entry cannot say.
func TestCorrectionsFit(t *testing.T) {
	outage := shift.Entry{Template: shift.Outage, Text: "x", Object: "q-1", Start: eight}
	cases := []struct {
		c    shift.Entry
		old  shift.Entry
		want string
	}{
		{shift.Entry{Corrects: 7, End: eight}, outage, ""},
		{shift.Entry{Corrects: 7, End: eight.Add(-time.Second)}, outage, "end"},
		{shift.Entry{Corrects: 7, Start: eight.Add(-time.Hour), End: eight.Add(-time.Minute)}, outage, ""},
		{shift.Entry{Corrects: 7, End: eight}, shift.Entry{Template: shift.Note}, "end"},
		{shift.Entry{Corrects: 7, Object: "q-2"}, shift.Entry{Template: shift.Note}, ""},
		{shift.Entry{Corrects: 7}, shift.Entry{Template: shift.Correction, Corrects: 3}, "corrects"},
	}
	for _, c := range cases {
		var got []string
		for _, f := range c.c.CheckAgainst(c.old) {
			got = append(got, f.Field)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v to %+v: faults of %v, want %q", c.c, c.old, got, c.want)
		}
	}
}

// FuzzPresent reads whatever may stand in a record: it never passes for a shift whose
// document is not the one that was signed.
func FuzzPresent(f *testing.F) {
	r, err := shift.Take(metering.Account{Name: "asel"}, "", shift.Document{Who: "asel", Since: eight, Notes: []shift.Item{{Seq: 3, Text: "x"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(r.Detail, r.Kind)
	f.Add("{}", "log.note")
	f.Fuzz(func(t *testing.T, detail, kind string) {
		x := r
		x.Detail, x.Kind = detail, kind
		shift.Read(x)
		_, doc, found, err := shift.Present([]metering.AuditRecord{x})
		if found && err == nil && doc.Digest() != r.Snapshot {
			t.Errorf("%q passes for what was signed", detail)
		}
	})
}
