package password

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// A key is what a screen shows instead of a person's password: 43 letters of base64url,
// which are 32 random bytes. Kept is
//
//	$asue-key$v=1$<43 letters of base64: SHA-256 of the text>
//
// It needs no slow hash: nobody tries 2^256 of them. As a password it never matches.
const keyMark = "$asue-key$v=1$"

// NewKey makes a key: its text, which is told once, and what is kept of it.
func NewKey() (text, kept string) {
	var b [32]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program first
	text = base64.RawURLEncoding.EncodeToString(b[:])
	return text, keepKey(text)
}

// IsKey reports whether what is kept is a key's and not a password's.
func IsKey(kept string) bool { return strings.HasPrefix(kept, keyMark) }

// KeyMatches reports whether a text is the key of which that is kept, in the same time
// whatever the text is. A password's hash matches no key.
func KeyMatches(kept, text string) bool {
	return IsKey(kept) && subtle.ConstantTimeCompare([]byte(kept), []byte(keepKey(text))) == 1
}

func keepKey(text string) string {
	sum := sha256.Sum256([]byte(text))
	return keyMark + base64.RawStdEncoding.EncodeToString(sum[:])
}
