package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Params are what an argon2id hash costs (RFC 9106).
type Params struct {
	Memory uint32 // KiB
	Passes uint32
	Lanes  uint8
}

// Usual is what a login costs: 64 MiB, three passes, one lane.
func Usual() Params { return Params{Memory: 64 << 10, Passes: 3, Lanes: 1} }

// The most that a kept hash may ask for: a row that somebody has put in by hand
// must not eat the machine.
const (
	mostMemory = 256 << 10 // KiB
	mostPasses = 10
	mostLanes  = 8
	saltSize   = 16
	keySize    = 32
)

const (
	atOnce  = 2  // hashes, so that logins cannot exhaust the memory
	waiting = 16 // behind them
)

// ErrBusy says that too many hashes are being made; it passes by itself.
var ErrBusy = errors.New("too many passwords are being checked: try again in a few seconds")

// Hasher makes and checks hashes, two at once and sixteen waiting. All methods are
// safe for concurrent use.
type Hasher struct {
	params Params
	turn   chan struct{}
	queue  chan struct{}
	dummy  string // a hash of what nobody knows
}

// NewHasher makes a hasher whose new hashes cost so much.
func NewHasher(p Params) *Hasher {
	h := &Hasher{params: p, turn: make(chan struct{}, atOnce), queue: make(chan struct{}, atOnce+waiting)}
	h.dummy = encode(p, random(saltSize), random(keySize))
	return h
}

// Hash is the PHC string of a password with a new salt. ErrBusy, or the context's
// error.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := random(saltSize)
	key, err := h.key(ctx, h.params, salt, password)
	if err != nil {
		return "", err
	}
	return encode(h.params, salt, key), nil
}

// Check reports whether a password gives a PHC string. It takes the same time
// whichever byte differs. ErrBusy, the context's error, or one that says that the
// string is no hash of ours.
func (h *Hasher) Check(ctx context.Context, phc, password string) (bool, error) {
	p, salt, want, err := decode(phc)
	if err != nil {
		return false, err
	}
	got, err := h.key(ctx, p, salt, password)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// Waste takes the time of a Check and is always false: an account that is not there
// must not answer faster than one that is.
func (h *Hasher) Waste(ctx context.Context, password string) (bool, error) {
	_, err := h.Check(ctx, h.dummy, password)
	return false, err
}

func (h *Hasher) key(ctx context.Context, p Params, salt []byte, password string) ([]byte, error) {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return nil, ErrBusy
	}
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// One keyboard writes й as one letter and another as two: they are the same.
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, p.Passes, p.Memory, p.Lanes, keySize), nil
}

func encode(p Params, salt, key []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Passes, p.Lanes, b64(salt), b64(key))
}

func decode(phc string) (p Params, salt, key []byte, err error) {
	bad := func(what string) (Params, []byte, []byte, error) { // never repeat a hash
		return Params{}, nil, nil, fmt.Errorf("the kept password is no argon2id hash of ours: %s: set a new one with `asue user passwd`", what)
	}
	f := strings.Split(phc, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return bad("another form")
	}
	if _, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Passes, &p.Lanes); err != nil {
		return bad("its cost cannot be read")
	}
	if p.Memory < 8 || p.Memory > mostMemory || p.Passes < 1 || p.Passes > mostPasses || p.Lanes < 1 || p.Lanes > mostLanes {
		return bad("its cost is out of bounds")
	}
	if salt, err = base64.RawStdEncoding.Strict().DecodeString(f[4]); err != nil || len(salt) < 8 || len(salt) > 64 {
		return bad("its salt")
	}
	if key, err = base64.RawStdEncoding.Strict().DecodeString(f[5]); err != nil || len(key) != keySize {
		return bad("its length")
	}
	return p, salt, key, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program first
	return b
}
