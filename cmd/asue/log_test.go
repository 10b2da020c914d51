package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/password"
	"asue/metering/sqlite"
)

// sitter is a person at the page.
type sitter struct {
	t      *testing.T
	page   http.Handler
	cookie *http.Cookie
}

func (s *sitter) ask(method, path string, body any) map[string]any {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, bytes.NewReader(text))
	r.RemoteAddr = "127.0.0.1:50000"
	r.Header.Set("Content-Type", "application/json")
	if s.cookie != nil {
		r.AddCookie(s.cookie)
	}
	w := httptest.NewRecorder()
	s.page.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		s.cookie = c
	}
	var said map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Code != 200 {
		s.t.Fatalf("%s %s answers %d %s", method, path, w.Code, w.Body)
	}
	return said
}

// TestVerifyKnowsTheLog lets a shift be taken, written about, corrected and handed over on
// a ledger as the program has it: `asue verify` finds it whole, the next run of the program
// knows who has the shift, and an entry that was changed in the file is found out.
func TestVerifyKnowsTheLog(t *testing.T) {
	const secret = "трое в лодке"
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger.db")
	ledger, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	hasher := password.NewHasher(password.Params{Memory: 64, Passes: 1, Lanes: 1})
	hash, err := hasher.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
	for _, name := range []string{"asel", "berik"} {
		why := metering.AuditRecord{At: now, Actor: "os:test", Kind: "account.added", Subject: name}
		if _, err := ledger.PutAccount(t.Context(), metering.Account{Name: name, Role: metering.RoleDispatcher, Password: hash, Enabled: true, CreatedAt: now, ChangedAt: now}, why); err != nil {
			t.Fatal(err)
		}
	}
	sit := func(l metering.Ledger, name string) *sitter {
		t.Helper()
		page, err := dispatcher.New(dispatcher.Config{Site: zoneWithTwo(), Now: func() time.Time { return now }, Accounts: l, Auditor: l, Hasher: hasher})
		if err != nil {
			t.Fatal(err)
		}
		s := &sitter{t: t, page: page.Handler()}
		s.ask("POST", "/api/v1/login", map[string]any{"name": name, "password": secret})
		return s
	}
	asel := sit(ledger, "asel")
	digest := func(s *sitter) any { return s.ask("GET", "/api/v1/shift", nil)["digest"] }
	asel.ask("POST", "/api/v1/shift/take", map[string]any{"digest": digest(asel)})
	outage := asel.ask("POST", "/api/v1/log", map[string]any{"template": "outage", "object": "Ф-12", "start": now, "text": "отключился от МТЗ"})
	asel.ask("POST", "/api/v1/log", map[string]any{"template": "correction", "corrects": outage["seq"], "text": "от ТО, а не МТЗ"})
	asel.ask("POST", "/api/v1/shift/hand-over", map[string]any{"digest": digest(asel), "name": "berik", "password": secret})

	verified := func(want string, sound bool) {
		t.Helper()
		var out bytes.Buffer
		if err := verifyFolder(t.Context(), dir, &out, quiet, false); (err == nil) != sound || !strings.Contains(out.String(), want) {
			t.Errorf("%v, want %q in\n%s", err, want, out.String())
		}
	}
	verified("ledger.db: ok", true)
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	view := sit(again, "berik").ask("GET", "/api/v1/shift", nil)
	if s := view["shift"].(map[string]any); s["who"] != "berik" || s["from"] != "asel" {
		t.Errorf("after a restart the shift is %v", s)
	}
	if open := mustJSON(view["document"].(map[string]any)["unfinished"]); !strings.Contains(string(open), "от ТО, а не МТЗ") {
		t.Errorf("after a restart there goes on %s", open)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`DROP TRIGGER audit_stays; UPDATE audit SET text = 'всё было спокойно' WHERE kind = 'log.outage'`); err != nil {
		t.Fatal(err)
	}
	verified("is damaged", false)
}
