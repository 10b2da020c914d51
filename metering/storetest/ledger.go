package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"asue/metering"
)

// Ledger checks an implementation of metering.Ledger against its law. Every call
// of place makes room for one ledger; the function that it returns opens the
// ledger there, empty at first, and again with its content after it was closed.
// The suite closes what it opens.
func Ledger(t *testing.T, place func(t *testing.T) (open func() metering.Ledger)) {
	cases := []struct {
		name string
		run  func(*ledgerCase)
	}{
		{"an empty ledger knows nothing", (*ledgerCase).empty},
		{"what was committed survives a restart", (*ledgerCase).survives},
		{"times come back in UTC to the millisecond", (*ledgerCase).times},
		{"a replayed batch is skipped", (*ledgerCase).replay},
		{"another payload under the same number is kept apart", (*ledgerCase).conflict},
		{"a forgotten batch stays known", (*ledgerCase).forgotten},
		{"positions ascend and are never used again", (*ledgerCase).positions},
		{"marks count batches, gaps and lost ranges", (*ledgerCase).marks},
		{"an epoch may use all its 64 bits", (*ledgerCase).wideEpoch},
		{"marks agree with a plain set", (*ledgerCase).markModel},
		{"an interval gets a new version when it differs", (*ledgerCase).versions},
		{"an interval keeps everything that was said of it", (*ledgerCase).wholeInterval},
		{"versions as of a time", (*ledgerCase).asOf},
		{"intervals are selected and ordered", (*ledgerCase).selection},
		{"intervals agree with a plain list", (*ledgerCase).intervalModel},
		{"spans merge in any order", (*ledgerCase).spanModel},
		{"spans reach one beyond the range on both sides", (*ledgerCase).spanEdges},
		{"witnesses merge in any order", (*ledgerCase).witnessModel},
		{"witnesses are selected by their period", (*ledgerCase).witnessSelection},
		{"who may write over whom", (*ledgerCase).authority},
		{"each interval of a commit yields or not by itself", (*ledgerCase).authorityOfEach},
		{"findings come, stay and go with what is said", (*ledgerCase).findingLife},
		{"findings are replaced within their own bounds", (*ledgerCase).findingBounds},
		{"findings are selected and ordered", (*ledgerCase).findingSelection},
		{"findings agree with a plain list", (*ledgerCase).findingModel},
		{"acts keep what stood there before and after", (*ledgerCase).actLife},
		{"an act cannot be rewritten", (*ledgerCase).actConflict},
		{"a settlement stays as it was billed", (*ledgerCase).settlementLife},
		{"a settlement is made once and by somebody", (*ledgerCase).settlementRefusals},
		{"settlements agree with copies", (*ledgerCase).settlementModel},
		{"the digest does not depend on the way", (*ledgerCase).rebuiltDigest},
		{"the audit is one chain", (*ledgerCase).auditChain},
		{"a record that is not whole is refused", (*ledgerCase).auditRefusals},
		{"the audit is selected, newest first", (*ledgerCase).auditSelection},
		{"checkpoints speak of what is there", (*ledgerCase).auditCheckpoints},
		{"many append to the audit at once", (*ledgerCase).auditConcurrent},
		{"accounts are made, changed and removed, and the audit tells", (*ledgerCase).accountLife},
		{"an account that is refused leaves nothing behind", (*ledgerCase).accountRefusals},
		{"of two changes of one account one is heard", (*ledgerCase).accountRace},
		{"tokens are made and revoked, and the audit tells", (*ledgerCase).tokenLife},
		{"a token that is refused leaves nothing behind", (*ledgerCase).tokenRefusals},
		{"of many who revoke a token one is heard", (*ledgerCase).tokenRace},
		{"deeds are kept in their order, and the audit seals them", (*ledgerCase).deedLife},
		{"a decision on an older state is not heard", (*ledgerCase).deedConflict},
		{"a deed that is refused leaves nothing behind", (*ledgerCase).deedRefusals},
		{"of many who decide at once one is heard", (*ledgerCase).deedRace},
		{"a lease has one holder and rising terms", (*ledgerCase).leaseLife},
		{"leases agree with their law", (*ledgerCase).leaseModel},
		{"of many who ask at once one leads", (*ledgerCase).leaseRace},
		{"evidence that is refused leaves nothing behind", (*ledgerCase).refusedEvidence},
		{"what is refused leaves nothing behind", (*ledgerCase).refused},
		{"a cancelled context ends the call and writes nothing", (*ledgerCase).cancelled},
		{"after Close everything is closed", (*ledgerCase).closed},
		{"cursors are kept by name", (*ledgerCase).cursors},
		{"poison is kept, newest first, up to a bound", (*ledgerCase).poison},
		{"many goroutines at once", (*ledgerCase).concurrent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			lc := &ledgerCase{TB: t, open: place(t)}
			lc.l = lc.open()
			t.Cleanup(func() {
				if err := lc.l.Close(); err != nil && !errors.Is(err, metering.ErrClosed) {
					t.Errorf("Close: %v", err)
				}
			})
			lc.place = func() metering.Ledger { return place(t)() }
			c.run(lc)
		})
	}
}

// ledgerCase is one case with its own ledger.
type ledgerCase struct {
	testing.TB
	l     metering.Ledger
	open  func() metering.Ledger // the same one again, after Close
	place func() metering.Ledger // another, empty one
}

var day = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)

func period(n int) time.Time { return day.Add(time.Duration(n) * metering.BasePeriod) }

func (c *ledgerCase) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c *ledgerCase) commit(x metering.Commit) {
	c.Helper()
	if x.ReceivedAt.IsZero() {
		x.ReceivedAt = day
	}
	c.must(c.l.Commit(c.Context(), x))
}

func (c *ledgerCase) reopen() {
	c.Helper()
	c.must(c.l.Close())
	c.l = c.open()
}

func diff[T any](c testing.TB, what string, want, got T) {
	c.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		c.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func (c *ledgerCase) wantMark(want metering.Mark) {
	c.Helper()
	got, err := c.l.Mark(c.Context(), want.Collector, want.Epoch)
	c.must(err)
	diff(c, "mark", want, got)
}

func (c *ledgerCase) batches(after int64, limit int) []metering.StoredBatch {
	c.Helper()
	list, err := c.l.Batches(c.Context(), after, limit)
	c.must(err)
	return list
}

func (c *ledgerCase) payloads() []string {
	c.Helper()
	var all []string
	for _, b := range c.batches(0, 1000) {
		all = append(all, string(b.Payload))
	}
	return all
}

func (c *ledgerCase) intervals(q metering.IntervalQuery) []metering.Interval {
	c.Helper()
	list, err := c.l.Intervals(c.Context(), q)
	c.must(err)
	return list
}

func (c *ledgerCase) spans(from, to time.Time) []metering.RegisterSpan {
	c.Helper()
	list, err := c.l.Spans(c.Context(), "m-1", metering.ActiveImport, from, to)
	c.must(err)
	return list
}

func batch(collector string, epoch, seq uint64) metering.StoredBatch {
	return metering.StoredBatch{
		ID:         metering.BatchID{Collector: collector, Epoch: epoch, Seq: seq},
		ReceivedAt: day.Add(time.Duration(seq%1000) * time.Second),
		Payload:    fmt.Appendf(nil, "%s/%d/%d", collector, epoch, seq),
	}
}

func measured(point metering.PointID, n int, wh metering.Energy) metering.Interval {
	return metering.Interval{
		Point: point, Channel: metering.ChannelActiveImport, Start: period(n), Energy: wh, Uncertainty: 10,
		Grade: metering.Actual, Method: metering.MethodRegister,
	}
}

func span(n int, firstSecond, lastSecond int, raw int64) metering.RegisterSpan {
	return metering.RegisterSpan{
		Meter: "m-1", Quantity: metering.ActiveImport, Start: period(n),
		Readings: []metering.RegisterReading{
			registered(n, firstSecond, raw), registered(n, lastSecond, raw+int64(lastSecond-firstSecond)),
		},
	}
}

func registered(n, second int, raw int64) metering.RegisterReading {
	return metering.RegisterReading{
		At: period(n).Add(time.Duration(second) * time.Second), Took: 20 * time.Millisecond,
		Count: metering.Count{Raw: raw, Step: 10_000, Secondary: true},
	}
}

func (c *ledgerCase) empty() {
	ctx := c.Context()
	c.wantMark(metering.Mark{Collector: "c", Epoch: 1})
	diff(c, "batches", nil, c.batches(0, 10))
	diff(c, "intervals", nil, c.intervals(metering.IntervalQuery{From: day, To: period(96)}))
	diff(c, "spans", nil, c.spans(day, period(96)))
	history, err := c.l.History(ctx, "p", metering.ChannelActiveImport, day)
	c.must(err)
	diff(c, "history", nil, history)
	position, err := c.l.Cursor(ctx, "feeder")
	c.must(err)
	diff(c, "cursor", 0, position)
	poison, n, err := c.l.Quarantined(ctx, 10)
	c.must(err)
	diff(c, "poison", nil, poison)
	diff(c, "count of poison", 0, n)
	c.noEvidence("nothing")
	c.must(c.l.ForgetBatches(ctx, 100))
	c.must(c.l.Commit(ctx, metering.Commit{ReceivedAt: day}))
}

func (c *ledgerCase) survives() {
	ctx := c.Context()
	c.commit(metering.Commit{
		Batches:   []metering.StoredBatch{batch("c", 7, 1), batch("c", 7, 3)},
		Spans:     []metering.RegisterSpan{span(0, 5, 800, 1000)},
		Intervals: []metering.Interval{measured("p", 0, 100)},
	})
	c.must(c.l.SetCursor(ctx, "feeder", 42))
	c.must(c.l.Quarantine(ctx, metering.Poison{At: day, Topic: "t", Reason: "r", Payload: []byte{1}}))
	for range 2 {
		c.reopen()
		c.wantMark(metering.Mark{Collector: "c", Epoch: 7, Contiguous: 1, Highest: 3, Missing: []metering.Range{{From: 2, To: 2}}})
		diff(c, "payloads", []string{"c/7/1", "c/7/3"}, c.payloads())
		diff(c, "spans", []metering.RegisterSpan{span(0, 5, 800, 1000)}, c.spans(day, period(1)))
		want := measured("p", 0, 100)
		want.Version, want.RecordedAt = 1, day
		diff(c, "intervals", []metering.Interval{want}, c.intervals(metering.IntervalQuery{From: day, To: period(1)}))
		position, err := c.l.Cursor(ctx, "feeder")
		c.must(err)
		diff(c, "cursor", 42, position)
		poison, _, err := c.l.Quarantined(ctx, 10)
		c.must(err)
		diff(c, "poison", []metering.Poison{{At: day, Topic: "t", Reason: "r", Payload: []byte{1}}}, poison)
	}
}

func (c *ledgerCase) times() {
	local := time.FixedZone("Asia/Aqtobe", 5*3600)
	fine := 123456789 * time.Nanosecond
	cut := 123 * time.Millisecond
	b := batch("c", 1, 1)
	b.ReceivedAt = day.Add(fine).In(local)
	s := span(0, 5, 800, 1000)
	s.Start = s.Start.In(local)
	s.Readings[0].At = s.Readings[0].At.Add(fine).In(local)
	iv := measured("p", 0, 100)
	iv.Start = iv.Start.In(local)
	c.commit(metering.Commit{
		ReceivedAt: day.Add(fine).In(local), Batches: []metering.StoredBatch{b},
		Spans: []metering.RegisterSpan{s}, Intervals: []metering.Interval{iv},
	})
	c.must(c.l.Quarantine(c.Context(), metering.Poison{At: day.Add(fine).In(local)}))

	exact := func(what string, want, got time.Time) {
		c.Helper()
		if want != got || got.Location() != time.UTC {
			c.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	exact("ReceivedAt", day.Add(cut), c.batches(0, 1)[0].ReceivedAt)
	exact("First.At", span(0, 5, 800, 0).First().At.Add(cut), c.spans(day, period(1))[0].First().At)
	exact("span.Start", day, c.spans(day, period(1))[0].Start)
	got := c.intervals(metering.IntervalQuery{From: day.In(local), To: period(1).In(local)})[0]
	exact("interval.Start", day, got.Start)
	exact("RecordedAt", day.Add(cut), got.RecordedAt)
	poison, _, err := c.l.Quarantined(c.Context(), 1)
	c.must(err)
	exact("poison.At", day.Add(cut), poison[0].At)
}

func (c *ledgerCase) refused() {
	good := metering.Commit{
		ReceivedAt: day, Batches: []metering.StoredBatch{batch("c", 1, 1)},
		Spans: []metering.RegisterSpan{span(0, 5, 800, 1000)}, Intervals: []metering.Interval{measured("p", 0, 100)},
	}
	interval := func(change func(iv *metering.Interval)) metering.Commit {
		bad := measured("p", 1, 1)
		change(&bad)
		x := good
		x.Intervals = []metering.Interval{measured("p", 0, 100), bad}
		return x
	}
	withSpan := func(change func(s *metering.RegisterSpan)) metering.Commit {
		bad := span(1, 5, 10, 1000)
		change(&bad)
		x := good
		x.Spans = []metering.RegisterSpan{span(0, 5, 800, 1000), bad}
		return x
	}
	for name, x := range map[string]metering.Commit{
		"interval off the grid":       interval(func(iv *metering.Interval) { iv.Start = iv.Start.Add(time.Minute) }),
		"interval off by a ms":        interval(func(iv *metering.Interval) { iv.Start = iv.Start.Add(time.Millisecond) }),
		"unknown channel":             interval(func(iv *metering.Interval) { iv.Channel = 99 }),
		"no channel":                  interval(func(iv *metering.Interval) { iv.Channel = 0 }),
		"no point":                    interval(func(iv *metering.Interval) { iv.Point = "" }),
		"span off the grid":           withSpan(func(s *metering.RegisterSpan) { s.Start = s.Start.Add(time.Second) }),
		"first before the period":     withSpan(func(s *metering.RegisterSpan) { s.Readings[0].At = s.Start.Add(-time.Millisecond) }),
		"last at the period's end":    withSpan(func(s *metering.RegisterSpan) { s.Readings[1].At = s.End() }),
		"first in another period":     withSpan(func(s *metering.RegisterSpan) { s.Readings[0].At = s.Readings[0].At.Add(time.Hour) }),
		"last in an earlier period":   withSpan(func(s *metering.RegisterSpan) { s.Readings[1].At = s.Readings[1].At.Add(-time.Hour) }),
		"readings out of order":       withSpan(func(s *metering.RegisterSpan) { slices.Reverse(s.Readings) }),
		"span without a reading":      withSpan(func(s *metering.RegisterSpan) { s.Readings = nil }),
		"sequence numbers start at 1": {ReceivedAt: day, Batches: []metering.StoredBatch{batch("c", 1, 1), batch("c", 1, 0)}},
	} {
		if err := c.l.Commit(c.Context(), x); !errors.Is(err, metering.ErrRefused) {
			c.Errorf("%s: Commit = %v, want ErrRefused", name, err)
		}
		c.nothing(name)
	}
}

// nothing checks that the ledger is as empty as at first.
func (c *ledgerCase) nothing(after string) {
	c.Helper()
	diff(c, "batches after "+after, nil, c.batches(0, 10))
	diff(c, "intervals after "+after, nil, c.intervals(metering.IntervalQuery{From: day.Add(-time.Hour), To: period(96)}))
	diff(c, "spans after "+after, nil, c.spans(day, period(96)))
	c.wantMark(metering.Mark{Collector: "c", Epoch: 1})
	_, n, err := c.l.Quarantined(c.Context(), 1)
	c.must(err)
	diff(c, "poison after "+after, 0, n)
	position, err := c.l.Cursor(c.Context(), "feeder")
	c.must(err)
	diff(c, "cursor after "+after, 0, position)
	diff(c, "audit after "+after, nil, c.wholeAudit())
	diff(c, "deeds after "+after, nil, c.wholeDeeds())
	accounts, err := c.l.Accounts(c.Context())
	c.must(err)
	diff(c, "accounts after "+after, nil, accounts)
	tokens, err := c.l.Tokens(c.Context())
	c.must(err)
	diff(c, "tokens after "+after, nil, tokens)
	c.noEvidence(after)
}

// everyMethod calls each method once.
func (c *ledgerCase) everyMethod(ctx context.Context) map[string]error {
	l := c.l
	errs := map[string]error{}
	errs["Commit"] = l.Commit(ctx, metering.Commit{
		ReceivedAt: day, Batches: []metering.StoredBatch{batch("c", 1, 1)},
		Spans: []metering.RegisterSpan{span(0, 5, 800, 1000)}, Intervals: []metering.Interval{measured("p", 0, 100)},
		Witnesses: []metering.Witness{witness(0, power(0, 0, 1))}, Findings: []metering.Findings{about(0, 9, found("spike", 1, 2))},
		Acts: []metering.Act{act("a-1", agreed("p", 1, 20))},
	})
	_, errs["Mark"] = l.Mark(ctx, "c", 1)
	_, errs["Spans"] = l.Spans(ctx, "m-1", metering.ActiveImport, day, period(1))
	_, errs["Intervals"] = l.Intervals(ctx, metering.IntervalQuery{From: day, To: period(1)})
	_, errs["History"] = l.History(ctx, "p", metering.ChannelActiveImport, day)
	_, errs["Witnesses"] = l.Witnesses(ctx, "m-1", day, period(1))
	_, errs["Findings"] = l.Findings(ctx, metering.FindingQuery{From: day, To: period(1)})
	_, errs["Acts"] = l.Acts(ctx, metering.ActQuery{From: day, To: period(1)})
	_, errs["Settle"] = l.Settle(ctx, metering.Settlement{ID: "2026-01", Author: "a", From: day, To: period(1)}, day)
	_, errs["Settlements"] = l.Settlements(ctx)
	_, errs["Batches"] = l.Batches(ctx, 0, 10)
	errs["ForgetBatches"] = l.ForgetBatches(ctx, 1)
	_, errs["Cursor"] = l.Cursor(ctx, "feeder")
	errs["SetCursor"] = l.SetCursor(ctx, "feeder", 1)
	errs["Quarantine"] = l.Quarantine(ctx, metering.Poison{At: day})
	_, _, errs["Quarantined"] = l.Quarantined(ctx, 1)
	_, errs["Append"] = l.Append(ctx, deed(1, "login", "a", ""))
	_, errs["Audit"] = l.Audit(ctx, metering.AuditQuery{Limit: 1})
	_, errs["AuditFrom"] = l.AuditFrom(ctx, 1, 1)
	errs["AddCheckpoint"] = l.AddCheckpoint(ctx, metering.AuditCheckpoint{Seq: 1})
	_, errs["Checkpoints"] = l.Checkpoints(ctx, 1, 1)
	_, errs["Accounts"] = l.Accounts(ctx)
	_, errs["Account"] = l.Account(ctx, "a.omarova")
	_, errs["PutAccount"] = l.PutAccount(ctx, person("a.omarova", metering.RoleViewer), deed(1, "account.put", "a", ""))
	errs["RemoveAccount"] = l.RemoveAccount(ctx, "a.omarova", deed(1, "account.removed", "a", ""))
	errs["LoggedIn"] = l.LoggedIn(ctx, "a.omarova", day)
	_, errs["Tokens"] = l.Tokens(ctx)
	_, errs["Token"] = l.Token(ctx, "00000000000a")
	_, errs["AddToken"] = l.AddToken(ctx, pass(10), deed(1, "token.added", "a", ""))
	errs["RevokeToken"] = l.RevokeToken(ctx, "00000000000a", deed(1, "token.revoked", "a", ""))
	errs["TokenUsed"] = l.TokenUsed(ctx, "00000000000a", day)
	_, errs["RecordDeeds"] = l.RecordDeeds(ctx, 0, []metering.Deed{decision(1, "draft", "")}, because(1))
	_, errs["Deeds"] = l.Deeds(ctx, 0, 1)
	_, errs["Lease"] = l.Lease(ctx, lead, "a", time.Second, day)
	errs["Release"] = l.Release(ctx, lead, "a", 1)
	return errs
}

func (c *ledgerCase) cancelled() {
	ctx, cancel := context.WithCancel(c.Context())
	cancel()
	for method, err := range c.everyMethod(ctx) {
		if !errors.Is(err, context.Canceled) {
			c.Errorf("%s = %v, want context.Canceled", method, err)
		}
	}
	c.nothing("cancelled calls")
}

func (c *ledgerCase) closed() {
	c.must(c.l.Close())
	for method, err := range c.everyMethod(c.Context()) {
		if !errors.Is(err, metering.ErrClosed) {
			c.Errorf("%s = %v, want ErrClosed", method, err)
		}
	}
	if err := c.l.Close(); !errors.Is(err, metering.ErrClosed) {
		c.Errorf("Close = %v, want ErrClosed", err)
	}
	c.l = c.open()
	c.nothing("calls of a closed ledger")
}

func (c *ledgerCase) cursors() {
	ctx := c.Context()
	want := func(name string, position int64) {
		c.Helper()
		got, err := c.l.Cursor(ctx, name)
		c.must(err)
		diff(c, "cursor "+name, position, got)
	}
	c.must(c.l.SetCursor(ctx, "a", 5))
	c.must(c.l.SetCursor(ctx, "b", 1<<62))
	want("a", 5)
	want("b", 1<<62)
	c.must(c.l.SetCursor(ctx, "a", 3)) // back too: a feeder sends again
	want("a", 3)
	want("c", 0)
}

func (c *ledgerCase) poison() {
	ctx := c.Context()
	big := make([]byte, 64<<10+1)
	for i := range big {
		big[i] = byte(i)
	}
	c.must(c.l.Quarantine(ctx, metering.Poison{At: day, Topic: "asue/v1/z/d/c", Reason: "too large", Payload: big}))
	got, n, err := c.l.Quarantined(ctx, 5)
	c.must(err)
	diff(c, "cut to 64 KiB", []metering.Poison{{At: day, Topic: "asue/v1/z/d/c", Reason: "too large", Payload: big[:64<<10]}}, got)
	diff(c, "count", 1, n)

	// Fill it up in one transaction: conflicting batches are poison too.
	const bound, over = 10_000, 20
	var first, other []metering.StoredBatch
	for seq := range uint64(bound) {
		first = append(first, batch("c", 1, seq+1))
		other = append(other, batch("c", 1, seq+1))
		other[seq].Payload = []byte("something else")
	}
	c.commit(metering.Commit{Batches: first})
	c.commit(metering.Commit{Batches: other})
	for i := range over {
		c.must(c.l.Quarantine(ctx, metering.Poison{At: day, Reason: fmt.Sprint("newest ", i)}))
	}
	got, n, err = c.l.Quarantined(ctx, bound+100)
	c.must(err)
	diff(c, "count of a full quarantine", bound, n)
	diff(c, "listed", bound, len(got))
	for i := range over {
		diff(c, "newest first", fmt.Sprint("newest ", over-1-i), got[i].Reason)
	}
	if last := got[len(got)-1].Reason; last == "too large" {
		c.Error("the oldest did not go first")
	}
}

func (c *ledgerCase) concurrent() {
	const writers, each = 8, 20
	ctx := c.Context()
	var wg sync.WaitGroup
	for g := range writers {
		wg.Go(func() {
			collector := fmt.Sprint("c", g)
			for i := range each {
				err := c.l.Commit(ctx, metering.Commit{
					ReceivedAt: day,
					Batches:    []metering.StoredBatch{batch(collector, 1, uint64(i+1)), batch("shared", 1, uint64(g*each+i+1))},
					Spans:      []metering.RegisterSpan{span(0, 100-i, 200+g*each+i, 1000)},
					Intervals:  []metering.Interval{measured(metering.PointID(collector), i, 100), measured("shared", g*each+i, 1)},
				})
				if err != nil {
					c.Errorf("Commit: %v", err)
				}
			}
		})
		wg.Go(func() {
			for range each {
				for _, b := range must2(c.l.Batches(ctx, 0, 50)) {
					if len(b.Payload) == 0 {
						c.Errorf("batch %+v came without its payload", b.ID)
					}
				}
				must2(c.l.Intervals(ctx, metering.IntervalQuery{From: day, To: period(96)}))
			}
		})
	}
	wg.Wait()
	c.wantMark(metering.Mark{Collector: "shared", Epoch: 1, Contiguous: writers * each, Highest: writers * each})
	all := c.intervals(metering.IntervalQuery{From: day, To: period(writers * each)})
	diff(c, "count of intervals", 2*writers*each, len(all))
	got := c.spans(day, period(1))
	diff(c, "spans", 1, len(got))
	if got[0].First().At != period(0).Add(81*time.Second) || got[0].Last().At != period(0).Add(time.Duration(199+writers*each)*time.Second) {
		c.Errorf("the merged span reaches from %v to %v", got[0].First().At, got[0].Last().At)
	}
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
