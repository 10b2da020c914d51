package postgres_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/postgres/pgtest"
)

// A report reads by SQL what the program reads.
func TestViewsSayWhatTheLedgerSays(t *testing.T) {
	dsn := pgtest.Database(t)
	l := mustOpen(t, dsn)
	defer l.Close()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), `SET search_path = asue`); err != nil {
		t.Fatal(err)
	}
	clock := 0
	rapid.Check(t, func(rt *rapid.T) {
		clock++
		x := metering.Commit{ReceivedAt: period(clock), Authority: metering.ByPerson}
		for range rapid.IntRange(0, 20).Draw(rt, "intervals") {
			iv := measured(rapid.SampledFrom([]metering.PointID{"p", "q"}).Draw(rt, "point"), rapid.IntRange(-5, 100).Draw(rt, "period"), metering.Energy(rapid.Int64().Draw(rt, "energy")))
			iv.Grade = rapid.SampledFrom([]metering.Grade{metering.Actual, metering.Null, metering.Substitute}).Draw(rt, "grade")
			if iv.Grade == metering.Null {
				iv.Energy = 0
			}
			iv.Reason = rapid.SampledFrom([]string{"", "нет показаний"}).Draw(rt, "reason")
			iv.Flags = metering.Flags(rapid.Uint32().Draw(rt, "flags"))
			x.Intervals = append(x.Intervals, iv)
		}
		if err := l.Commit(t.Context(), x); err != nil {
			rt.Fatal(err)
		}
		id := fmt.Sprint(clock)
		from, to := period(rapid.IntRange(-10, 50).Draw(rt, "from")), period(rapid.IntRange(51, 110).Draw(rt, "to"))
		if _, err := l.Settle(t.Context(), metering.Settlement{ID: id, Author: "a", From: from, To: to}, period(clock)); err != nil {
			rt.Fatal(err)
		}
		same := func(what string, q metering.IntervalQuery, query string, args ...any) {
			rt.Helper()
			want, err := l.Intervals(t.Context(), q)
			if err != nil {
				rt.Fatal(err)
			}
			if got := report(rt, conn, query, args...); !slices.Equal(want, got) {
				rt.Fatalf("%s:\n%+v\nwant\n%+v", what, got, want)
			}
		}
		const columns = `point, channel, start, energy, uncertainty, grade, method, flags, version, reason, recorded_at`
		same("interval", metering.IntervalQuery{From: period(-96), To: period(200)}, `SELECT `+columns+` FROM interval`)
		same("intervals_between", metering.IntervalQuery{From: from, To: to}, `SELECT `+columns+` FROM intervals_between($1, $2)`, from, to)
		old := fmt.Sprint(rapid.IntRange(1, clock).Draw(rt, "settlement"))
		same("settled_interval", metering.IntervalQuery{From: period(-96), To: period(200), Settlement: old}, `SELECT `+columns+` FROM settled_interval WHERE settlement = $1`, old)
		n := rapid.IntRange(-5, 100).Draw(rt, "history of")
		want, err := l.History(t.Context(), "p", metering.ChannelActiveImport, period(n))
		if err != nil {
			rt.Fatal(err)
		}
		got := report(rt, conn, `SELECT `+columns+` FROM interval_version WHERE point = 'p' AND start = $1`, period(n))
		slices.SortFunc(got, func(a, b metering.Interval) int { return cmp.Compare(a.Version, b.Version) })
		if !slices.Equal(want, got) {
			rt.Fatalf("interval_version:\n%+v\nwant\n%+v", got, want)
		}
	})
	var text string
	err = conn.QueryRow(t.Context(), `SELECT string_agg(DISTINCT c.name || ' in ' || c.unit || ' by ' || m.name, ',') FROM interval i JOIN channel c ON c.id = i.channel JOIN method m ON m.id = i.method`).Scan(&text)
	if err != nil || text != "A+ in Wh by register" {
		t.Errorf("%q, %v", text, err)
	}
	err = conn.QueryRow(t.Context(), `SELECT string_agg(name, ' ' ORDER BY bit) FROM flag WHERE bit & 9 <> 0`).Scan(&text)
	if err != nil || text != "gap reset" {
		t.Errorf("%q, %v", text, err)
	}
}

func report(rt *rapid.T, conn *pgx.Conn, query string, args ...any) []metering.Interval {
	rows, err := conn.Query(context.Background(), query, args...)
	if err != nil {
		rt.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (metering.Interval, error) {
		var iv metering.Interval
		var point, grade string
		var channel, method int16
		var energy *int64
		var flags int64
		var start, recorded time.Time
		err := row.Scan(&point, &channel, &start, &energy, (*int64)(&iv.Uncertainty), &grade, &method, &flags, &iv.Version, &iv.Reason, &recorded)
		iv.Point, iv.Channel, iv.Start, iv.RecordedAt = metering.PointID(point), metering.Channel(channel), start.UTC(), recorded.UTC()
		iv.Grade, iv.Method, iv.Flags = metering.Grade(grade[0]), metering.Method(method), metering.Flags(flags)
		if energy != nil {
			iv.Energy = metering.Energy(*energy)
		}
		if (energy == nil) != (iv.Grade == metering.Null) {
			rt.Errorf("grade %v with energy %v", iv.Grade, energy)
		}
		return iv, err
	})
	if err != nil {
		rt.Fatal(err)
	}
	slices.SortFunc(list, func(a, b metering.Interval) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Point, b.Point), cmp.Compare(a.Channel, b.Channel))
	})
	return list
}

// The query that the README shows runs as it stands there.
func TestQueryOfTheReadme(t *testing.T) {
	dsn := pgtest.Database(t)
	l := mustOpen(t, dsn)
	defer l.Close()
	c := metering.Commit{ReceivedAt: day}
	for n := range 8 {
		c.Intervals = append(c.Intervals, measured("p", n, 250))
	}
	c.Intervals[7].Grade, c.Intervals[7].Method = metering.Substitute, metering.MethodLinear
	if err := l.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```sql\n")
	query, _, found := strings.Cut(rest, ";\n```")
	if !found {
		t.Fatal("the README shows no query")
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	var point, month, kwh string
	var estimated int
	err = conn.QueryRow(t.Context(), "SELECT point, month::text, kwh::float8::text, estimated FROM ("+query+") q").Scan(&point, &month, &kwh, &estimated)
	if err != nil || point != "p" || month != "2026-01-01 00:00:00" || kwh != "2" || estimated != 1 {
		t.Errorf("%s %s %s %d, %v", point, month, kwh, estimated, err)
	}
}
