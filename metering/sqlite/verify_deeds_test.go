package sqlite_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/audit"
	"asue/metering/sqlite"
)

// decided is a ledger with three deeds, the last two of which are one decision.
func decided(t *testing.T) (path string) {
	path = filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpen(t, path)
	defer l.Close()
	decide(t, l, 0, "case.open")
	decide(t, l, 1, "case.step", "pool.post")
	return path
}

func decide(t *testing.T, l metering.Ledger, after uint64, kinds ...string) {
	t.Helper()
	var deeds []metering.Deed
	at := day.Add(time.Duration(after) * time.Minute)
	for _, k := range kinds {
		deeds = append(deeds, metering.Deed{At: at, Kind: k, Author: "a.omarova", Approver: "b.serik", Document: "Акт № 7", Body: `{"firm_w":3000000}`})
	}
	why := metering.AuditRecord{At: at, Actor: "b.serik", Kind: "capacity." + kinds[0], Text: "Акт № 7"}
	if _, err := l.RecordDeeds(t.Context(), after, deeds, why); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyTheDeeds(t *testing.T) {
	f, err := sqlite.Verify(t.Context(), decided(t), nil)
	if err != nil || f.Damaged() || f.Deeds.Deeds != 3 || f.Deeds.Seals != 2 || f.Deeds.Last != 3 {
		t.Fatalf("%+v, %v", f, err)
	}
	rehashed := func(l *sqlite.Ledger, seq uint64, change func(d *metering.Deed)) []byte {
		list, err := l.Deeds(t.Context(), seq-1, 1)
		if err != nil {
			t.Fatal(err)
		}
		change(&list[0])
		hash := audit.HashDeed(list[0])
		return hash[:]
	}
	l := mustOpen(t, decided(t)) // the same deeds as in every other one
	defer l.Close()
	less := rehashed(l, 1, func(d *metering.Deed) { d.Body = `{"firm_w":9000000}` })
	other := rehashed(l, 3, func(d *metering.Deed) { d.Author = "c.azat" })
	for what, c := range map[string]struct {
		statement string
		args      []any
		want      string
	}{
		"a body":             {`UPDATE deed SET body = '{"firm_w":9000000}' WHERE seq = 2`, nil, "deed 2 is damaged"},
		"a time":             {`UPDATE deed SET at = at + 1 WHERE seq = 3`, nil, "deed 3 is damaged"},
		"a signature":        {`UPDATE deed SET approver = '' WHERE seq = 1`, nil, "deed 1 is damaged"},
		"a hash cut":         {`UPDATE deed SET hash = x'00' WHERE seq = 2`, nil, "deed 2 is damaged"},
		"one with its hash":  {`UPDATE deed SET body = '{"firm_w":9000000}', hash = ? WHERE seq = 1`, []any{less}, "deed 1 is not the one that record 1 of the audit has sealed"},
		"two with a hash":    {`UPDATE deed SET author = 'c.azat', hash = ? WHERE seq = 3`, []any{other}, "deeds 2 to 3 are not those that record 2 of the audit has sealed"},
		"the first one gone": {`DELETE FROM deed WHERE seq = 1`, nil, "deed 1 is missing"},
		"one gone":           {`DELETE FROM deed WHERE seq = 2`, nil, "deed 2 is missing: 3 follows on 1"},
		"the last one gone":  {`DELETE FROM deed WHERE seq = 3`, nil, "deed 3 is missing: record 2 of the audit has sealed up to 3"},
		"one added":          {`INSERT INTO deed SELECT 4, at, kind, subject, author, approver, basis, document, body, hash FROM deed WHERE seq = 3`, nil, "deed 4 is sealed by no record"},
		"a seal gone":        {`DROP TRIGGER audit_is_kept; DELETE FROM audit WHERE seq = 2`, nil, "deed 2 is sealed by no record"},
		"the table gone":     {`DROP TABLE deed`, nil, "deeds: cannot be read"},
	} {
		path := decided(t)
		execute(t, path, `DROP TRIGGER deed_stays; DROP TRIGGER deed_is_kept; `+c.statement, c.args...)
		f, err := sqlite.Verify(t.Context(), path, nil)
		if text := strings.Join(f.Faults, "\n"); err != nil || !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, %v; want %q", what, text, err, c.want)
		}
	}
}

// One byte of a decision is changed in the file itself: it is named, and nobody decides
// on it.
func TestAByteOfADeed(t *testing.T) {
	path := decided(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	was, is := []byte(`b.serikАкт № 7{"firm_w":3000000}`), []byte(`b.serikАкт № 7{"firm_w":9000000}`)
	if n := bytes.Count(data, was); n != 3 {
		t.Fatalf("%d deeds are found in the file", n)
	}
	i := bytes.Index(data, was) // rows are written from the end of their page
	copy(data[i:], is)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := sqlite.Verify(t.Context(), path, nil)
	if err != nil || len(f.Faults) != 1 || !strings.Contains(f.Faults[0], "deed 3 is damaged") {
		t.Errorf("%q, %v", f.Faults, err)
	}
	l := mustOpen(t, path)
	defer l.Close()
	if list, err := l.Deeds(t.Context(), 0, 2); err != nil || len(list) != 2 {
		t.Errorf("the deeds before: %+v, %v", list, err)
	}
	if list, err := l.Deeds(t.Context(), 0, 10); err == nil || list != nil || !strings.Contains(err.Error(), "deed 3: damaged") {
		t.Errorf("Deeds = %+v, %v; want the damage told", list, err)
	}
}

// A careless hand at the file is stopped by the file itself.
func TestDeedsAreOnlyAddedTo(t *testing.T) {
	db := openRaw(t, decided(t))
	for _, s := range []string{`UPDATE deed SET body = '1'`, `DELETE FROM deed WHERE seq = 3`} {
		if _, err := db.Exec(s); err == nil || !strings.Contains(err.Error(), "only ever added to") {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// A ledger that an earlier program wrote is sound as it is, and gets what it lacks when
// it is opened; its audit goes on.
func TestALedgerWithoutDeedsIsBroughtUpToDate(t *testing.T) {
	path, _ := audited(t)
	execute(t, path, `DROP TABLE token; DROP TABLE deed; DELETE FROM goose_db_version WHERE version_id > 3`)
	if f, err := sqlite.Verify(t.Context(), path, nil); err != nil || f.Damaged() || f.Schema != 3 || f.Audit.Records != 5 {
		t.Fatalf("before: %+v, %v", f, err)
	}
	l := mustOpen(t, path)
	defer l.Close()
	if list, err := l.Deeds(t.Context(), 0, 10); err != nil || len(list) != 0 {
		t.Errorf("deeds of an earlier program: %+v, %v", list, err)
	}
	decide(t, l, 0, "case.open")
	if f, err := sqlite.Verify(t.Context(), path, nil); err != nil || f.Damaged() || f.Schema != 5 || f.Audit.Records != 6 || f.Deeds.Deeds != 1 {
		t.Errorf("after: %+v, %v", f, err)
	}
}

// Several programs at one file decide on one state again and again: each time one is
// heard.
func TestProgramsDecideAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	const programs, each = 3, 8
	var wg sync.WaitGroup
	for range programs {
		l := mustOpen(t, path)
		defer l.Close()
		wg.Go(func() {
			for heard := 0; heard < each; {
				seen, err := l.Deeds(t.Context(), 0, 1000)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = l.RecordDeeds(t.Context(), uint64(len(seen)), []metering.Deed{{At: day, Kind: "draft", Author: "a.omarova", Document: "записка", Body: "1"}},
					metering.AuditRecord{At: day, Actor: "a.omarova", Kind: "capacity.draft"})
				switch {
				case err == nil:
					heard++
				case !errors.Is(err, metering.ErrConflict):
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	f, err := sqlite.Verify(t.Context(), path, nil)
	if err != nil || f.Damaged() || f.Deeds.Deeds != programs*each || f.Deeds.Seals != programs*each {
		t.Errorf("%+v, %v", f, err)
	}
}
