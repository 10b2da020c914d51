package audit_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"flag"
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

var rewrite = flag.Bool("rewrite", false, "write testdata/chain.txt anew")

var monday = time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)

// chain seals records one after another.
func chain(t testing.TB, records ...metering.AuditRecord) []metering.AuditRecord {
	t.Helper()
	var last audit.Link
	for i, r := range records {
		sealed, err := audit.Seal(last, r)
		if err != nil {
			t.Fatal(err)
		}
		records[i], last = sealed, audit.LinkOf(sealed)
	}
	return records
}

// shift is a morning of a dispatcher's.
func shift(t testing.TB) []metering.AuditRecord {
	at := func(minute int) time.Time { return monday.Add(time.Duration(minute) * time.Minute) }
	return chain(t,
		metering.AuditRecord{At: at(0), Actor: "system", Kind: "start", Text: "asue 1.2.0"},
		metering.AuditRecord{At: at(1), Actor: "a.omarova", Role: metering.RoleDispatcher, Kind: "login", Subject: "a.omarova", Text: "from 127.0.0.1"},
		metering.AuditRecord{At: at(9), Actor: "a.omarova", Role: metering.RoleDispatcher, Kind: "order.sent", Subject: "relay-7", Text: "пик: цех 2 на 15 минут",
			Detail: `{"kind": "confirm", "proposal": "p-17", "power_w": 250000}`, Snapshot: [32]byte{0xca, 0xfe}},
		metering.AuditRecord{At: at(20), Actor: "a.omarova", Role: metering.RoleDispatcher, Kind: "logout"},
	)
}

// The form of the bytes is fixed by a file that a colleague with another program
// could check.
func TestGoldenChain(t *testing.T) {
	key := ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	var b strings.Builder
	records := shift(t)
	for _, r := range records {
		fmt.Fprintf(&b, "record %d, %s of %s\ncanonical %x\nhash      %x\n\n", r.Seq, r.Kind, r.Actor, audit.Canonical(r), r.Hash)
	}
	c := audit.Sign(audit.LinkOf(records[3]), monday.Add(time.Hour), key)
	fmt.Fprintf(&b, "public key %x\n%s\n", key.Public(), audit.Line(c))
	const file = "testdata/chain.txt"
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
		t.Errorf("the form has changed; old audits cannot be checked any more (-want +got):\n%s", d)
	}
}

func TestFirstBreakIsNamed(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	other := ed25519.NewKeyFromSeed(append(make([]byte, 31), 1))
	public := func(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }
	whole := shift(t)
	seal := []metering.AuditCheckpoint{audit.Sign(audit.LinkOf(whole[3]), monday, key)}
	f := func(what string, seq uint64, kind audit.BreakKind, w audit.Witness, change func(list []metering.AuditRecord) []metering.AuditRecord) {
		t.Helper()
		v := audit.Verify(change(slices.Clone(whole)), w)
		if v.Break == nil || v.Break.Seq != seq || v.Break.Kind != kind || !strings.Contains(v.Break.Error(), fmt.Sprint(seq)) {
			t.Errorf("%s: %+v, want %s at %d", what, v.Break, kind, seq)
		}
	}
	all := audit.Witness{Whole: true}
	f("an edit", 2, audit.Damaged, all, func(l []metering.AuditRecord) []metering.AuditRecord { l[1].Text = "from afar"; return l })
	f("an edit with its hash", 3, audit.Rewrote, all, func(l []metering.AuditRecord) []metering.AuditRecord {
		l[1].Text = "from afar"
		l[1].Hash = audit.Hash(l[1])
		return l
	})
	f("one taken out", 2, audit.Missing, all, func(l []metering.AuditRecord) []metering.AuditRecord { return slices.Delete(l, 1, 2) })
	f("the first taken out", 1, audit.Missing, all, func(l []metering.AuditRecord) []metering.AuditRecord { return l[1:] })
	f("two exchanged", 2, audit.Missing, all, func(l []metering.AuditRecord) []metering.AuditRecord { l[1], l[2] = l[2], l[1]; return l })
	f("one twice", 2, audit.Moved, all, func(l []metering.AuditRecord) []metering.AuditRecord { return slices.Insert(l, 2, l[1]) })
	f("the end cut off", 4, audit.CutOff, audit.Witness{Whole: true, Checkpoints: seal}, func(l []metering.AuditRecord) []metering.AuditRecord { return l[:3] })
	f("all cut off", 1, audit.CutOff, audit.Witness{Whole: true, Checkpoints: seal}, func([]metering.AuditRecord) []metering.AuditRecord { return nil })
	f("all written anew", 4, audit.Replaced, audit.Witness{Whole: true, Checkpoints: seal}, func(l []metering.AuditRecord) []metering.AuditRecord {
		l[0].Text = "asue 1.2.1"
		return chain(t, l...)
	})
	f("a foreign seal", 4, audit.Forged, audit.Witness{Whole: true, Keys: []ed25519.PublicKey{public(key)}, Checkpoints: []metering.AuditCheckpoint{audit.Sign(audit.LinkOf(whole[3]), monday, other)}},
		func(l []metering.AuditRecord) []metering.AuditRecord { return l })

	for _, part := range [][]metering.AuditRecord{whole, whole[1:], whole[2:3], nil} {
		if v := audit.Verify(part, audit.Witness{Keys: []ed25519.PublicKey{public(other), public(key)}}); v.Break != nil {
			t.Errorf("a sound part of %d records: %v", len(part), v.Break)
		}
	}
	once := audit.Sign(audit.LinkOf(whole[1]), monday, key)
	v := audit.Verify(whole, audit.Witness{Whole: true, Checkpoints: []metering.AuditCheckpoint{once, once}}) // a copy of it too
	if v.Break != nil || v.Records != 4 || v.Checkpoints != 1 || v.Unsealed != 2 || v.Last != audit.LinkOf(whole[3]) {
		t.Errorf("%+v", v)
	}
}

func drawRecord(rt *rapid.T) metering.AuditRecord {
	r := metering.AuditRecord{
		At:    monday.Add(time.Duration(rapid.Int64Range(-1e6, 1e6).Draw(rt, "ms")) * time.Millisecond),
		Actor: rapid.StringN(1, 8, 20).Draw(rt, "actor"), Role: rapid.SampledFrom(append(metering.Roles(), "")).Draw(rt, "role"),
		Kind: rapid.StringMatching(`[a-z]{1,5}`).Draw(rt, "kind"), Subject: rapid.StringN(0, 8, 20).Draw(rt, "subject"), Text: rapid.StringN(0, 20, 60).Draw(rt, "text"),
	}
	if rapid.Bool().Draw(rt, "with detail") {
		r.Detail = fmt.Sprintf(`{"z":%d,"a":%q}`, rapid.Int().Draw(rt, "number"), rapid.StringMatching(`[а-яa-z]{0,6}`).Draw(rt, "word"))
	}
	if rapid.Bool().Draw(rt, "with snapshot") {
		r.Snapshot = [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "snapshot"))
	}
	return r
}

// Whatever is done to a chain whose end is sealed is found; what is not touched is
// sound. Edits may come with the right hash, and the rest of the chain too.
func TestAnyChangeIsFound(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	rapid.Check(t, func(rt *rapid.T) {
		list := chain(t, rapid.SliceOfN(rapid.Custom(drawRecord), 1, 8).Draw(rt, "records")...)
		n := len(list)
		w := audit.Witness{Whole: true, Checkpoints: []metering.AuditCheckpoint{audit.Sign(audit.LinkOf(list[n-1]), monday, key)}, Keys: []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}}
		if v := audit.Verify(list, w); v.Break != nil {
			rt.Fatalf("a sound chain: %v", v.Break)
		}
		was := slices.Clone(list)
		i := rapid.IntRange(0, n-1).Draw(rt, "at")
		switch rapid.SampledFrom([]string{"edit", "remove", "swap", "repeat", "cut"}).Draw(rt, "change") {
		case "edit":
			edit(rt, &list[i])
		case "remove":
			list = slices.Delete(list, i, i+1)
		case "swap":
			j := rapid.IntRange(0, n-1).Draw(rt, "with")
			list[i], list[j] = list[j], list[i]
		case "repeat":
			list = slices.Insert(list, i, list[i])
		case "cut":
			list = list[:i]
		}
		if slices.Equal(was, list) {
			return // what was drawn changes nothing
		}
		if rapid.Bool().Draw(rt, "sealed again") { // by somebody who knows the form
			var last audit.Link
			for k := range list {
				list[k].Seq, list[k].Prev = last.Seq+1, last.Hash
				list[k].Hash = audit.Hash(list[k])
				last = audit.LinkOf(list[k])
			}
		}
		if len(list) >= n && slices.Equal(was, list[:n]) {
			rt.Skip() // what was sealed is there, and more was appended
		}
		if v := audit.Verify(list, w); v.Break == nil {
			rt.Fatalf("not found: %+v of %+v", list, was)
		}
	})
}

func edit(rt *rapid.T, r *metering.AuditRecord) {
	switch rapid.IntRange(0, 7).Draw(rt, "field") {
	case 0:
		r.At = r.At.Add(time.Millisecond)
	case 1:
		r.Actor, r.Role = r.Actor+string(r.Role), ""
	case 2:
		r.Kind, r.Actor = r.Kind[1:], r.Actor+r.Kind[:1]
	case 3:
		r.Text, r.Subject = r.Subject, r.Text
	case 4:
		r.Detail += " "
	case 5:
		r.Snapshot[31] ^= 1
	case 6:
		r.Prev[0] ^= 0x80
	case 7:
		r.Hash[5]++
	}
}

// Two records of one form are one record: texts cannot flow into each other.
func TestCanonicalFormIsInjective(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawRecord(rt), drawRecord(rt)
		if rapid.Bool().Draw(rt, "near") {
			b = a
			edit(rt, &b)
			b.Prev, b.Hash = a.Prev, a.Hash
		}
		same := a.At.UnixMilli() == b.At.UnixMilli()
		x, y := a, b
		x.At, y.At = time.Time{}, time.Time{}
		if same = same && x == y; same != (string(audit.Canonical(a)) == string(audit.Canonical(b))) {
			rt.Fatalf("%+v and %+v", a, b)
		}
	})
}

func TestWhenACheckpointIsDue(t *testing.T) {
	f := func(last, head uint64, after time.Duration, want bool) {
		t.Helper()
		c := metering.AuditCheckpoint{Seq: last, At: monday}
		if got := audit.Due(c, head, monday.Add(after)); got != want {
			t.Errorf("record %d sealed, %d there, %v later: %v", last, head, after, got)
		}
	}
	f(10, 10, time.Hour, false)
	f(10, 11, 4*time.Minute, false)
	f(10, 11, 5*time.Minute, true)
	f(10, 1009, time.Second, false)
	f(10, 1010, time.Second, true)
	f(10, 11, -time.Hour, true) // the clock was set back
	if !audit.Due(metering.AuditCheckpoint{}, 1, monday) {
		t.Error("the first record waits")
	}
}

func TestCheckpointsAsLines(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	c := audit.Sign(audit.Link{Seq: 7, Hash: [32]byte{1, 2, 3}}, monday.Add(1500*time.Microsecond), key)
	log := "Nov 30 06:00:01 zone asue[7]: level=INFO msg=\"" + audit.Line(c) + "\"\nsomething else\n" + audit.Line(c) + "\r\n"
	log += `{"level":"INFO","msg":"audit checkpoint","line":"` + audit.Line(c) + `","part":"notary"}`
	got, err := audit.ParseLines(log)
	if err != nil || len(got) != 3 || got[0] != c || got[1] != c || got[2] != c {
		t.Errorf("%+v, %v", got, err)
	}
	if !audit.Signed(got[0], key.Public().(ed25519.PublicKey)) || audit.Signed(got[0], nil) {
		t.Error("the signature did not travel")
	}
	for _, broken := range []string{"asue-audit-checkpoint-1 7", strings.Replace(audit.Line(c), " 7 ", " -7 ", 1), audit.Line(c)[:120], strings.Replace(audit.Line(c), hex.EncodeToString(c.Key[:]), "00", 1)} {
		if _, err := audit.ParseLines("\n" + broken); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", broken, err)
		}
	}
}

func FuzzLines(f *testing.F) {
	c := audit.Sign(audit.Link{Seq: 7}, monday, ed25519.NewKeyFromSeed(make([]byte, 32)))
	f.Add(audit.Line(c))
	f.Add("asue-audit-checkpoint-1 1 2026-11-30T06:00:00.000Z 00 00 AA==")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := audit.ParseLines(text)
		if err != nil {
			return
		}
		for _, c := range list {
			again, err := audit.ParseLines(audit.Line(c))
			if err != nil || len(again) != 1 || again[0] != c {
				t.Errorf("%+v comes back as %+v, %v", c, again, err)
			}
		}
	})
}

// Whatever is appended is kept in a form that sealing leaves alone, or refused.
func FuzzSeal(f *testing.F) {
	f.Add("a.omarova", "login", "relay-7", "text", `{"b":1.50,"a":[null,"<"]}`)
	f.Add("\xff", "a\x00", "", "\u2028", `"\ud800"`)
	f.Fuzz(func(t *testing.T, actor, kind, subject, text, detail string) {
		r := metering.AuditRecord{At: monday, Actor: actor, Kind: kind, Subject: subject, Text: text, Detail: detail}
		sealed, err := audit.Seal(audit.Link{}, r)
		if err != nil {
			return
		}
		again, err := audit.Seal(audit.Link{}, sealed)
		if err != nil || again != sealed {
			t.Errorf("%+v, sealed again %+v, %v", sealed, again, err)
		}
		if v := audit.Verify([]metering.AuditRecord{sealed}, audit.Witness{Whole: true}); v.Break != nil {
			t.Errorf("%+v: %v", sealed, v.Break)
		}
	})
}
