package post_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"asue/metering/notify/post"
)

func letter(to, key string) post.Letter {
	return post.Letter{To: to, Key: key, At: time.Now(), Body: json.RawMessage(`{"key":"` + key + `"}`)}
}

// receiver is a destination whose answers a test decides.
type receiver struct {
	answer func(attempt int) error // set before the first letter
	mended atomic.Bool             // from then on it takes everything

	mu  sync.Mutex // guards all below
	got []string   // keys of each attempt, joined
	at  []time.Time
}

// heard are the keys of each attempt, joined, and when it was.
func (r *receiver) heard() ([]string, []time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got), slices.Clone(r.at)
}

func (r *receiver) send(_ context.Context, letters []post.Letter) error {
	var keys []string
	for _, l := range letters {
		keys = append(keys, l.Key)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, strings.Join(keys, "+"))
	r.at = append(r.at, time.Now())
	if r.answer == nil || r.mended.Load() {
		return nil
	}
	return r.answer(len(r.got))
}

// office is a post over a file of the test, at work until the bubble's test ends it.
func office(t *testing.T, path string, destinations ...post.Destination) (p *post.Post, stop func()) {
	t.Helper()
	spool, _, err := post.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	p = post.New(spool, destinations, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	return p, func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		if err := spool.Close(); err != nil {
			t.Error(err)
		}
	}
}

// pass lets time pass in a bubble, until everybody rests.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// TestDelivered: in order, once, and one destination does not wait for the other.
func TestDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crew, dead := &receiver{}, &receiver{answer: func(int) error { return errors.New("no route") }}
		p, stop := office(t, filepath.Join(t.TempDir(), "letters"), post.Destination{Name: "crew", Send: crew.send}, post.Destination{Name: "dead", Send: dead.send})
		p.Put([]post.Letter{letter("crew", "a"), letter("dead", "a"), letter("crew", "b")}, nil)
		p.Put([]post.Letter{letter("crew", "b"), letter("crew", "c"), letter("nobody", "x")}, nil)
		synctest.Wait()
		if got, _ := crew.heard(); !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("the crew got %v, want a, b, c", got)
		}
		p.Put([]post.Letter{letter("crew", "a")}, nil)
		synctest.Wait()
		if got, _ := crew.heard(); len(got) != 3 {
			t.Errorf("a letter that was delivered went again: %v", got)
		}
		s := p.Stats()
		if s[0].Delivered != 3 || s[0].Waiting != 0 || s[1].Waiting != 1 || s[1].Wrong != "no route" || s[1].Attempts != 1 {
			t.Errorf("counts: %+v", s)
		}
		stop()
	})
}

// TestBackOff: the pauses double up to ten minutes, each cut at random by half at most;
// after two days a letter is given up, and the next one goes.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{answer: func(int) error { return errors.New("503") }}
		p, stop := office(t, filepath.Join(t.TempDir(), "letters"), post.Destination{Name: "crew", Send: r.send})
		begin := time.Now()
		p.Put([]post.Letter{letter("crew", "a")}, nil)
		pass(time.Hour)
		whole := 2 * time.Second
		got, at := r.heard()
		for i := 1; i < len(at); i++ {
			if pause := at[i].Sub(at[i-1]); pause < whole/2 || pause > whole {
				t.Errorf("pause %d is %v, want %v to %v", i, pause, whole/2, whole)
			}
			whole = min(2*whole, 10*time.Minute)
		}
		if n := len(got); n < 12 || n > 25 {
			t.Errorf("%d attempts in an hour", n)
		}
		pass(post.Life)
		if s := p.Stats()[0]; s.Lost != 1 || s.Waiting != 0 {
			t.Errorf("after %v: %+v", time.Since(begin), s)
		}
		r.mended.Store(true)
		p.Put([]post.Letter{letter("crew", "b")}, nil)
		pass(11 * time.Minute)
		if got, _ := r.heard(); got[len(got)-1] != "b" || p.Stats()[0].Delivered != 1 {
			t.Errorf("the next letter: %v", got)
		}
		stop()
	})
}

// TestRefused: what will never be taken is given up at once and keeps nobody waiting; what
// the receiver says about when is believed.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{answer: func(attempt int) error {
			switch attempt {
			case 1:
				return fmt.Errorf("%w: 422", post.ErrRefused)
			case 2:
				return &post.LaterError{After: 90 * time.Second, Err: errors.New("429")}
			}
			return nil
		}}
		p, stop := office(t, filepath.Join(t.TempDir(), "letters"), post.Destination{Name: "crew", Send: r.send})
		p.Put([]post.Letter{letter("crew", "a"), letter("crew", "b")}, nil)
		pass(2 * time.Minute)
		if got, at := r.heard(); !slices.Equal(got, []string{"a", "b", "b"}) || at[2].Sub(at[1]) != 90*time.Second {
			t.Errorf("attempts %v at %v, want a, b, and b 90 s later", got, at)
		}
		if s := p.Stats()[0]; s.Lost != 1 || s.Delivered != 1 || s.Wrong != "" {
			t.Errorf("%+v", s)
		}
		stop()
	})
}

// TestGathered: letters wait for each other, an urgent one takes all along.
func TestGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		p, stop := office(t, filepath.Join(t.TempDir(), "letters"), post.Destination{Name: "mail", Send: r.send, Together: 100, Gather: 10 * time.Minute})
		for i := range 3 {
			p.Put([]post.Letter{letter("mail", fmt.Sprint("a", i))}, nil)
			pass(time.Minute)
		}
		synctest.Wait()
		if got, _ := r.heard(); len(got) > 0 {
			t.Errorf("after three minutes: %v", got)
		}
		pass(8 * time.Minute)
		p.Put([]post.Letter{letter("mail", "b")}, nil)
		pass(time.Minute)
		urgent := letter("mail", "c")
		urgent.Urgent = true
		p.Put([]post.Letter{urgent}, nil)
		synctest.Wait()
		if got, _ := r.heard(); !slices.Equal(got, []string{"a0+a1+a2", "b+c"}) {
			t.Errorf("mails %v, want a0+a1+a2 and b+c", got)
		}
		stop()
	})
}

// TestRestart: what waits goes on after the end of the process, nothing twice, and the
// state that was put in with letters is there with them.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "data", "letters")
		down := &receiver{answer: func(attempt int) error {
			if attempt > 1 {
				return errors.New("down")
			}
			return nil
		}}
		p, stop := office(t, path, post.Destination{Name: "crew", Send: down.send}, post.Destination{Name: "old", Send: down.send})
		p.Put([]post.Letter{letter("crew", "a")}, nil)
		synctest.Wait()
		p.Put([]post.Letter{letter("crew", "b"), letter("old", "x")}, json.RawMessage(`{"told":["b"]}`))
		synctest.Wait()
		stop()

		up := &receiver{}
		p, stop = office(t, path, post.Destination{Name: "crew", Send: up.send})
		if string(p.State()) != `{"told":["b"]}` {
			t.Errorf("the state: %s", p.State())
		}
		p.Put([]post.Letter{letter("crew", "a"), letter("crew", "b")}, nil)
		pass(time.Minute)
		if got, _ := up.heard(); !slices.Equal(got, []string{"b"}) {
			t.Errorf("after a restart %v, want b", got)
		}
		if !p.Knows("crew", "a") || !p.Knows("crew", "b") || p.Knows("crew", "c") {
			t.Error("what is done is not known any more")
		}
		stop()
	})
}

// TestTornFile: whatever a crash leaves of the file, the letters before it are there, and
// those after it are kept.
func TestTornFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "letters")
	spool, _, err := post.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "b", "c"} {
		if _, err := spool.Put([]post.Letter{letter("crew", key)}, json.RawMessage(`"after `+key+`"`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(spool.Done("crew", "b"), spool.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	keys := func(s *post.Spool) string {
		var list []string
		for _, l := range s.Waiting("crew") {
			list = append(list, l.Key)
		}
		return strings.Join(list, " ")
	}
	seen := map[string]bool{}
	for cut := len(whole); cut >= 0; cut -= 3 {
		torn := filepath.Join(dir, "torn")
		if err := os.WriteFile(torn, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s, damaged, err := post.Open(torn)
		if err != nil || damaged > 1 {
			t.Fatalf("cut at %d: %d damaged, %v", cut, damaged, err)
		}
		got := keys(s)
		seen[got] = true
		if want := map[string]string{"": "", "a": `"after a"`, "a b": `"after b"`, "a b c": `"after c"`, "a c": `"after c"`}; string(s.State()) != want[got] && len(s.State()) > 0 {
			t.Fatalf("cut at %d: letters %q with the state %s", cut, got, s.State())
		}
		if _, err := s.Put([]post.Letter{letter("crew", "z")}, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		again, damaged, err := post.Open(torn)
		if want := strings.TrimSpace(got + " z"); err != nil || damaged > 0 || keys(again) != want {
			t.Fatalf("cut at %d: opened again %q (%d damaged, %v), want %q", cut, keys(again), damaged, err, want)
		}
		_ = again.Close()
	}
	for _, want := range []string{"", "a", "a b", "a b c", "a c"} {
		if !seen[want] {
			t.Errorf("no cut leaves %q: %v", want, seen)
		}
	}
	flipped := slices.Clone(whole)
	flipped[len(whole)/2] ^= 4
	if err := os.WriteFile(path, flipped, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, damaged, err := post.Open(path); err != nil || damaged != 1 {
		t.Errorf("a flipped bit: %d lines damaged, %v", damaged, err)
	} else {
		_ = s.Close()
	}
}

// TestBounded: the oldest goes for one more, and the file does not grow for ever.
func TestBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "letters")
	spool, _, err := post.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var many []post.Letter
	for i := range post.Most + 3 {
		many = append(many, letter("crew", fmt.Sprint(i)))
	}
	dropped, err := spool.Put(many, nil)
	if err != nil || len(dropped) != 3 || dropped[0].Key != "0" || len(spool.Waiting("crew")) != post.Most {
		t.Errorf("%d dropped, %v", len(dropped), err)
	}
	var keys []string
	for _, l := range spool.Waiting("crew") {
		keys = append(keys, l.Key)
	}
	if err := spool.Done("crew", keys...); err != nil {
		t.Fatal(err)
	}
	for i := range 1200 {
		if _, err := spool.Put(nil, json.RawMessage(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 60_000 {
		t.Errorf("the file has %d bytes, %v", info.Size(), err)
	}
	if err := spool.Close(); err != nil {
		t.Fatal(err)
	}
	s, damaged, err := post.Open(path)
	if err != nil || damaged > 0 || string(s.State()) != "1199" || !s.Knows("crew", "500") {
		t.Errorf("read again: %d damaged, %v, state %s", damaged, err, s.State())
	}
	_ = s.Close()
}

// TestDiskAway: letters go out while nothing can be written, and are kept again when it can.
func TestDiskAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(dir, "letters")
	spool, _, err := post.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := spool.Close(); err != nil { // as after a write that failed
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := spool.Put([]post.Letter{letter("crew", "a")}, nil); err == nil || len(spool.Waiting("crew")) != 1 {
		t.Errorf("without a folder: %v, %d wait", err, len(spool.Waiting("crew")))
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	if _, err := spool.Put([]post.Letter{letter("crew", "b")}, nil); err != nil {
		t.Fatal(err)
	}
	if err := spool.Close(); err != nil {
		t.Fatal(err)
	}
	s, _, err := post.Open(path)
	if err != nil || len(s.Waiting("crew")) != 2 {
		t.Errorf("both are kept again: %v, %v", s.Waiting("crew"), err)
	}
	_ = s.Close()
}

// FuzzOpen: no file makes opening fail or panic.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("00000000 {}\n"))
	f.Add([]byte("a3830348 {\"put\":[{\"to\":\"x\"}]}\nrest"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "letters")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, _, err := post.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
	})
}

// TestStopInDelivery: what the other side takes while the process stops is not sent again
// after the next start; one that never answers does not hold the stop up.
func TestStopInDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "letters")
		slow := func(wait time.Duration) post.Destination {
			return post.Destination{Name: "crew", Send: func(ctx context.Context, _ []post.Letter) error {
				select {
				case <-time.After(wait):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}}
		}
		p, stop := office(t, path, slow(2*time.Second))
		p.Put([]post.Letter{letter("crew", "a")}, nil)
		pass(time.Second)
		stop()
		again := &receiver{}
		p, stop = office(t, path, post.Destination{Name: "crew", Send: again.send})
		pass(time.Minute)
		if got, _ := again.heard(); len(got) > 0 || p.Stats()[0].Waiting != 0 {
			t.Errorf("after the restart: %v again", got)
		}
		stop()

		p, stop = office(t, path, slow(time.Hour))
		p.Put([]post.Letter{letter("crew", "b")}, nil)
		pass(time.Second)
		began := time.Now()
		stop()
		if took := time.Since(began); took != post.Farewell {
			t.Errorf("the stop took %v, want %v", took, post.Farewell)
		}
		p, stop = office(t, path, post.Destination{Name: "crew", Send: again.send})
		pass(time.Minute)
		if got, _ := again.heard(); !slices.Equal(got, []string{"b"}) || p.Stats()[0].Delivered != 1 {
			t.Errorf("after the restart: %v", got)
		}
		stop()
	})
}
