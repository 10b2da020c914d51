package password_test

import (
	"regexp"
	"strings"
	"testing"

	"asue/metering/password"
)

func TestKeyOpensOnceMade(t *testing.T) {
	text, kept := password.NewKey()
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`).MatchString(text) {
		t.Errorf("key %q", text)
	}
	if !password.IsKey(kept) || strings.Contains(kept, text) {
		t.Errorf("kept is %q", kept)
	}
	if !password.KeyMatches(kept, text) {
		t.Error("its own key does not open")
	}
	other, _ := password.NewKey()
	for _, wrong := range []string{"", other, text + "x", text[1:], strings.ToLower(text), kept} {
		if wrong != text && password.KeyMatches(kept, wrong) {
			t.Errorf("%q opens", wrong)
		}
	}
}

// A key is no password, and a password no key, whichever way they are tried.
func TestKeysAndPasswordsKeepApart(t *testing.T) {
	text, kept := password.NewKey()
	if ok, _ := cheap().Check(t.Context(), kept, text); ok {
		t.Error("a key passes for a password")
	}
	hash, err := cheap().Hash(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	if password.IsKey(hash) || password.KeyMatches(hash, text) || password.KeyMatches("", "") {
		t.Error("a password passes for a key")
	}
}
