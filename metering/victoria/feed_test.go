package victoria_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/feeder"
	"asue/metering/sqlite"
	"asue/metering/wire"
)

// The whole way with nothing played: batches as the wire carries them, in a
// ledger on disk, fed to a store that is killed while it has most of them in
// memory. In the end it has every sample once.
func TestFedSamplesSurviveKills(t *testing.T) {
	t.Parallel()
	child, series := start(t)
	ctx := t.Context()
	ledger, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	f := feeder.New(feeder.Options{
		Name: "series", Ledger: ledger, Series: series, Log: slog.New(slog.DiscardHandler),
		Site: &metering.Site{}, Poll: 20 * time.Millisecond,
		Decode: func(payload []byte) ([]metering.Snapshot, error) {
			b, err := wire.DecodeBatch(payload)
			return b.Snapshots, err
		},
	})
	running, stop := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- f.Run(running) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()

	const batches, each = 120, 60
	first := time.Now().UTC().Truncate(time.Second).Add(-4 * time.Hour)
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for n := range batches {
		<-tick.C
		b := wire.Batch{Site: "test", ID: metering.BatchID{Collector: "c1", Epoch: 1, Seq: uint64(n + 1)}, Line: "l1",
			Sealed: time.Now().UTC(), Class: wire.Telemetry}
		for k := range each {
			b.Snapshots = append(b.Snapshots, metering.Snapshot{
				Meter: "m1", Model: "test@1", At: first.Add(time.Duration(n*each+k) * time.Second),
				Readings: []metering.Reading{{Quantity: metering.ActivePower, Value: float64(n*each + k)}},
			})
		}
		payload, err := wire.EncodeBatch(b)
		if err != nil {
			t.Fatal(err)
		}
		err = ledger.Commit(ctx, metering.Commit{ReceivedAt: time.Now(), Batches: []metering.StoredBatch{{ID: b.ID, ReceivedAt: time.Now(), Payload: payload}}})
		if err != nil {
			t.Fatal(err)
		}
		f.Wake()
		if pid := child.Stats().PID; n%40 == 35 && pid != 0 {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				t.Fatal(err)
			}
		}
	}
	const all = batches * each
	sum := float64(all * (all - 1) / 2)
	end := first.Add(all * time.Second)
	eventually(t, "every sample in the store, once", func() bool {
		if series.Flush(ctx) != nil {
			return false
		}
		count, err1 := series.Range(ctx, "count_over_time(asue_p_w[4h])", end, end, time.Second)
		total, err2 := series.Range(ctx, "sum_over_time(asue_p_w[4h])", end, end, time.Second)
		return err1 == nil && err2 == nil && len(count) == 1 && len(total) == 1 &&
			count[0].Values[0] == all && total[0].Values[0] == sum
	})
	if st := f.Stats(); st.Rewinds == 0 || child.Stats().Starts < 3 {
		t.Errorf("nothing was killed or nothing was sent again: %+v, %+v", st, child.Stats())
	}
}
