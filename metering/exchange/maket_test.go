package exchange_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/exchange"
)

// day is a channel's quarters of an hour from a moment on, all of one energy.
func flat(start time.Time, n int, energy metering.Energy) []metering.Interval {
	var list []metering.Interval
	for k := range n {
		list = append(list, metering.Interval{
			Point: "F-1", Channel: metering.ChannelActiveImport, Start: start.Add(time.Duration(k) * metering.BasePeriod),
			Version: 1, Energy: energy, Grade: metering.Actual, Method: metering.MethodRegister,
		})
	}
	return list
}

// TestRemaindersAreCarried is pitfall «rounding each interval to kWh»: 400 Wh in
// each half hour are 19.2 kWh a day and 595.2 a month, and 0 when each is rounded.
func TestRemaindersAreCarried(t *testing.T) {
	zone := zoneOf(t, "Asia/Aqtobe")
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, zone)
	list := flat(first.UTC(), 31*96, 200)
	month, days := int64(0), map[int64]int{}
	for day := range 31 {
		from := first.AddDate(0, 0, day)
		periods, unknown := exchange.HalfHours(list, from.UTC(), from.AddDate(0, 0, 1).UTC(), zone)
		if len(periods) != 48 || unknown != 0 {
			t.Fatalf("day %d: %d periods, %d unknown", day, len(periods), unknown)
		}
		sum := int64(0)
		for _, p := range periods {
			sum += p.Value
		}
		days[sum]++
		month += sum
	}
	if month != 595 || days[19] != 25 || days[20] != 6 {
		t.Errorf("the month has %d kWh, want 595; days by their sums: %v", month, days)
	}
}

// TestUnknownHalfHoursAreLeftOut: a half hour without one of its quarters is no
// zero, and one with a substitute is not commercial.
func TestUnknownHalfHoursAreLeftOut(t *testing.T) {
	zone := zoneOf(t, "Asia/Aqtobe")
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, zone)
	list := flat(from.UTC(), 96, 1000)
	list[1].Grade = metering.Null
	list[2].Grade = metering.Substitute
	list[4].Grade = metering.FinalGrade
	list = append(list[:9], list[10:]...)
	periods, unknown := exchange.HalfHours(list, from.UTC(), from.AddDate(0, 0, 1).UTC(), zone)
	if unknown != 2 || len(periods) != 46 || periods[0].Start != from.UTC().Add(30*time.Minute) || periods[0].Commercial || !periods[1].Commercial {
		t.Errorf("%d unknown, %d periods, the first %+v", unknown, len(periods), periods[:2])
	}
}

// TestMaketRoundTrip: what is written is read back as it was, on days of 23, 24
// and 25 hours, and every sum since the first of the month is right to the kWh.
func TestMaketRoundTrip(t *testing.T) {
	site := testSite()
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.SampledFrom([]struct {
			zone string
			time.Time
			halves int
		}{
			{"Asia/Almaty", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), 50},
			{"Asia/Aqtobe", time.Date(2004, 3, 28, 0, 0, 0, 0, time.UTC), 46},
			{"Asia/Aqtobe", time.Date(2004, 10, 31, 0, 0, 0, 0, time.UTC), 50},
			{"Asia/Aqtobe", time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), 48},
		}).Draw(t, "day")
		zone := zoneOf(t, day.zone)
		from := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
		to := from.AddDate(0, 0, 1)
		month := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, zone)
		list := flat(month.UTC(), int(to.Sub(month)/metering.BasePeriod), 0)
		seed := rapid.Int64Range(1, 1_000_000).Draw(t, "seed")
		exact := int64(0)
		for i := range list {
			list[i].Energy = metering.Energy(int64(i+1) * seed % 5003)
			exact += int64(list[i].Energy)
		}
		periods, unknown := exchange.HalfHours(list, from.UTC(), to.UTC(), zone)
		if len(periods) != day.halves || unknown != 0 {
			t.Fatalf("%d periods, %d unknown, want %d", len(periods), unknown, day.halves)
		}
		before, _ := exchange.HalfHours(list, month.UTC(), from.UTC(), zone)
		sum := int64(0)
		for _, p := range append(before, periods...) {
			sum += p.Value
		}
		if 2*abs(1000*sum-exact) > 1000 {
			t.Fatalf("the month has %d kWh of %d Wh", sum, exact)
		}
		m := exchange.Maket{
			Head:   exchange.MaketHead{Number: 7, Created: to, Day: from, SenderName: "ИЗ «Актобе» <Қазақ & Ко>", SenderINN: "050140001234", AreaZone: "1"},
			Points: []exchange.MaketPoint{{Code: "131150001113003", Name: "Фидер 1", Channels: []exchange.MaketChannel{{Channel: metering.ChannelActiveImport, Periods: periods}}}},
		}
		var out bytes.Buffer
		if err := m.Encode(&out); err != nil {
			t.Fatal(err)
		}
		f := readBytes(t, m.FileName(), out.Bytes(), exchange.Options{
			Points: exchange.PointsOf(site, map[string]metering.PointID{"131150001113003": "F-1"}), Zone: zone, Spread: true,
		})
		if f.Faults.Len() > 0 {
			t.Fatalf("%v\n%s", f.Faults.List, out.String())
		}
		if f.Message.SenderName != m.Head.SenderName || f.Message.Number != 7 || !f.Message.Day.Equal(from) {
			t.Fatalf("the head is %+v", f.Message)
		}
		halves := map[int64]int64{}
		for _, iv := range f.Between(from.UTC(), to.UTC()) {
			if iv.Grade != metering.Substitute || iv.Method != metering.MethodImported {
				t.Fatalf("%+v", iv)
			}
			halves[iv.Start.Truncate(30*time.Minute).Unix()] += int64(iv.Energy)
		}
		for _, p := range periods {
			if halves[p.Start.Unix()] != 1000*p.Value {
				t.Fatalf("%v: %d Wh, want %d kWh", p.Start.In(zone), halves[p.Start.Unix()], p.Value)
			}
		}
	})
}

func abs(v int64) int64 { return max(v, -v) }

// TestMaketGolden compares a message byte by byte.
func TestMaketGolden(t *testing.T) {
	zone := zoneOf(t, "Asia/Aqtobe")
	from := time.Date(2026, 1, 31, 0, 0, 0, 0, zone)
	list := flat(from.UTC(), 96, 312_850)
	list[94].Grade, list[10].Grade = metering.Substitute, metering.Null
	periods, _ := exchange.HalfHours(list, from.UTC(), from.AddDate(0, 0, 1).UTC(), zone)
	m := exchange.Maket{
		Head: exchange.MaketHead{
			Number: 1056, Created: time.Date(2026, 2, 1, 4, 9, 22, 0, zone), Day: from, SenderName: "ИЗ «Актобе»", SenderINN: "050140001234",
			AreaName: "Өнеркәсіп аймағы", AreaINN: "050140001234", AreaZone: "1",
		},
		Points: []exchange.MaketPoint{{Code: "131150001113003", Name: "Қазақ өнімі", Channels: []exchange.MaketChannel{{Channel: metering.ChannelActiveImport, Periods: periods}}}},
	}
	var out bytes.Buffer
	if err := m.Encode(&out); err != nil {
		t.Fatal(err)
	}
	if m.FileName() != "80020_050140001234_20260131_1056.xml" {
		t.Error(m.FileName())
	}
	golden(t, "80020.xml", out.Bytes())
}

// golden holds bytes against a file in testdata/golden; -rewrite renews it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata/golden", name)
	if *rewrite {
		if err := os.MkdirAll("testdata/golden", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: want\n%s\ngot\n%s", name, want, got)
	}
}

func TestReceipts(t *testing.T) {
	for status, want := range map[exchange.ReplyStatus]string{
		0: "accepted", 1: "accepted with non-commercial channels", 2: "refused: unknown channels", 3: "refused: format error", 4: "refused: not XML", 9: "status 9, which is not known",
	} {
		for _, class := range []string{"80021", "60091"} {
			src := fmt.Sprintf("<?xml version=\"1.0\" encoding=\"windows-1251\"?><message class=\"%s\" number=\"5\"><sender><inn>77</inn></sender>"+
				"<reply status=\"%d\" number=\"1056\"><text>\xcf\xf0\xe8\xed\xff\xf2\xee</text> <area/></reply></message>", class, status)
			r, err := exchange.ReadReceipt(strings.NewReader(src))
			if err != nil || len(r.Replies) != 1 {
				t.Fatal(r, err)
			}
			reply := r.Replies[0]
			if reply.Status != status || reply.Status.String() != want || reply.Status.Taken() != (status < 2) || reply.Text != "Принято" ||
				reply.Attrs["number"] != "1056" || r.Number != 5 || r.Sender != "77" || r.Class != class {
				t.Errorf("%+v", r)
			}
		}
	}
	for _, src := range []string{"", "<message", `<message class="80020"><reply status="0"/></message>`, `<message class="80021"/>`, `<message class="80021"><reply status="fine"/></message>`, strings.Repeat("<a>", 40)} {
		if r, err := exchange.ReadReceipt(strings.NewReader(src)); err == nil {
			t.Errorf("%q is taken: %+v", src, r)
		}
	}
}
