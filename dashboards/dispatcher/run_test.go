package dispatcher_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
	"asue/metering"
)

// lateLedger has nothing before its time.
type lateLedger struct {
	dispatcher.Ledger
	from time.Time
}

func (l *lateLedger) Intervals(ctx context.Context, q metering.IntervalQuery) ([]metering.Interval, error) {
	if time.Now().Before(l.from) {
		return nil, nil
	}
	return l.Ledger.Intervals(ctx, q)
}

// Run tells what has changed once a second, gives the small curves their past as
// soon as the stores answer, and ends with its context.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := fakezone.New(6, 10)
		later := &lateLedger{Ledger: zone, from: time.Now().Add(12 * time.Second)} // history is written while the page runs
		zone.Snapshots(time.Now())
		s, err := dispatcher.New(dispatcher.Config{Site: zone.Site(), Now: time.Now, Ledger: later, Anonymous: metering.RoleViewer})
		if err != nil {
			t.Fatal(err)
		}
		st := &stage{Server: s}
		before := get[dispatcher.Snapshot](t, st, "/api/v1/snapshot", 200)
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(20*time.Second + 500*time.Millisecond)
		after := get[dispatcher.Snapshot](t, st, "/api/v1/snapshot", 200)
		if after.Seq < before.Seq+20 || after.Overview.Time.Sub(before.Overview.Time) != 20*time.Second {
			t.Errorf("after twenty seconds the event is %d, it was %d", after.Seq, before.Seq)
		}
		known := 0
		for _, r := range after.Residents {
			for _, v := range r.SparkW {
				if v != nil {
					known++
				}
			}
		}
		if known != 6*60 {
			t.Errorf("%d of 360 minutes of the past are drawn", known)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
}
