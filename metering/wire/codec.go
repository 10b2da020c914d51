package wire

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// Version is the version of the envelope that this program writes and reads.
const Version = 1

// Limits of a message.
const (
	MaxPayload   = 255 << 10 // bytes, CBOR or JSON
	MaxSnapshots = 1024      // in one batch
	MaxReadings  = 256       // in one snapshot
	MaxRanges    = 1024      // in Batch.Lost and Ack.Missing
	MaxText      = 128       // bytes of an identifier or a model
	MaxReason    = 256       // bytes of a reason; longer ones are cut
)

var (
	// ErrVersion says that the message is of a version that this program does not know.
	// The remedy is a newer program on this side.
	ErrVersion = errors.New("unknown version of the message")
	// ErrMalformed says that the bytes are not a message of the wire: damaged, cut off,
	// too large, of another kind or with impossible content. Trying again is
	// useless.
	ErrMalformed = errors.New("malformed message")
)

type kind uint8

const (
	kindBatch     kind = 1
	kindAck       kind = 2
	kindReplay    kind = 3
	kindAnswer    kind = 4
	kindSealed    kind = 5
	kindAllotment kind = 6
	kindOutcome   kind = 7
	kindBeat      kind = 8
	kindOrder     kind = 9
)

func (k kind) String() string {
	switch k {
	case kindBatch:
		return "batch"
	case kindAck:
		return "ack"
	case kindReplay:
		return "replay"
	case kindAnswer:
		return "replay-answer"
	case kindSealed:
		return "sealed"
	case kindAllotment:
		return "allotment"
	case kindOutcome:
		return "outcome"
	case kindBeat:
		return "beat"
	case kindOrder:
		return "order"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// The modes are immutable and safe for concurrent use.
var (
	encMode = must(cbor.CoreDetEncOptions().EncMode())
	decMode = must(cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		NaN:              cbor.NaNDecodeForbidden,
		Inf:              cbor.InfDecodeForbidden,
		MaxNestedLevels:  8,
		MaxArrayElements: max(MaxSnapshots, MaxReadings, MaxRanges),
		MaxMapPairs:      64,
	}.DecMode())
)

func must[M any](m M, err error) M {
	if err != nil {
		panic("BUG: wire: cbor options: " + err.Error())
	}
	return m
}

// header is what every message begins with.
type header struct {
	Version uint64 `cbor:"0,keyasint"`
	Kind    kind   `cbor:"1,keyasint"`
}

func (h header) check(want kind) error {
	if h.Version != Version {
		return fmt.Errorf("%w: %d, known is %d", ErrVersion, h.Version, Version)
	}
	if h.Kind != want {
		return fmt.Errorf("%w: a %v where a %v belongs", ErrMalformed, h.Kind, want)
	}
	return nil
}

func checkSize(payload []byte) error {
	switch {
	case len(payload) == 0:
		return fmt.Errorf("%w: empty payload", ErrMalformed)
	case len(payload) > MaxPayload:
		return fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrMalformed, len(payload), MaxPayload)
	}
	return nil
}

// unmarshal decodes one CBOR message of the wanted kind into dst, whose header
// is h.
func unmarshal(payload []byte, want kind, dst any, h *header) error {
	err := decMode.Unmarshal(payload, dst)
	if err == nil {
		return h.check(want)
	}
	// Another version may well not fit into dst: say that, if it is so.
	var peek struct{ header }
	if decMode.Unmarshal(payload, &peek) == nil {
		if herr := peek.check(want); herr != nil {
			return herr
		}
	}
	return fmt.Errorf("%w: %v: %w", ErrMalformed, want, err)
}

func marshal(message any) ([]byte, error) {
	payload, err := encMode.Marshal(message)
	if err != nil {
		return nil, err
	}
	return payload, checkSize(payload)
}

func isJSON(payload []byte) bool {
	for _, c := range payload {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			return c == '{'
		}
	}
	return false
}

// checkName accepts what may stand in a topic, a label and a file name.
func checkName(field, s string) error {
	if err := checkText(field, s); err != nil {
		return err
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return fmt.Errorf("%w: %s %q: only Latin letters, digits, '-', '_' and '.' are allowed", ErrMalformed, field, s)
		}
	}
	return nil
}

// checkText accepts a short, printable, non-empty text.
func checkText(field, s string) error {
	if s == "" {
		return fmt.Errorf("%w: %s is empty", ErrMalformed, field)
	}
	return checkOptional(field, s)
}

func checkOptional(field, s string) error {
	if len(s) > MaxText {
		return fmt.Errorf("%w: %s: %d bytes, at most %d are allowed", ErrMalformed, field, len(s), MaxText)
	}
	if isPlain(s) {
		return nil
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: %s is not UTF-8", ErrMalformed, field)
	}
	for _, c := range s {
		if c < ' ' || c == 0x7f {
			return fmt.Errorf("%w: %s %q: control characters are not allowed", ErrMalformed, field, s)
		}
	}
	return nil
}

// isPlain reports whether a text is printable ASCII, as nearly all names are.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
