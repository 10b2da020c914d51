package ingest_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/ingest"
	"asue/metering/wire"
)

func TestSilentMeterIsClosedByTheClock(t *testing.T) {
	z := newZone(t, 2)
	z.cfg.Registers = func(m metering.MeterID) []ingest.RegisterFacts { return counters(metering.ChannelActiveImport) }
	z.restart()
	z.take(z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1000))), z.batch(2, snapshot("m-0", at(14, 58), wattHours(imp, 1500))))
	z.close(at(16, 59))
	z.wantStory("p-0", "") // the readings may be on their way
	z.close(at(17, 0))
	z.close(at(17, 5))
	z.close(at(32, 0))
	z.wantStory("p-0", "08:00 v1 N provisional: no reading since 2026-01-15T08:14:58Z\n"+
		"08:15 v1 N provisional: no reading since 2026-01-15T08:14:58Z\n")
	z.wantStory("p-1", "08:00 v1 N provisional: no reading of the register so far\n"+
		"08:15 v1 N provisional: no reading of the register so far\n")

	// The meter comes back; what it can still prove becomes a new version.
	late := "readings came after the interval was first closed"
	z.take(z.batch(3, snapshot("m-0", at(15, 2), wattHours(imp, 1504)), snapshot("m-0", at(33, 0), wattHours(imp, 2500))))
	gap := "no readings from 2026-01-15T08:15:02Z to 2026-01-15T08:33:00Z, 996 Wh in that time; "
	z.wantStory("p-0", "08:00 v2 A 502 late: "+late+"\n"+"08:15 v2 N gap,late: "+gap+late+"\n")
	z.restart()
	z.close(at(35, 5))
	z.close(at(46, 0))
	z.wantStory("p-0", "08:00 v2 A 502 late: "+late+"\n"+"08:15 v2 N gap,late: "+gap+late+"\n")
	z.close(at(47, 0))
	z.wantStory("p-1", "08:00 v1 N provisional: no reading of the register so far\n"+
		"08:15 v1 N provisional: no reading of the register so far\n08:30 v1 N provisional: no reading of the register so far\n")
}

func TestAfterARestartCollectorsMayHandOverFirst(t *testing.T) {
	z := newZone(t, 1)
	z.take(z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1000))))
	z.clock.set(at(20, 0)) // ingest was down for a while
	z.restart()
	z.close(at(20, 1))
	z.take(z.batch(2, snapshot("m-0", at(15, 0), wattHours(imp, 1900))))
	z.close(at(23, 0))
	z.wantStory("p-0", "08:00 v1 A 900\n")
}

func TestMeterChangeInsideAnInterval(t *testing.T) {
	z := newZone(t, 2)
	z.cfg.Site.Installs = []metering.Install{
		{Meter: "m-0", Point: "p-0", To: at(20, 0)},
		{Meter: "m-1", Point: "p-0", From: at(20, 0)},
	}
	z.restart()
	z.take(z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1000)), snapshot("m-0", at(15, 0), wattHours(imp, 1100))))
	z.take(z.batch(2, snapshot("m-0", at(19, 0), wattHours(imp, 1150)), snapshot("m-1", at(21, 0), wattHours(imp, 5))))
	z.take(z.batch(3, snapshot("m-1", at(30, 0), wattHours(imp, 60)), snapshot("m-1", at(45, 0), wattHours(imp, 200))))
	z.close(at(60, 0))
	z.wantStory("p-0", "08:00 v1 A 100\n"+
		"08:15 v1 N gap,swap: meter m-0 was changed for m-1 between 2026-01-15T08:19:00Z and 2026-01-15T08:21:00Z, "+
		"and the acts do not say what flowed then\n08:30 v1 A 140\n")
}

func TestFewStatesInMemoryGiveTheSame(t *testing.T) {
	z := newZone(t, 10)
	z.cfg.Limits.Registers = 2
	z.restart()
	seq := uint64(0)
	for i := range 13 {
		for n := range 10 {
			seq++
			z.take(z.batch(seq, snapshot(meter(n), at(5*i, n), wattHours(imp, int64(100*n+50*i)))))
		}
	}
	if n := z.in.Stats().Registers; n > 2 {
		t.Errorf("%d states in memory, want 2 at most", n)
	}
	z.wantStory("p-0", "08:00 v1 A 150\n08:15 v1 A 150\n08:30 v1 A 150\n08:45 v1 A 150\n")
	z.wantStory("p-3", "08:00 v1 N: no reading at or before its start; the first one is of 2026-01-15T08:00:03Z\n"+
		"08:15 v1 A 150\n08:30 v1 A 150\n08:45 v1 A 150\n")
}

// A backlog comes group by group while live readings go on. Each interval is
// written a few times at most, not once with each group.
func TestBacklogDoesNotPileUpVersions(t *testing.T) {
	z := newZone(t, 1)
	batch := func(i int) wire.Batch {
		return z.batch(uint64(i+1), snapshot("m-0", at(i, 3), wattHours(imp, int64(1000+10*i))))
	}
	z.take(batch(0), batch(1))
	z.take(batch(12*60), batch(12*60+1)) // back after twelve hours
	for i := 2; i < 10*60; i += 3 {      // two hours of it are lost for ever
		z.take(batch(i), batch(i+1), batch(i+2))
	}
	before := z.in.Stats().Intervals
	if most := int64(2*12*4 + 10); before > most {
		t.Errorf("%d intervals were written, want %d at most", before, most)
	}
	// Once it is through, the gap that is left is named rightly.
	z.close(at(12*60+20, 0))
	if got, want := z.story("p-0"), "18:30 v2 N gap,late: no readings from 2026-01-15T18:01:03Z to 2026-01-15T20:00:03Z, 1190 Wh in that time"; !strings.Contains(got, want) {
		t.Errorf("story\n%swant in it\n%s", got, want)
	}
	if got, want := z.story("p-0"), "17:45 v2 A"; !strings.Contains(got, want) {
		t.Errorf("story\n%swant in it\n%s", got, want)
	}
}

// Two readings made an interval; an older one that comes late contradicts them, and
// two are too few to say which of them is garbage. What was actual waits again, as
// it would have waited had they come in order.
func TestLateReadingMakesDoubtfulWhatWasActual(t *testing.T) {
	z := newZone(t, 1)
	z.take(z.batch(1, snapshot("m-0", at(15, 0), wattHours(imp, 0)), snapshot("m-0", at(30, 0), wattHours(imp, 13))))
	z.wantStory("p-0", "08:15 v1 A 13\n")
	z.take(z.batch(2, snapshot("m-0", at(0, 0), wattHours(imp, 1000))))
	doubt := "no reading since 2026-01-15T08:00:00Z that is to be trusted: 0 counts at 2026-01-15T08:15:00Z may be garbage"
	late := "readings came after the interval was first closed"
	z.wantStory("p-0", "08:00 v1 N provisional: "+doubt+"\n08:15 v2 N late,provisional: "+doubt+"; "+late+"\n")
	// A third one tells that the register began anew.
	z.take(z.batch(3, snapshot("m-0", at(45, 0), wattHours(imp, 20))))
	z.wantStory("p-0", "08:00 v2 N gap,reset,late: the register started anew between 2026-01-15T08:00:00Z and 2026-01-15T08:15:00Z: "+
		"1000 and then 0 counts; what it had counted since the first of these is lost; "+late+"\n"+
		"08:15 v3 A 13 late: "+late+"\n08:30 v1 A 7\n")
}

// Whatever the order, repetition and grouping in which readings come, and
// however often ingest starts anew in between, the ledger ends the same as if
// they had come in order.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	const rounds = 101 // rapid makes 100, and shrinking may take more
	z := newZone(t, 2*rounds*50)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		ordered, mixed := 2*round, 2*round+1
		round++
		z.cfg.Registers = func(m metering.MeterID) []ingest.RegisterFacts {
			if m == meter(ordered) || m == meter(mixed) {
				return counters(metering.ChannelActiveImport)
			}
			return nil
		}
		readings := drawReadings(rt)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 3))
		shuffled := slices.Clone(readings)
		for range rng.IntN(len(shuffled)) {
			shuffled = append(shuffled, shuffled[rng.IntN(len(shuffled))])
		}
		switch rapid.SampledFrom([]string{"as it was", "reversed", "shuffled"}).Draw(rt, "order") {
		case "reversed":
			slices.Reverse(shuffled)
		case "shuffled":
			rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		}
		z.clock.set(readings[len(readings)-1].At)
		z.feed(rng, meter(ordered), readings, false)
		z.feed(rng, meter(mixed), shuffled, true)
		z.close(z.clock.Now().Add(10 * time.Minute))

		want, got := z.final(point(ordered)), z.final(point(mixed))
		if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("in order (-) and mixed (+) differ:\n%s", diff)
		}
	})
}

func drawReadings(rt *rapid.T) []metering.RegisterReading {
	var list []metering.RegisterReading
	ms, raw := int64(0), int64(1000)
	for range rapid.IntRange(1, 25).Draw(rt, "readings") {
		list = append(list, metering.RegisterReading{
			At: morning.Add(time.Duration(ms) * time.Millisecond), Count: metering.Count{Raw: raw, Step: 1000},
		})
		ms += rapid.SampledFrom([]int64{1, 10_000, 290_000, 900_000 - ms%900_000, 1_500_000, 5_000_000}).Draw(rt, "dt")
		raw += rapid.Int64Range(0, 5000).Draw(rt, "energy")
		if rapid.IntRange(0, 20).Draw(rt, "goes back") == 0 {
			raw = rapid.Int64Range(0, 100).Draw(rt, "to")
		}
	}
	return list
}

// feed takes readings in groups of random size.
func (z *zone) feed(rng *rand.Rand, m metering.MeterID, readings []metering.RegisterReading, restarts bool) {
	z.Helper()
	for seq := uint64(1); len(readings) > 0; seq++ {
		n := 1 + rng.IntN(min(len(readings), 8))
		b := batchOf(string(m), seq)
		for _, r := range readings[:n] {
			b.Snapshots = append(b.Snapshots, metering.Snapshot{
				Meter: m, Model: "test@1", At: r.At, Readings: []metering.Reading{counted(imp, r.Count.Raw, metering.Good)},
			})
		}
		b.Sealed = readings[n-1].At
		z.take(b)
		readings = readings[n:]
		if restarts && rng.IntN(3) == 0 {
			z.restart()
		}
	}
}

// final are a point's intervals without what tells of their way into the ledger.
func (z *zone) final(p metering.PointID) []metering.Interval {
	z.Helper()
	list, err := z.ledger.Intervals(context.Background(), metering.IntervalQuery{
		Points: []metering.PointID{p}, From: morning.AddDate(0, 0, -1), To: morning.AddDate(0, 0, 10),
	})
	if err != nil {
		z.Fatal(err)
	}
	for i := range list {
		iv := &list[i]
		iv.Point, iv.Version, iv.RecordedAt = "", 0, time.Time{}
		iv.Flags &= metering.DigestFlags // Late and Provisional tell how readings came in
		iv.Reason = strings.TrimSuffix(strings.TrimSuffix(iv.Reason, "readings came after the interval was first closed"), "; ")
	}
	// What is not known is told in other words, or not yet written, depending on how
	// it came to be so: a restart forgets that a gap has shrunk, and what the clock has
	// closed is not written anew.
	list = slices.DeleteFunc(list, func(iv metering.Interval) bool { return iv.Grade == metering.Null })
	slices.SortFunc(list, func(a, b metering.Interval) int { return cmp.Or(a.Start.Compare(b.Start)) })
	return list
}

func TestMeasuringGoesOnFromHistoryWithoutASeam(t *testing.T) {
	z := newZone(t, 1)
	h := ingest.NewHistory(z.ledger, "zone")
	from := morning.AddDate(0, 0, -2)
	ctx := t.Context()
	raw, end := int64(0), from
	for part := range 2 {
		at, err := h.Resume(ctx, from)
		if err != nil || !at.Equal(end) {
			t.Fatalf("part %d resumes at %v, %v; want %v", part, at, err, end)
		}
		chunk := ingest.Chunk{UpTo: at.AddDate(0, 0, 1)}
		for ; end.Before(chunk.UpTo); end = end.Add(metering.BasePeriod) {
			chunk.Intervals = append(chunk.Intervals, ingest.Simulated{Point: "p-0", Channel: metering.ChannelActiveImport, Start: end, Energy: 250})
			raw += 250
			chunk.Spans = append(chunk.Spans, metering.SpanOf("m-0", imp, metering.RegisterReading{
				At: end.Add(metering.BasePeriod), Count: metering.Count{Raw: raw, Step: 1000},
			}))
		}
		for range 2 { // a chunk that comes twice changes nothing
			if err := h.Add(ctx, morning, chunk); err != nil {
				t.Fatal(err)
			}
		}
	}
	z.restart()
	z.take(z.batch(1, snapshot("m-0", at(0, 5), wattHours(imp, raw+2))), z.batch(2, snapshot("m-0", at(15, 0), wattHours(imp, raw+300))))
	story := z.story("p-0")
	if n := strings.Count(story, " v1 A 250 simulated: made by the simulator, not measured\n"); n != 2*96 {
		t.Errorf("%d simulated intervals, want %d", n, 2*96)
	}
	if !strings.HasSuffix(story, "08:00 v1 A 300\n") || strings.Count(story, "\n") != 2*96+1 {
		t.Errorf("measuring did not go on without a seam:\n%s", story[len(story)-200:])
	}
}
