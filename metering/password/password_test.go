package password_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"asue/metering/password"
)

func cheap() *password.Hasher {
	return password.NewHasher(password.Params{Memory: 64, Passes: 1, Lanes: 1})
}

func TestHashIsCheckedAgain(t *testing.T) {
	h := cheap()
	one, err := h.Hash(t.Context(), "трое в лодке")
	if err != nil || !strings.HasPrefix(one, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("%s, %v", one, err)
	}
	two, err := h.Hash(t.Context(), "трое в лодке")
	if err != nil || one == two {
		t.Errorf("two hashes of one password are the same: the salt is missing (%v)", err)
	}
	f := func(given string, want bool) {
		t.Helper()
		if ok, err := password.NewHasher(password.Usual()).Check(t.Context(), one, given); ok != want || err != nil {
			t.Errorf("%q: %v, %v", given, ok, err)
		}
	}
	f("трое в лодке", true)
	f("трое в лодке ", false)
	f("Трое в лодке", false)
	f("", false)
	composed, err := h.Hash(t.Context(), "мой дом")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := h.Check(t.Context(), composed, "мои\u0306 дом"); !ok || err != nil {
		t.Errorf("й in two letters: %v, %v", ok, err)
	}
	if ok, err := h.Waste(t.Context(), "трое в лодке"); ok || err != nil {
		t.Errorf("Waste: %v, %v", ok, err)
	}
}

// The reference implementation's own figures (phc-winner-argon2, src/test.c).
func TestKnownHash(t *testing.T) {
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := cheap().Check(t.Context(), phc, "password"); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestStrangeHashesAreRefused(t *testing.T) {
	const salt, key = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, phc := range []string{
		"", "password", "$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + key, "$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=9999999,t=1,p=1$" + salt + "$" + key, "$argon2id$v=19$m=64,t=100,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + key, "$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=1,p=1$$" + key, "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$", "$argon2id$v=19$x$" + salt + "$" + key,
	} {
		ok, err := cheap().Check(t.Context(), phc, "password")
		if ok || err == nil || len(phc) > 8 && strings.Contains(err.Error(), phc) {
			t.Errorf("%s: %v, %v", phc, ok, err)
		}
	}
}

// Two are made at once, sixteen wait, and nobody waits longer than he wants.
func TestQueueIsBounded(t *testing.T) {
	h := password.NewHasher(password.Params{Memory: 16 << 10, Passes: 2, Lanes: 1})
	var wg sync.WaitGroup
	var mu sync.Mutex
	made, busy := 0, 0
	begin := make(chan struct{})
	for range 60 {
		wg.Go(func() {
			<-begin
			_, err := h.Hash(t.Context(), "трое в лодке")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case errors.Is(err, password.ErrBusy):
				busy++
			default:
				t.Error(err)
			}
		})
	}
	close(begin)
	wg.Wait()
	if made < 18 || made+busy != 60 {
		t.Errorf("%d made, %d refused", made, busy)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // a turn may be free
		if _, err := h.Hash(ctx, "x"); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestRules(t *testing.T) {
	f := func(text string, ok bool) {
		t.Helper()
		if err := password.Accept(text, "a.omarova"); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	f("трое в лодке", true)
	f("correct horse battery staple", true)
	f(strings.Repeat("длинный пароль ", 8), true)
	f("k7Qz-рф9", true)
	f("семьбукв", true)
	f("семь бу", false)
	f("", false)
	f(strings.Repeat("ab3d", 65), false)
	f("password", false)
	f("Password123!", false)
	f("ЙЦУКЕН123", false)
	f("Dispatcher2026", false)
	f("12345678", false)
	f("abcdefghijkl", false)
	f("aaaaaaaaaaaa", false)
	f("abababababab", false)
	f("a.omarova", false)
	f("A.Omarova2026", false)
	f("a.omarovaa.omarova", false)
	f("broken \xff text here", false)
}

func TestRandomPasswords(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		p := password.Random()
		if err := password.Accept(p, "admin"); err != nil || len(p) != 23 || seen[p] {
			t.Fatalf("%s: %v", p, err)
		}
		seen[p] = true
	}
}
