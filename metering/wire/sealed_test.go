package wire_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/wire"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// keyOf is a key pair that a test makes again whenever it likes.
func keyOf(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

var noon = time.Date(2026, 3, 2, 7, 0, 0, 250e6, time.UTC)

// opening is a feeder's breaker that two persons let the balancer open.
func opening() metering.Allotment {
	return metering.Allotment{
		ID: "0195-a7", Verb: metering.VerbSelect, Agent: "agent-1", Actuator: "Q-12", Kind: metering.ActuatorBreaker,
		Want: metering.Desired{Position: metering.PositionOpen}, Expect: metering.Desired{Position: metering.PositionClosed},
		Mode: metering.ModeConfirm, Emergency: true, Term: 7, Seq: 311, Boot: 0x3f2a09c4517b88d1, Nonce: math.MaxUint64,
		IssuedAt: noon, TTL: 30 * time.Second, Lease: 15 * time.Minute, Reason: "линия 110 кВ потеряна: 31.2 MW of 29.7 MW",
		Snapshot:  [32]byte{1, 2, 31: 9},
		Approvals: []metering.Approval{{User: "иванова", Role: metering.RoleDispatcher, At: noon.Add(-time.Minute)}, {User: "omarov", Role: metering.RoleEngineer, At: noon.Add(-time.Second)}},
	}
}

func commissioning() metering.Allotment {
	a := opening()
	a.Verb, a.Kind, a.Actuator, a.Emergency = metering.VerbCommission, metering.ActuatorSetpoint, "SP-1", false
	a.Want, a.Expect = metering.Desired{}, metering.Desired{}
	a.Band = &metering.HardBand{Least: 200 * metering.Kilowatt, Most: 1500 * metering.Kilowatt, FailSafe: 800 * metering.Kilowatt}
	return a
}

func bareBeat() metering.Allotment {
	return metering.Allotment{Verb: metering.VerbBeat, Agent: "agent-1", Term: 7, Seq: 312, Boot: 1, Nonce: 2, IssuedAt: noon, TTL: 30 * time.Second}
}

func failed() metering.Outcome {
	return metering.Outcome{
		ID: "0195-a7", Agent: "agent-1", Actuator: "Q-12", Stage: metering.StageFailed, Refusal: "", Text: "no aux contact within 1m",
		At: noon, Seen: metering.Desired{Position: metering.PositionClosed}, Term: 7,
	}
}

func alive() metering.AgentBeat {
	return metering.AgentBeat{
		Agent: "agent-1", Boot: 0x3f2a09c4517b88d1, Nonce: 5, At: noon, Term: 7, Seq: 311,
		States: []metering.ActuatorState{
			{Actuator: "Q-12", At: noon, Readable: true, Now: metering.Desired{Position: metering.PositionClosed}, Guarding: metering.GuardNormal},
			{
				Actuator: "SP-1", At: noon, Readable: true, Now: metering.Desired{Limit: 900 * metering.Kilowatt}, Guarding: metering.GuardAlone, Command: "0195-a1",
				Left: 14 * time.Minute, Band: metering.HardBand{Least: 200_000, Most: 1_500_000, FailSafe: 800_000}, Text: "no beat for 1m3s",
			},
			{Actuator: "R-3", Guarding: metering.GuardFailSafe, Text: "never read"},
		},
	}
}

func pin() metering.Order {
	return metering.Order{
		ID: "order-9", Kind: metering.OrderPin, At: noon, Expires: noon.Add(8 * time.Hour), Reason: "плавка 14 до конца смены",
		By: []metering.Approval{{User: "иванова", Role: metering.RoleDispatcher, At: noon}}, Resident: "steel-1", Mode: metering.ModeAdvisory,
		Power: 4 * metering.Megawatt, Band: &metering.HardBand{Least: 1, Most: 3, FailSafe: 2}, Actuator: "SP-1", Node: "F-3", Proposal: "p-1", Override: "o-1",
	}
}

func TestGoldenBytesOfControl(t *testing.T) {
	key := keyOf(1)
	golden(t, "allotment.cbor.hex", hexLines(ok(wire.EncodeAllotment(opening()))(t)))
	golden(t, "allotment.json", ok(wire.EncodeAllotmentJSON(opening()))(t))
	golden(t, "commission.cbor.hex", hexLines(ok(wire.EncodeAllotment(commissioning()))(t)))
	golden(t, "commission.json", ok(wire.EncodeAllotmentJSON(commissioning()))(t))
	golden(t, "bare-beat.cbor.hex", hexLines(ok(wire.EncodeAllotment(bareBeat()))(t)))
	golden(t, "outcome.cbor.hex", hexLines(ok(wire.EncodeOutcome(failed()))(t)))
	golden(t, "outcome.json", ok(wire.EncodeOutcomeJSON(failed()))(t))
	golden(t, "beat.cbor.hex", hexLines(ok(wire.EncodeBeat(alive()))(t)))
	golden(t, "beat.json", ok(wire.EncodeBeatJSON(alive()))(t))
	golden(t, "order.cbor.hex", hexLines(ok(wire.EncodeOrder(pin()))(t)))
	golden(t, "order.json", ok(wire.EncodeOrderJSON(pin()))(t))
	sealed := ok(wire.SealAllotment(opening(), key))(t)
	golden(t, "sealed.cbor.hex", hexLines(sealed))
	golden(t, "sealed.json", ok(wire.SealedJSON(sealed))(t))
	golden(t, "key.pub", wire.FormatPublicKey(publicOf(key)))
}

func TestGoldenBytesOfControlAreRead(t *testing.T) {
	same := func(what string, want, got any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	for _, form := range []string{".cbor.hex", ".json"} {
		same("allotment"+form, opening(), ok(wire.DecodeAllotment(fromFile(t, "allotment"+form)))(t))
		same("commission"+form, commissioning(), ok(wire.DecodeAllotment(fromFile(t, "commission"+form)))(t))
		same("outcome"+form, failed(), ok(wire.DecodeOutcome(fromFile(t, "outcome"+form)))(t))
		same("beat"+form, alive(), ok(wire.DecodeBeat(fromFile(t, "beat"+form)))(t))
		same("order"+form, pin(), ok(wire.DecodeOrder(fromFile(t, "order"+form)))(t))
		public := ok(wire.ParsePublicKey(fromFile(t, "key.pub")))(t)
		same("sealed"+form, opening(), ok(wire.OpenAllotment(fromFile(t, "sealed"+form), wire.Trust(public)))(t))
	}
}

// A seal holds for one kind of message, under one key, for every bit.
func TestSealHoldsOnlyAsItWasMade(t *testing.T) {
	balancer, stranger := keyOf(1), keyOf(2)
	trusted := wire.Trust(publicOf(balancer))
	message := ok(wire.SealAllotment(opening(), balancer))(t)
	if _, err := wire.OpenAllotment(ok(wire.SealAllotment(opening(), stranger))(t), trusted); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("a stranger's key: %v", err)
	}
	if _, err := wire.OpenAllotment(message, nil); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("nobody is trusted: %v", err)
	}
	if _, err := wire.OpenOrder(message, trusted); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("an allotment as an order: %v", err)
	}
	if _, err := wire.OpenAllotment(ok(wire.EncodeAllotment(opening()))(t), trusted); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("without a seal: %v", err)
	}
	for bit := range len(message) * 8 {
		flipped := bytes.Clone(message)
		flipped[bit/8] ^= 1 << (bit % 8)
		if a, err := wire.OpenAllotment(flipped, trusted); err == nil {
			t.Fatalf("bit %d is flipped, and the seal holds: %+v", bit, a) // one bit makes no other spelling
		}
	}
	order := ok(wire.SealOrder(pin(), balancer))(t)
	if diff := cmp.Diff(pin(), ok(wire.OpenOrder(order, trusted))(t)); diff != "" {
		t.Error(diff)
	}
	payload, key, err := wire.Unsealed(message)
	if err != nil || key != wire.KeyIDOf(publicOf(balancer)) || !bytes.Equal(payload, ok(wire.EncodeAllotment(opening()))(t)) {
		t.Errorf("looked into: %v, %v", key, err)
	}
}

func TestPublicKeyOfAFile(t *testing.T) {
	for _, bad := range []string{"", "asue-ed25519", "asue-ed25519 AAAA", "ssh-ed25519 " + strings.Repeat("A", 43) + "=", "asue-ed25519 " + strings.Repeat("!", 44)} {
		if _, err := wire.ParsePublicKey([]byte(bad)); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestImpossibleControlIsRefused(t *testing.T) {
	for name, change := range map[string]func(*metering.Allotment){
		"no verb":                  func(a *metering.Allotment) { a.Verb = 0 },
		"verb of tomorrow":         func(a *metering.Allotment) { a.Verb = 99 },
		"no agent":                 func(a *metering.Allotment) { a.Agent = "" },
		"agent with a slash":       func(a *metering.Allotment) { a.Agent = "a/b" },
		"no id":                    func(a *metering.Allotment) { a.ID = "" },
		"no actuator":              func(a *metering.Allotment) { a.Actuator = "" },
		"no kind":                  func(a *metering.Allotment) { a.Kind = "" },
		"mode of tomorrow":         func(a *metering.Allotment) { a.Mode = 9 },
		"position and limit":       func(a *metering.Allotment) { a.Want.Limit = 1 },
		"negative limit":           func(a *metering.Allotment) { a.Want = metering.Desired{Limit: -1} },
		"position of tomorrow":     func(a *metering.Allotment) { a.Expect.Position = 3 },
		"no lifetime":              func(a *metering.Allotment) { a.TTL = 0 },
		"lease for ever":           func(a *metering.Allotment) { a.Lease = 25 * time.Hour },
		"issued never":             func(a *metering.Allotment) { a.IssuedAt = time.Time{} },
		"band without commission":  func(a *metering.Allotment) { a.Band = &metering.HardBand{} },
		"commission without band":  func(a *metering.Allotment) { a.Verb = metering.VerbCommission },
		"nine approvals":           func(a *metering.Allotment) { a.Approvals = make([]metering.Approval, 9) },
		"approval of nobody":       func(a *metering.Allotment) { a.Approvals[0].User = "" },
		"fail-safe above the band": func(a *metering.Allotment) { *a = commissioning(); a.Band.FailSafe = a.Band.Most + 1 },
		"beat with an actuator":    func(a *metering.Allotment) { *a = bareBeat(); a.Actuator = "Q-12" },
		"beat with a state":        func(a *metering.Allotment) { *a = bareBeat(); a.Want.Limit = 1 },
	} {
		a := opening()
		change(&a)
		for _, encode := range []func(metering.Allotment) ([]byte, error){wire.EncodeAllotment, wire.EncodeAllotmentJSON} {
			if _, err := encode(a); !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("%s: %v, want ErrMalformed", name, err)
			}
		}
	}
	for name, payload := range map[string][]byte{
		"short snapshot": with(t, ok(wire.EncodeAllotment(opening()))(t), 19, []byte{1}),
		"lease of a day": with(t, ok(wire.EncodeAllotment(opening()))(t), 17, int64(86_400_001)),
		"ttl overflows":  with(t, ok(wire.EncodeAllotment(opening()))(t), 16, int64(math.MaxInt64)),
		"want of three":  with(t, ok(wire.EncodeAllotment(opening()))(t), 7, []int{1, 0, 0}),
	} {
		if _, err := wire.DecodeAllotment(payload); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
	if _, err := wire.DecodeAllotment(with(t, ok(wire.EncodeAllotment(opening()))(t), 0, 2)); !errors.Is(err, wire.ErrVersion) {
		t.Errorf("version 2: %v", err)
	}
	if got := ok(wire.DecodeAllotment(with(t, ok(wire.EncodeAllotment(opening()))(t), 60, "weather")))(t); !cmp.Equal(got, opening()) {
		t.Errorf("an unknown field is not skipped: %+v", got)
	}
	for name, change := range map[string]func(*metering.Order){
		"no reason":      func(o *metering.Order) { o.Reason = "" },
		"of nobody":      func(o *metering.Order) { o.By = nil },
		"kind of gossip": func(o *metering.Order) { o.Kind = "gossip" },
		"negative power": func(o *metering.Order) { o.Power = -1 },
		"node in words":  func(o *metering.Order) { o.Node = "ввод 1" },
	} {
		o := pin()
		change(&o)
		if _, err := wire.EncodeOrder(o); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("order, %s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*metering.AgentBeat){
		"no agent":             func(b *metering.AgentBeat) { b.Agent = "" },
		"too many actuators":   func(b *metering.AgentBeat) { b.States = make([]metering.ActuatorState, wire.MaxStates+1) },
		"actuator of no name":  func(b *metering.AgentBeat) { b.States[0].Actuator = "" },
		"guarding of no name":  func(b *metering.AgentBeat) { b.States[0].Guarding = "" },
		"a lease that is over": func(b *metering.AgentBeat) { b.States[0].Left = -1 },
	} {
		b := alive()
		change(&b)
		if _, err := wire.EncodeBeat(b); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("beat, %s: %v", name, err)
		}
	}
	o := failed()
	o.Stage = "perhaps"
	if _, err := wire.EncodeOutcome(o); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("outcome of a stage that is not known: %v", err)
	}
}

// with replaces one field of a CBOR message.
func with(t *testing.T, payload []byte, key uint64, value any) []byte {
	t.Helper()
	var m map[uint64]any
	if err := cbor.Unmarshal(payload, &m); err != nil {
		t.Fatal(err)
	}
	m[key] = value
	return ok(cbor.Marshal(m))(t)
}

// A whole switchboard of actuators fits into one beat.
func TestBeatOfTheMostActuatorsFits(t *testing.T) {
	b := alive()
	b.States = nil
	for range wire.MaxStates {
		s := alive().States[1]
		s.Actuator = metering.ActuatorID(strings.Repeat("a", wire.MaxText))
		s.Text = strings.Repeat("ё", 400)
		b.States = append(b.States, s)
	}
	if n := len(ok(wire.EncodeBeat(b))(t)); n > wire.MaxPayload {
		t.Errorf("%d bytes", n)
	}
}

func TestAllotmentRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAllotment(t)
		for _, encode := range []func(metering.Allotment) ([]byte, error){wire.EncodeAllotment, wire.EncodeAllotmentJSON} {
			payload, err := encode(a)
			if err != nil {
				t.Fatal(err)
			}
			got, err := wire.DecodeAllotment(payload)
			if diff := cmp.Diff(a, got); err != nil || diff != "" {
				t.Fatalf("%v\n%s", err, diff)
			}
		}
	})
}

func anyAllotment(t *rapid.T) metering.Allotment {
	a := metering.Allotment{
		ID: name().Draw(t, "id"), Verb: metering.Verb(rapid.IntRange(1, 6).Draw(t, "verb")), Agent: metering.AgentID(name().Draw(t, "agent")),
		Mode: metering.Mode(rapid.IntRange(0, 4).Draw(t, "mode")), Term: rapid.Uint64().Draw(t, "term"), Seq: rapid.Uint64().Draw(t, "seq"),
		Boot: rapid.Uint64().Draw(t, "boot"), Nonce: rapid.Uint64().Draw(t, "nonce"), IssuedAt: anyTime().Draw(t, "issued"),
		TTL: time.Duration(rapid.IntRange(1, 30_000).Draw(t, "ttl")) * time.Millisecond, Reason: rapid.StringN(-1, -1, wire.MaxReason).Draw(t, "reason"),
	}
	if a.Verb == metering.VerbBeat {
		return a
	}
	a.Actuator, a.Emergency = metering.ActuatorID(name().Draw(t, "actuator")), rapid.Bool().Draw(t, "emergency")
	a.Kind = rapid.SampledFrom([]metering.ActuatorKind{metering.ActuatorSetpoint, metering.ActuatorRelay, metering.ActuatorBreaker}).Draw(t, "kind")
	a.Want, a.Expect = anyDesired(t), anyDesired(t)
	a.Lease = time.Duration(rapid.IntRange(0, 900_000).Draw(t, "lease")) * time.Millisecond
	for range rapid.IntRange(0, 3).Draw(t, "approvals") {
		a.Approvals = append(a.Approvals, metering.Approval{User: name().Draw(t, "user"), Role: metering.RoleDispatcher, At: anyTime().Draw(t, "at")})
	}
	if a.Verb == metering.VerbCommission {
		least := metering.Power(rapid.Int64Range(0, 1e9).Draw(t, "least"))
		a.Band = &metering.HardBand{Least: least, FailSafe: least + 1, Most: least + 2}
	}
	return a
}

func anyDesired(t *rapid.T) metering.Desired {
	if p := metering.Position(rapid.IntRange(0, 2).Draw(t, "position")); p != metering.PositionUnknown {
		return metering.Desired{Position: p}
	}
	return metering.Desired{Limit: metering.Power(rapid.Int64Min(0).Draw(t, "limit"))}
}

func FuzzOpenAllotment(f *testing.F) {
	trusted := wire.Trust(publicOf(keyOf(1)))
	for _, file := range []string{"sealed.cbor.hex", "sealed.json", "allotment.json", "ack.json"} {
		f.Add(fromFile(f, file))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		a, err := wire.OpenAllotment(message, trusted)
		if err == nil && !cmp.Equal(a, opening()) {
			t.Fatalf("forged: %+v", a) // only what was signed once may open
		}
		if err != nil && !errors.Is(err, wire.ErrMalformed) && !errors.Is(err, wire.ErrVersion) && !errors.Is(err, wire.ErrSignature) {
			t.Fatal(err)
		}
	})
}

func FuzzDecodeControl(f *testing.F) {
	for _, file := range []string{"allotment", "commission", "outcome", "beat", "order"} {
		f.Add(fromFile(f, file+".cbor.hex"))
		f.Add(fromFile(f, file+".json"))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		again(t, payload, wire.DecodeAllotment, wire.EncodeAllotment)
		again(t, payload, wire.DecodeOutcome, wire.EncodeOutcome)
		again(t, payload, wire.DecodeBeat, wire.EncodeBeat)
		again(t, payload, wire.DecodeOrder, wire.EncodeOrder)
	})
}

// again holds that what was read can be written, and is then read as the same.
func again[M any](t *testing.T, payload []byte, decode func([]byte) (M, error), encode func(M) ([]byte, error)) {
	t.Helper()
	m, err := decode(payload)
	if err != nil {
		if !errors.Is(err, wire.ErrMalformed) && !errors.Is(err, wire.ErrVersion) {
			t.Fatalf("neither malformed nor of another version: %v", err)
		}
		return
	}
	written, err := encode(m)
	if err != nil {
		if len(payload) < wire.MaxPayload/8 {
			t.Fatalf("decoded, but refused to encode: %v", err)
		}
		return
	}
	same, err := decode(written)
	if diff := cmp.Diff(m, same); err != nil || diff != "" {
		t.Fatalf("%v\n%s", err, diff)
	}
}

func BenchmarkOpenAllotment(b *testing.B) {
	message := ok(wire.SealAllotment(opening(), keyOf(1)))(b)
	trusted := wire.Trust(publicOf(keyOf(1)))
	for b.Loop() {
		ok(wire.OpenAllotment(message, trusted))(b)
	}
}

// 10⁵ messages with some bytes changed at random: none opens with another content
// than was signed. (The wrapper itself has several spellings.)
func TestNoDamagedSealForges(t *testing.T) {
	seed := rand.Uint64()
	dice := rand.New(rand.NewPCG(seed, 1))
	trusted := wire.Trust(publicOf(keyOf(1)))
	message := ok(wire.SealAllotment(opening(), keyOf(1)))(t)
	opened := 0
	for n := range 100_000 {
		damaged := bytes.Clone(message)
		for range 1 + dice.IntN(8) {
			damaged[dice.IntN(len(damaged))] ^= byte(1 + dice.IntN(255))
		}
		a, err := wire.OpenAllotment(damaged, trusted)
		if err != nil {
			continue
		}
		if opened++; !cmp.Equal(a, opening()) {
			t.Fatalf("seed %d, message %d is forged: %+v", seed, n, a)
		}
	}
	if opened > 100 {
		t.Errorf("seed %d: %d damaged messages open", seed, opened)
	}
}
