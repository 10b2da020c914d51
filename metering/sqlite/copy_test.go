package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/sqlite"
)

// A copy that is made while batches are committed is a ledger of one moment: sound, and
// its intervals are the first so many of those that were written, each whole.
func TestCopyWhileTheLedgerIsWritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger.db")
	l := mustOpen(t, path)
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	written := make(chan int)
	first := make(chan struct{})
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			start := day.Add(time.Duration(n) * metering.BasePeriod)
			c := metering.Commit{ReceivedAt: start, Intervals: []metering.Interval{
				{Point: "a", Channel: 1, Start: start, Energy: metering.Energy(n), Grade: metering.Actual},
				{Point: "b", Channel: 1, Start: start, Energy: metering.Energy(-n), Grade: metering.Actual},
			}}
			if err := l.Commit(context.Background(), c); err != nil {
				t.Error(err)
				break
			}
			if n == 20 {
				close(first)
			}
		}
		written <- n
	}()
	<-first
	for i, name := range []string{"one.db", "two.db", "three.db"} {
		to := filepath.Join(dir, name)
		if err := sqlite.Copy(t.Context(), path, to); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("copy %d: %v, %v", i, info.Mode(), err)
		}
		f, err := sqlite.Verify(t.Context(), to, nil)
		if err != nil || f.Damaged() {
			t.Errorf("copy %d: %v, %v", i, f.Faults, err)
		}
	}
	cancel()
	most := <-written
	last := 0
	for _, name := range []string{"one.db", "two.db", "three.db"} {
		c := mustOpen(t, filepath.Join(dir, name))
		list, err := c.Intervals(t.Context(), metering.IntervalQuery{From: day, To: day.AddDate(1, 0, 0)})
		c.Close()
		if err != nil || len(list)%2 != 0 || len(list)/2 < max(20, last) || len(list)/2 > most {
			t.Errorf("%s has %d intervals, %v; %d pairs were written in all, and the copy before had %d", name, len(list), err, most, last)
		}
		last = len(list) / 2
		pairs := map[time.Time]metering.Energy{}
		for _, i := range list {
			pairs[i.Start] += i.Energy
		}
		for start, sum := range pairs {
			if sum != 0 {
				t.Errorf("%s: half of a transaction at %v", name, start)
			}
		}
	}
}

func TestCopyRefuses(t *testing.T) {
	dir := t.TempDir()
	path, to := filepath.Join(dir, "ledger.db"), filepath.Join(dir, "copy.db")
	if err := sqlite.Copy(t.Context(), path, to); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no ledger: %v", err)
	}
	mustOpen(t, path).Close()
	if err := os.WriteFile(to, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Copy(t.Context(), path, to); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("a file is there: %v", err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other.db")
	if err := sqlite.Copy(t.Context(), path, other); err == nil || !strings.Contains(err.Error(), "not a ledger") {
		t.Errorf("no database: %v", err)
	}
	if _, err := os.Stat(other); !os.IsNotExist(err) {
		t.Errorf("half a copy was left: %v", err)
	}
}

// Whoever has seen a term obeys those behind it alone.
func TestRaiseTerms(t *testing.T) {
	l := mustOpen(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer l.Close()
	ctx := t.Context()
	if got, err := l.Lease(ctx, "balancer/zone", "before", time.Hour, day); err != nil || got.Term != 1 || !got.Held {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := l.RaiseTerms(ctx, 1000); err != nil {
		t.Fatal(err)
	}
	got, err := l.Lease(ctx, "balancer/zone", "after", time.Minute, day.Add(time.Second))
	if err != nil || got.Term != 1002 || !got.Held {
		t.Errorf("%+v, %v; want term 1002 at once", got, err)
	}
}

func TestInspect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if _, err := sqlite.Inspect(t.Context(), path); err == nil {
		t.Error("no file: inspected")
	}
	l := mustOpen(t, path)
	defer l.Close() // it is looked at while it is open
	for _, a := range []metering.Account{
		{Name: "a.one", Role: metering.RoleAdmin, Enabled: true}, {Name: "b.two", Role: metering.RoleAdmin},
		{Name: "c.three", Role: metering.RoleDispatcher, Enabled: true},
	} {
		a.Password = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"
		if _, err := l.PutAccount(t.Context(), a, metering.AuditRecord{At: day, Actor: "test", Kind: "account.added", Subject: a.Name}); err != nil {
			t.Fatal(err)
		}
	}
	g, err := sqlite.Inspect(t.Context(), path)
	if err != nil || g.Schema != g.Newest || g.Accounts != 2 || g.Admins != 1 {
		t.Errorf("%+v, %v; want the newest schema, 2 accounts and 1 admin of them", g, err)
	}
}
