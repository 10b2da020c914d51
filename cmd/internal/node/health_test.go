package node

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"testing"
)

// What must work ends readiness when it does not; what is done without is told, and ends
// nothing.
func TestANoteDoesNotEndReadiness(t *testing.T) {
	h := newHealth()
	var broker, register error
	h.Require("broker", func() error { return broker })
	h.Note("register", func() error { return register })
	ask := func() (int, readiness) {
		w := httptest.NewRecorder()
		h.ServeReady(w, nil)
		var r readiness
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		return w.Code, r
	}
	if code, r := ask(); code != 200 || len(r.Notes) != 0 || r.Checks["broker"] != "ok" {
		t.Errorf("all well: %d %+v", code, r)
	}
	register = errors.New("the ledger is away")
	if code, r := ask(); code != 200 || !r.Ready || r.Notes["register"] != "the ledger is away" {
		t.Errorf("a note: %d %+v", code, r)
	}
	broker = errors.New("not connected")
	if code, r := ask(); code != 503 || r.Ready || r.Checks["broker"] != "not connected" || r.Notes["register"] == "" {
		t.Errorf("a check and a note: %d %+v", code, r)
	}
}
