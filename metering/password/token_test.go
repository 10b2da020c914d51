package password_test

import (
	"strings"
	"testing"

	"asue/metering/password"
)

func TestTokenIsKnownByItsHashAlone(t *testing.T) {
	text, id, hash := password.NewToken()
	if got, ok := password.TokenID(text); !ok || got != id {
		t.Fatalf("%s has the id %q, %v; want %q", text, got, ok, id)
	}
	if !password.TokenMatches(text, hash) {
		t.Errorf("%s does not match its own hash", text)
	}
	other, _, _ := password.NewToken()
	forged := strings.Replace(other, other[:21], text[:21], 1) // the right id, other random bits
	if password.TokenMatches(forged, hash) || password.TokenMatches("", hash) || password.TokenMatches(text[:len(text)-1], hash) {
		t.Error("another text matches")
	}
	if text == other || strings.Contains(text, "=") {
		t.Errorf("%s and %s", text, other)
	}
	f := func(text string) {
		t.Helper()
		if id, ok := password.TokenID(text); ok {
			t.Errorf("%q passes for a token of the id %s", text, id)
		}
	}
	f("")
	f(text + "x")
	f(text[:len(text)-1])
	f(" " + text)
	f(strings.ToUpper(text))
	f(strings.Replace(text, "asue-own", "asue-all", 1))
}
