package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"asue/metering"
)

// ErrSignature says that a sealed message is not signed by a key that the reader
// trusts for messages of its kind. Trying again is useless; the remedy is to hand
// the sender's public key to the reader, if the sender is the right one.
var ErrSignature = errors.New("signature does not hold")

// KeyID names a key: the first 8 bytes of the SHA-256 of the public key.
type KeyID [8]byte

// KeyIDOf is the name of a public key.
func KeyIDOf(public ed25519.PublicKey) KeyID {
	sum := sha256.Sum256(public)
	return KeyID(sum[:8])
}

// String is the name in hexadecimal digits.
func (k KeyID) String() string { return hex.EncodeToString(k[:]) }

// Keys are the public keys that a reader trusts for one kind of message. The zero
// Keys trust nobody. Keys are not changed while they are in use, and may then be
// used from any goroutine at once.
type Keys map[KeyID]ed25519.PublicKey

// Trust makes Keys of some public keys.
func Trust(public ...ed25519.PublicKey) Keys {
	keys := make(Keys, len(public))
	for _, p := range public {
		keys[KeyIDOf(p)] = p
	}
	return keys
}

// SealAllotment signs an allotment for its agent. It fails with ErrMalformed on
// what OpenAllotment would refuse.
func SealAllotment(a metering.Allotment, key ed25519.PrivateKey) ([]byte, error) {
	payload, err := EncodeAllotment(a)
	if err != nil {
		return nil, err
	}
	return seal(domainAllotment, payload, key)
}

// OpenAllotment reads a sealed allotment. It fails with ErrSignature, and then
// nothing of the content was looked at, with ErrVersion or ErrMalformed.
func OpenAllotment(message []byte, trusted Keys) (metering.Allotment, error) {
	payload, err := open(domainAllotment, message, trusted)
	if err != nil {
		return metering.Allotment{}, fmt.Errorf("open allotment: %w", err)
	}
	return DecodeAllotment(payload)
}

// SealOrder signs an order for the balancer. It fails with ErrMalformed on what
// OpenOrder would refuse.
func SealOrder(o metering.Order, key ed25519.PrivateKey) ([]byte, error) {
	payload, err := EncodeOrder(o)
	if err != nil {
		return nil, err
	}
	return seal(domainOrder, payload, key)
}

// OpenOrder reads a sealed order, as OpenAllotment does an allotment.
func OpenOrder(message []byte, trusted Keys) (metering.Order, error) {
	payload, err := open(domainOrder, message, trusted)
	if err != nil {
		return metering.Order{}, fmt.Errorf("open order: %w", err)
	}
	return DecodeOrder(payload)
}

// Unsealed is the content of a sealed message and the key that it names, without
// any proof: for people who listen, never for whoever obeys.
func Unsealed(message []byte) (payload []byte, key KeyID, err error) {
	s, err := unpackSeal(message)
	if err != nil {
		return nil, KeyID{}, fmt.Errorf("look into a seal: %w", err)
	}
	return s.Payload, KeyID(s.Key), nil
}

// SealedJSON writes a sealed message as JSON, signature and all; the payload keeps
// its bytes.
func SealedJSON(message []byte) ([]byte, error) {
	s, err := unpackSeal(message)
	if err != nil {
		return nil, fmt.Errorf("encode seal: %w", err)
	}
	return marshalJSON("encode seal", jsonSeal{jsonHeader{Version, kindSealed.String()}, s.Key, s.Payload, s.Signature})
}

// Domains keep a signature under one kind of message from holding under another.
// What is signed is the domain, then the payload.
const (
	domainAllotment = "asue/v1/allotment\x00"
	domainOrder     = "asue/v1/order\x00"
)

// The drawn form of doc.go, field by field.
type (
	cborSeal struct {
		header
		Key       []byte `cbor:"2,keyasint"`
		Payload   []byte `cbor:"3,keyasint"`
		Signature []byte `cbor:"4,keyasint"`
	}
	jsonSeal struct {
		jsonHeader
		Key       hexBytes `json:"key"`
		Payload   []byte   `json:"payload"` // base64
		Signature []byte   `json:"signature"`
	}
)

func seal(domain string, payload []byte, key ed25519.PrivateKey) ([]byte, error) {
	id := KeyIDOf(key.Public().(ed25519.PublicKey)) // the only kind that it has
	return marshal(&cborSeal{
		header: header{Version: Version, Kind: kindSealed}, Key: id[:], Payload: payload, Signature: ed25519.Sign(key, signed(domain, payload)),
	})
}

func open(domain string, message []byte, trusted Keys) ([]byte, error) {
	s, err := unpackSeal(message)
	if err != nil {
		return nil, err
	}
	id := KeyID(s.Key)
	public, known := trusted[id]
	switch {
	case !known:
		return nil, fmt.Errorf("%w: key %v is not trusted here", ErrSignature, id)
	case !ed25519.Verify(public, signed(domain, s.Payload), s.Signature):
		return nil, fmt.Errorf("%w: key %v has not signed these bytes", ErrSignature, id)
	}
	return s.Payload, nil
}

func signed(domain string, payload []byte) []byte {
	return append([]byte(domain), payload...)
}

// unpackSeal takes the wrapper apart and sees to its sizes.
func unpackSeal(message []byte) (cborSeal, error) {
	var s cborSeal
	if err := checkSize(message); err != nil {
		return s, err
	}
	if isJSON(message) {
		var j jsonSeal
		if err := unmarshalJSON(message, kindSealed, &j, &j.jsonHeader); err != nil {
			return s, err
		}
		s = cborSeal{Key: j.Key, Payload: j.Payload, Signature: j.Signature}
	} else if err := unmarshal(message, kindSealed, &s, &s.header); err != nil {
		return s, err
	}
	if len(s.Key) != len(KeyID{}) || len(s.Signature) != ed25519.SignatureSize || len(s.Payload) == 0 {
		return s, fmt.Errorf("%w: a seal with a key id of %d bytes, a signature of %d and a payload of %d", ErrMalformed, len(s.Key), len(s.Signature), len(s.Payload))
	}
	return s, nil
}

// publicPrefix begins the one line of a public key's file.
const publicPrefix = "asue-ed25519 "

// FormatPublicKey writes a public key as one line of text: "asue-ed25519 " and the
// key in base64.
func FormatPublicKey(public ed25519.PublicKey) []byte {
	return []byte(publicPrefix + base64.StdEncoding.EncodeToString(public) + "\n")
}

// ParsePublicKey reads what FormatPublicKey wrote. It fails with ErrMalformed.
func ParsePublicKey(text []byte) (ed25519.PublicKey, error) {
	line, ok := strings.CutPrefix(string(bytes.TrimSpace(text)), publicPrefix)
	key, err := base64.StdEncoding.DecodeString(line)
	if !ok || err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("public key: %w: want one line %q and %d bytes in base64", ErrMalformed, publicPrefix+"…", ed25519.PublicKeySize)
	}
	return key, nil
}
