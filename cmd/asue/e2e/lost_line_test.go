package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/metering/wire"
)

// TestLostLine is the story of the lost line in real processes, as a newcomer plays it:
// asue demo --akzhar, the scenario by a button of the page, and what the API says of it.
// Time goes ten times as fast.
func TestLostLine(t *testing.T) {
	d := startLostLine(t)
	ready := d.ready()
	if len(ready.Backup) != 2 || ready.LimitW == nil || *ready.LimitW > 18_000_000 {
		t.Errorf("what stands ready: %+v", ready)
	}
	steps := int64(0)
	for _, s := range ready.Steps {
		steps += int64(s.DropW)
	}
	if need := int64(ready.NeedW); need > 0 && steps == 0 && len(ready.Calls) == 0 {
		t.Errorf("%d W must go, and nobody would do anything: %+v", need, ready)
	}
	d.trip()
	d.fedBy("Акжар")
	if now := d.overview(); now.LimitW == nil || *now.LimitW > 18_000_000 {
		t.Errorf("the limit of the reserve: %+v", now)
	}
	if ready.NeedW > 500_000 { // at night the zone fits
		eventually(t, "what has to be taken off is told", 60*time.Second, func() bool {
			return slices.ContainsFunc(d.notices(), func(kind string) bool { return kind == "emergency" || kind == "shed_advised" })
		})
	}
	d.returns()
	d.fedBy("Каратагай")
}

// lostLine is a demo whose reserve line stands ready.
type lostLine struct {
	t   *testing.T
	url string
}

// startLostLine starts one and waits until it knows what would follow a loss.
func startLostLine(t *testing.T) lostLine {
	t.Helper()
	url, _ := startDemo(t, "--akzhar", "--speed", "10", "--days", "1", "--data", t.TempDir())
	d := lostLine{t, url}
	eventually(t, "the list for the loss of the line", 90*time.Second, func() bool { return d.control().Ready != nil })
	d.fedBy("Каратагай")
	return d
}

// trip starts the scenario, as the page's button does.
func (d lostLine) trip() { d.play("karatagai-lost") }

// returns ends it. The switches follow by hand, two minutes later.
func (d lostLine) returns() { d.play("calm") }

func (d lostLine) play(id string) {
	d.t.Helper()
	res, err := http.Post(d.url+"/api/v1/scenarios", "application/json", bytes.NewReader(fmt.Appendf(nil, `{"id":%q}`, id)))
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		d.t.Fatalf("scenario %s: %s", id, res.Status)
	}
}

// fedBy waits until the balancer says that a line feeds the zone.
func (d lostLine) fedBy(name string) {
	d.t.Helper()
	eventually(d.t, "the zone is fed by "+name, 90*time.Second, func() bool { return strings.Contains(d.overview().Feeding, name) })
}

// ready is what would follow the loss of the line in service.
func (d lostLine) ready() wire.ControlReady {
	d.t.Helper()
	r := d.control().Ready
	if r == nil {
		d.t.Fatal("nothing stands ready")
	}
	return *r
}

type lostOverview struct {
	Feeding string `json:"feeding"`
	LimitW  *int64 `json:"limit_w"`
}

func (d lostLine) overview() (o lostOverview) {
	_ = tryJSON(d.url+"/api/v1/overview", &o)
	return o
}

func (d lostLine) control() (c struct{ Ready *wire.ControlReady }) {
	var s struct {
		Control struct{ Ready *wire.ControlReady }
	}
	_ = tryJSON(d.url+"/api/v1/snapshot", &s)
	return s.Control
}

// notices are the kinds of those that stand.
func (d lostLine) notices() (kinds []string) {
	var n struct{ Notices []struct{ Kind string } }
	_ = tryJSON(d.url+"/api/v1/notices", &n)
	for _, x := range n.Notices {
		kinds = append(kinds, x.Kind)
	}
	return kinds
}

// TestLostLineInBrowser is the same story as the dispatcher sees it: the badge that said
// it beforehand, the diagram that recolours, and the line that returns.
func TestLostLineInBrowser(t *testing.T) {
	d := startLostLine(t)
	browse(t, "lost.mjs", "ASUE_URL="+d.url, "ASUE_E2E_WAIT=180")
}
