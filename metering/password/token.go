package password

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"regexp"
)

// A token's text is
//
//	asue-own-<12 hexadecimal digits of its id>-<43 letters of base64url: 32 random bytes>
//
// The id finds the row, the 256 random bits open it. They need no slow hash: nobody
// tries 2^256 of them.
var tokenText = regexp.MustCompile(`^asue-own-([0-9a-f]{12})-[A-Za-z0-9_-]{43}$`)

// NewToken makes a token: the text that is told once, its id, and the SHA-256 of the
// text, which alone is kept.
func NewToken() (text, id string, hash [32]byte) {
	var b [38]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program first
	id = hex.EncodeToString(b[:6])
	text = "asue-own-" + id + "-" + base64.RawURLEncoding.EncodeToString(b[6:])
	return text, id, sha256.Sum256([]byte(text))
}

// TokenID is the id in a token's text; false if the text is no token's.
func TokenID(text string) (id string, ok bool) {
	parts := tokenText.FindStringSubmatch(text)
	if parts == nil {
		return "", false
	}
	return parts[1], true
}

// TokenMatches reports whether a text has a hash, in the same time whatever it is.
func TokenMatches(text string, hash [32]byte) bool {
	sum := sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(sum[:], hash[:]) == 1
}
