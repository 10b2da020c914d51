package dispatcher_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
)

// Run tells what has changed once a second, gives the small curves their past as
// soon as the stores answer, and ends with its context.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := fakezone.New(6, 10)
		zone.Snapshots(time.Now())
		s, err := dispatcher.New(dispatcher.Config{Site: zone.Site(), Now: time.Now, Ledger: zone, Series: zone})
		if err != nil {
			t.Fatal(err)
		}
		st := &stage{Server: s}
		before := get[dispatcher.Snapshot](t, st, "/api/v1/snapshot", 200)
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(10*time.Second + 500*time.Millisecond)
		after := get[dispatcher.Snapshot](t, st, "/api/v1/snapshot", 200)
		if after.Seq < before.Seq+10 || after.Overview.Time.Sub(before.Overview.Time) != 10*time.Second {
			t.Errorf("after ten seconds the event is %d, it was %d", after.Seq, before.Seq)
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
