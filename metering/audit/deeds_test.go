package audit_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/audit"
)

// returned is how 2 MW came back: the case is opened, the resident agrees, the register
// and the books change in one decision.
func returned(t testing.TB) []metering.Deed {
	at := func(minute int) time.Time { return monday.Add(time.Duration(minute) * time.Minute) }
	deeds, err := audit.NextDeeds(metering.Deed{}, []metering.Deed{
		{At: at(0), Kind: "case.open", Subject: "ТУ-2026-001", Author: "a.omarova", Document: "Свидетельство № 1", Body: `{ "action": {"evidence": "…"} }`},
		{At: at(7), Kind: "case.step", Subject: "ТУ-2026-001", Author: "a.omarova", Approver: "b.serik", Basis: "договор, п. 4.2", Document: "Акт № 3", Body: `{"effects":{"acts":[{"kind":"change","firm_w":3000000}]}}`},
		{At: at(7), Kind: "pool.post", Author: "a.omarova", Approver: "b.serik", Document: "Акт № 3", Body: `{"effects":{"posting":{"w":2000000}}}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	return deeds
}

// The form of the bytes is fixed by a file that a colleague with another program could
// check.
func TestGoldenDeeds(t *testing.T) {
	var b strings.Builder
	deeds := returned(t)
	for _, d := range deeds {
		fmt.Fprintf(&b, "deed %d, %s of %s\ncanonical %x\nhash      %x\n\n", d.Seq, d.Kind, d.Author, audit.CanonicalDeed(d), audit.HashDeed(d))
	}
	fmt.Fprintf(&b, "seal of 1 %s\nseal of 2 and 3 %s\n", audit.SealDeeds(deeds[:1]), audit.SealDeeds(deeds[1:]))
	const file = "testdata/deeds.txt"
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("the form has changed; old deeds cannot be checked any more (-want +got):\n%s", d)
	}
}

// The Detail of a seal is as canonical as any other.
func TestSealIsCanonical(t *testing.T) {
	detail := audit.SealDeeds(returned(t)[1:])
	if again, err := audit.CanonicalJSON(detail); err != nil || again != detail {
		t.Errorf("%s becomes %s, %v", detail, again, err)
	}
	sum := sha256.Sum256(slices.Concat(audit.CanonicalDeed(returned(t)[1]), audit.CanonicalDeed(returned(t)[2])))
	if want := fmt.Sprintf(`{"deeds":[2,3],"sha256":"%x"}`, sum); detail != want {
		t.Errorf("%s, want %s", detail, want)
	}
}

func TestASealNeedsItsKind(t *testing.T) {
	for kind, ok := range map[string]bool{"capacity.case.step": true, "capacity": false, "": false, "login": false} {
		r, err := audit.Sealing(metering.AuditRecord{Kind: kind, Detail: "{}"}, returned(t))
		if ok && (err != nil || r.Detail != audit.SealDeeds(returned(t))) || !ok && !errors.Is(err, metering.ErrRefused) {
			t.Errorf("kind %q: %+v, %v", kind, r, err)
		}
	}
}

func drawDeed(rt *rapid.T) metering.Deed {
	text := rapid.StringN(0, 4, 12)
	return metering.Deed{
		Seq: rapid.Uint64Range(1, 300).Draw(rt, "seq"), At: monday.Add(time.Duration(rapid.Int64Range(-300, 300).Draw(rt, "ms")) * time.Millisecond),
		Kind: text.Draw(rt, "kind"), Subject: text.Draw(rt, "subject"), Author: text.Draw(rt, "author"), Approver: text.Draw(rt, "approver"),
		Basis: text.Draw(rt, "basis"), Document: text.Draw(rt, "document"), Body: text.Draw(rt, "body"),
	}
}

// readDeeds reads canonical forms back, which it could not if two lists of deeds had
// the same bytes.
func readDeeds(b []byte) (deeds []metering.Deed, err error) {
	take := func(n int) []byte {
		if err == nil && len(b) < n {
			err = fmt.Errorf("%d bytes, and %d are needed", len(b), n)
		}
		if err != nil {
			return make([]byte, 8)
		}
		part := b[:n]
		b = b[n:]
		return part
	}
	for len(b) > 0 && err == nil {
		if version := take(1)[0]; version != 1 {
			return deeds, fmt.Errorf("version %d", version)
		}
		d := metering.Deed{Seq: binary.BigEndian.Uint64(take(8)), At: time.UnixMilli(int64(binary.BigEndian.Uint64(take(8)))).UTC()}
		for _, text := range []*string{&d.Kind, &d.Subject, &d.Author, &d.Approver, &d.Basis, &d.Document, &d.Body} {
			*text = string(take(int(binary.BigEndian.Uint32(take(4)))))
		}
		deeds = append(deeds, d)
	}
	return deeds, err
}

// Whatever deeds say, their bytes say the same and nothing else.
func TestDeedsAreReadBackFromTheirForm(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		deeds := rapid.SliceOfN(rapid.Custom(drawDeed), 0, 4).Draw(rt, "deeds")
		var form []byte
		for _, d := range deeds {
			form = append(form, audit.CanonicalDeed(d)...)
		}
		got, err := readDeeds(form)
		if err != nil || !slices.Equal(got, deeds) {
			rt.Fatalf("%+v comes back as %+v, %v", deeds, got, err)
		}
	})
}

// What a deed is kept as, it stays as; and two deeds of one form are one deed.
func FuzzDeeds(f *testing.F) {
	f.Add("case.step", "ТУ-2026-003", "a.omarova", "b.serik", "п. 4", "акт № 1", `{"b":1.50,"a":[null,"<"]}`, int64(1_700_000_000_000))
	f.Add("k\x00", "\xff", "a", "a\x00", "\u2028", "d", `"\ud800"`, int64(-5))
	f.Fuzz(func(t *testing.T, kind, subject, author, approver, basis, document, body string, at int64) {
		d := metering.Deed{At: time.UnixMilli(at), Kind: kind, Subject: subject, Author: author, Approver: approver, Basis: basis, Document: document, Body: body}
		given := []metering.Deed{d}
		kept, err := audit.NextDeeds(metering.Deed{Seq: 7}, given)
		if given[0] != d {
			t.Errorf("the given deed %+v became %+v", d, given[0])
		}
		if err != nil {
			if !errors.Is(err, metering.ErrRefused) || kept != nil {
				t.Errorf("%+v: %+v, %v", d, kept, err)
			}
			return
		}
		again, err := audit.NextDeeds(metering.Deed{Seq: 7}, kept)
		if err != nil || !slices.Equal(again, kept) {
			t.Errorf("%+v, kept again %+v, %v", kept, again, err)
		}
		if back, err := readDeeds(audit.CanonicalDeed(kept[0])); err != nil || !slices.Equal(back, kept) {
			t.Errorf("%+v comes back as %+v, %v", kept, back, err)
		}
		walk := audit.NewDeedWalker()
		walk.Record(metering.AuditRecord{Seq: 1, Kind: "capacity.x", Detail: audit.SealDeeds(kept)})
		if kept[0].Seq != 8 { // seven are not there
			t.Errorf("deed %d follows on 7", kept[0].Seq)
		}
		walk.Next(kept[0], audit.HashDeed(kept[0]))
		if v := walk.End(); len(v.Faults) != 2 || !strings.Contains(v.Faults[1], "deeds 1 to 7 are missing") {
			t.Errorf("%q", v.Faults)
		}
	})
}
