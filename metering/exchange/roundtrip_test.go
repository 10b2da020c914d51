package exchange_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/exchange"
)

func zoneOf(t interface{ Fatal(...any) }, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func seqOf[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func readBytes(t interface{ Fatal(...any) }, name string, src []byte, o exchange.Options) *exchange.File {
	f, err := exchange.Read(context.Background(), name, bytes.NewReader(src), int64(len(src)), o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// genIntervals draws a few hours of some channels, with holes, around days on
// which the clock of Aktobe was set and around ordinary ones.
func genIntervals(t *rapid.T) []metering.Interval {
	start := rapid.SampledFrom([]time.Time{
		time.Date(2004, 10, 30, 15, 0, 0, 0, time.UTC), // 25 hours long
		time.Date(2004, 3, 27, 17, 0, 0, 0, time.UTC),  // 23 hours long
		time.Date(2026, 1, 30, 19, 0, 0, 0, time.UTC),
	}).Draw(t, "start")
	site := testSite()
	var list []metering.Interval
	n := rapid.IntRange(1, 60).Draw(t, "n")
	for k := range n {
		for _, p := range site.Points {
			for _, ch := range p.Channels() {
				if !rapid.Bool().Draw(t, "there") {
					continue
				}
				iv := metering.Interval{
					Point: p.ID, Channel: ch, Start: start.Add(time.Duration(k) * metering.BasePeriod), Version: 1,
					Energy:      metering.Energy(rapid.Int64Range(0, 30_000_000).Draw(t, "energy")),
					Uncertainty: metering.Energy(rapid.Int64Range(0, 1000).Draw(t, "u")),
					Grade:       metering.Grade(rapid.SampledFrom([]byte("ASFEN")).Draw(t, "grade")),
					Method:      metering.MethodRegister, Reason: rapid.SampledFrom([]string{"", "=1+1", "Ә; \"Ғ\" Қ,\nҢ Ө Ұ Ү Һ І"}).Draw(t, "reason"),
				}
				if iv.Grade == metering.Null {
					iv.Energy, iv.Method = 0, metering.MethodNone
				}
				list = append(list, iv)
			}
		}
	}
	return list
}

type gist struct {
	energy metering.Energy
	grade  metering.Grade
}

func gists(list iter.Seq[metering.Interval]) map[string]gist {
	m := map[string]gist{}
	for iv := range list {
		if iv.Grade != metering.Null {
			m[fmt.Sprintf("%s %v %v", iv.Point, iv.Channel, iv.Start.UTC())] = gist{iv.Energy, iv.Grade}
		}
	}
	return m
}

// TestTablesComeBack: what is exported in any language and format is imported as
// it was, to the watt-hour, on days of 23, 24 and 25 hours.
func TestTablesComeBack(t *testing.T) {
	site := testSite()
	site.Location = zoneOf(t, "Asia/Aqtobe")
	options := exchange.Options{Points: exchange.PointsOf(site, nil), Zone: site.Location}
	rapid.Check(t, func(t *rapid.T) {
		list := genIntervals(t)
		format := rapid.SampledFrom([]exchange.Format{exchange.CSV, exchange.XLSX}).Draw(t, "format")
		lang := rapid.SampledFrom([]exchange.Lang{exchange.Russian, exchange.Kazakh, exchange.English}).Draw(t, "lang")
		var out bytes.Buffer
		if err := exchange.Write(&out, exchange.IntervalTable(site, seqOf(list)), format, lang); err != nil {
			t.Fatal(err)
		}
		want := gists(func(yield func(metering.Interval) bool) {
			for _, iv := range list {
				if !yield(iv) {
					return
				}
			}
		})
		f := readBytes(t, "export", out.Bytes(), options)
		if len(want) == 0 {
			if f.Faults.Counts["no-values"] != 1 {
				t.Fatalf("a table without an energy: %v", f.Faults.List)
			}
			return
		}
		if f.Faults.Len() > 0 {
			t.Fatalf("%v\n%s", f.Faults.List, out.String())
		}
		from, to := f.Span()
		got := gists(func(yield func(metering.Interval) bool) {
			for _, iv := range f.Between(from, to) {
				if !yield(iv) {
					return
				}
			}
		})
		if len(got) != len(want) || f.Len() != len(want) {
			t.Fatalf("%d intervals, want %d", len(got), len(want))
		}
		for k, w := range want {
			if got[k] != w {
				t.Fatalf("%s: %v, want %v", k, got[k], w)
			}
		}
	})
}

// TestOrderDoesNotMatter: a file with its rows shuffled and some of them doubled
// says the same.
func TestOrderDoesNotMatter(t *testing.T) {
	zone := zoneOf(t, "Asia/Aqtobe")
	options := exchange.Options{Points: exchange.PointsOf(testSite(), nil), Zone: zone}
	rapid.Check(t, func(t *rapid.T) {
		var rows []string
		start := time.Date(2026, 1, 31, 0, 0, 0, 0, zone)
		for k := range rapid.IntRange(1, 40).Draw(t, "n") {
			from := start.Add(time.Duration(k) * metering.BasePeriod)
			rows = append(rows, fmt.Sprintf("F-%d;A+;%s;%s;%d,%03d", k%2+1, from.Format("02.01.2006 15:04"), from.Add(metering.BasePeriod).Format("02.01.2006 15:04"), k, k*7%1000))
		}
		const head = "точка;канал;начало;конец;кВт·ч\n"
		straight := readBytes(t, "a", []byte(head+strings.Join(rows, "\n")), options)
		doubled := append(append([]string{}, rows...), rapid.SliceOfN(rapid.SampledFrom(rows), 0, 10).Draw(t, "doubled")...)
		shuffled := rapid.Permutation(doubled).Draw(t, "shuffled")
		other := readBytes(t, "a", []byte(head+strings.Join(shuffled, "\n")), options)
		if straight.Faults.Len()+other.Faults.Len() > 0 {
			t.Fatal(straight.Faults.List, other.Faults.List)
		}
		all := func(f *exchange.File) string {
			var b strings.Builder
			from, to := f.Span()
			for _, p := range []metering.PointID{"F-1", "F-2"} {
				for _, iv := range f.Between(from, to) {
					if iv.Point == p {
						fmt.Fprintln(&b, iv)
					}
				}
			}
			return b.String()
		}
		if all(straight) != all(other) {
			t.Fatalf("%s\n%s", all(straight), all(other))
		}
	})
}

// What asue writes out it reads in again: virtual points are in the table, and are
// passed over, because they follow their parts.
func TestVirtualPointsArePassedOver(t *testing.T) {
	site := testSite()
	site.Location = time.UTC
	site.Virtual = []metering.VirtualPoint{{Point: metering.Point{ID: "v-1", Name: "difference"}}}
	start := time.Date(2026, 1, 30, 19, 0, 0, 0, time.UTC)
	var list []metering.Interval
	for _, p := range []metering.PointID{site.Points[0].ID, "v-1"} {
		for k := range 4 {
			list = append(list, metering.Interval{
				Point: p, Channel: metering.ChannelActiveImport, Start: start.Add(time.Duration(k) * metering.BasePeriod),
				Version: 1, Energy: 1000, Grade: metering.Actual, Method: metering.MethodRegister,
			})
		}
	}
	var b bytes.Buffer
	if err := exchange.Write(&b, exchange.IntervalTable(site, seqOf(list)), exchange.CSV, exchange.English); err != nil {
		t.Fatal(err)
	}
	f := readBytes(t, "out.csv", b.Bytes(), exchange.Options{Points: exchange.PointsOf(site, nil), Zone: time.UTC})
	if f.Faults.Len() > 0 || len(f.Points()) != 1 {
		t.Errorf("points %v, faults %+v", f.Points(), f.Faults.List)
	}
	if notes := strings.Join(f.Notes, "\n"); !strings.Contains(notes, "4 rows of virtual points were passed over") {
		t.Errorf("notes: %s", notes)
	}
}
