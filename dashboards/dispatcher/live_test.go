package dispatcher_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
	"asue/metering"
)

var noon = time.Date(2026, 11, 21, 7, 0, 7, 0, time.UTC)

// stage is a server over the invented zone with a clock that stands still.
type stage struct {
	*dispatcher.Server
	zone *fakezone.Zone
	mu   sync.Mutex
	now  time.Time
}

func newStage(t testing.TB, change func(*dispatcher.Config)) *stage {
	t.Helper()
	s := &stage{zone: fakezone.New(6, 10), now: noon}
	s.zone.Snapshots(noon)
	cfg := dispatcher.Config{
		Site: s.zone.Site(), Now: s.time, Demo: true, Anonymous: metering.RoleViewer,
		Ledger: s.zone, Series: s.zone, Scenarios: s.zone, Info: dispatcher.Info{Version: "test"},
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if s.Server, err = dispatcher.New(cfg); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) time() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// second lets one second pass with all meters answering.
func (s *stage) second() {
	s.pass(time.Second)
	s.Observe(s.zone.Snapshots(s.time()))
	s.SetControl(s.zone.Control(s.time()))
	s.Publish()
}

// get asks the server and decodes the answer.
func get[T any](t *testing.T, s *stage, path string, wantStatus int) T {
	t.Helper()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != wantStatus {
		t.Fatalf("GET %s answers %d, want %d: %s", path, w.Code, wantStatus, w.Body)
	}
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("GET %s: %v: %s", path, err, w.Body)
	}
	return v
}

// event is one server-sent event.
type event struct{ id, name, data string }

// stream reads events of one connection.
type stream struct {
	t    *testing.T
	body *bufio.Reader
	head http.Header
	stop context.CancelFunc
}

func connect(t *testing.T, url, last string) *stream {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/v1/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(resp.Body)
		t.Fatalf("the stream answers %d: %s", resp.StatusCode, b)
	}
	return &stream{t: t, body: bufio.NewReader(resp.Body), head: resp.Header, stop: stop}
}

// next is the next event; retry lines and comments are passed over.
func (s *stream) next() event {
	s.t.Helper()
	var e event
	for {
		line, err := s.body.ReadString('\n')
		if err != nil {
			s.t.Fatalf("the stream ended: %v", err)
		}
		switch field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				return e
			}
		}
	}
}

func TestStreamBeginsWithSnapshotThenTellsChanges(t *testing.T) {
	s := newStage(t, nil)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	live := connect(t, web.URL, "")
	if got := live.head.Get("X-Accel-Buffering"); got != "no" {
		t.Errorf("X-Accel-Buffering %q: nginx would hold the events back", got)
	}
	first := live.next()
	if first.name != "snapshot" {
		t.Fatalf("the first event is %q", first.name)
	}
	var snap dispatcher.Snapshot
	if err := json.Unmarshal([]byte(first.data), &snap); err != nil {
		t.Fatal(err)
	}
	if len(snap.Residents) != 6 || first.id != fmt.Sprintf("%s-%d", snap.Boot, snap.Seq) {
		t.Errorf("snapshot %s has %d residents and seq %d", first.id, len(snap.Residents), snap.Seq)
	}
	s.second()
	d := live.next()
	if d.name != "delta" || !strings.Contains(d.data, `"power_w"`) {
		t.Errorf("after a second came %s %s", d.name, d.data)
	}
	s.pass(time.Millisecond) // nobody reads; nothing about residents has changed
	s.Publish()
	if d := live.next(); strings.Contains(d.data, `"residents"`) {
		t.Errorf("an unchanged second repeats residents: %s", d.data)
	}
}

func TestClientComesBackForWhatItMissed(t *testing.T) {
	s := newStage(t, nil)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	live := connect(t, web.URL, "")
	live.next()
	s.second()
	seen := live.next()
	live.stop()

	for range 3 {
		s.second()
	}
	again := connect(t, web.URL, seen.id)
	for want := 1; want <= 3; want++ {
		e := again.next()
		if e.name != "delta" || e.id != nextID(t, seen.id, want) {
			t.Fatalf("event %d after %s is %s %s", want, seen.id, e.name, e.id)
		}
	}
}

func TestClientThatWasAwayTooLongGetsSnapshot(t *testing.T) {
	s := newStage(t, nil)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	live := connect(t, web.URL, "")
	id := live.next().id
	live.stop()
	for range 61 {
		s.second()
	}
	boot, _, _ := strings.Cut(id, "-")
	for _, last := range []string{id, "00000000-3", boot + "-999999", "nonsense", boot + "-"} {
		if e := connect(t, web.URL, last).next(); e.name != "snapshot" {
			t.Errorf("after %q came a %s", last, e.name)
		}
	}
	s.second()
	if e := connect(t, web.URL, nextID(t, id, 60)).next(); e.name != "delta" {
		t.Errorf("a client two seconds behind got a %s", e.name)
	}
}

func nextID(t *testing.T, id string, by int) string {
	t.Helper()
	boot, number, _ := strings.Cut(id, "-")
	var seq int
	if _, err := fmt.Sscan(number, &seq); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s-%d", boot, seq+by)
}

// A client that does not read is let go after WriteWait, and holds nobody up
// before.
func TestSlowClientIsLetGo(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) { c.Limits.WriteWait = 100 * time.Millisecond })
	ended := make(chan struct{}, 1)
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Handler().ServeHTTP(w, r)
		ended <- struct{}{}
	}))
	web.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if tcp, ok := c.(*net.TCPConn); ok && state == http.StateNew {
			tcp.SetWriteBuffer(4 << 10)
		}
	}
	web.Start()
	t.Cleanup(web.Close)
	conn, err := net.Dial("tcp", strings.TrimPrefix(web.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprintf(conn, "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
	for gone := false; !gone; {
		select {
		case <-ended:
			gone = true
		default:
			s.second() // would block here if a client could hold it up
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) { c.Limits.Streams = 2 })
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	connect(t, web.URL, "").next()
	second := connect(t, web.URL, "")
	second.next()
	resp, err := http.Get(web.URL + "/api/v1/live")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("the third stream got %d", resp.StatusCode)
	}
}

// The page applies deltas to a snapshot; whoever does that must come to the same
// state as one who asks anew.
func TestDeltasAddUpToTheSnapshot(t *testing.T) {
	s := newStage(t, nil)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	live := connect(t, web.URL, "")
	held := map[string]dispatcher.ResidentLive{}
	take := func(data string) {
		var d struct{ Residents []dispatcher.ResidentLive }
		if err := json.Unmarshal([]byte(data), &d); err != nil {
			t.Fatal(err)
		}
		for _, r := range d.Residents {
			held[r.ID] = r
		}
	}
	take(live.next().data)
	for i := range 100 {
		switch {
		case i%7 == 3:
			s.pass(11 * time.Second) // all turn stale
			s.Publish()
		case i%11 == 5:
			s.Observe([]metering.Snapshot{{Meter: "m-p-r-01", At: s.time(), Quality: metering.CommFail, Reason: "timeout"}})
			s.pass(70 * time.Second)
			s.Publish()
		default:
			s.second()
		}
		take(live.next().data)
	}
	for _, want := range get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200).Residents {
		got := held[want.ID]
		if mustJSON(t, got) != mustJSON(t, want.ResidentLive) {
			t.Errorf("deltas gave %s, the snapshot says %s", mustJSON(t, got), mustJSON(t, want.ResidentLive))
		}
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
