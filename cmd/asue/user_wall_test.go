package main

import (
	"regexp"
	"testing"

	"asue/metering"
	"asue/metering/password"
)

// A screen gets a key, another one in its place, and is shut; a person's account is left alone.
func TestUserWall(t *testing.T) {
	dir := t.TempDir()
	f := func(want int, args ...string) string {
		t.Helper()
		out, code := runAsue(t, "трое в лодке не считая собаки\n", append(append([]string{"user"}, args...), "--data", dir)...)
		if code != want {
			t.Fatalf("asue user %v exits with %d: %s", args, code, out)
		}
		return out
	}
	address := regexp.MustCompile(`https://asue\.example\.kz/\?kiosk=1#wall-1\.([A-Za-z0-9_-]{43})\n`)
	key := func() string {
		t.Helper()
		out := f(0, "wall", "wall-1", "--url", "https://asue.example.kz")
		found := address.FindStringSubmatch(out)
		if found == nil {
			t.Fatalf("no address in %q", out)
		}
		return found[1]
	}
	first := key()
	a := accountOf(t, dir, "wall-1")
	if a.Role != metering.RoleViewer || !a.Enabled || a.MustChange || !password.KeyMatches(a.Password, first) {
		t.Errorf("%+v", a)
	}
	f(0, "role", "wall-1", "admin") // what somebody does by mistake the next key sets right
	second := key()
	a = accountOf(t, dir, "wall-1")
	if a.Role != metering.RoleViewer || password.KeyMatches(a.Password, first) || !password.KeyMatches(a.Password, second) {
		t.Errorf("%+v", a)
	}
	f(0, "add", "a.omarova", "--role", "viewer", "--password-stdin")
	before := accountOf(t, dir, "a.omarova")
	f(1, "wall", "a.omarova")
	if after := accountOf(t, dir, "a.omarova"); after != before {
		t.Errorf("a person's account was %+v, is %+v", before, after)
	}
	f(2, "wall", "Стена")
	f(2, "wall", "wall-2", "--url", "asue.example.kz")
	f(0, "disable", "wall-1")
	if accountOf(t, dir, "wall-1").Enabled {
		t.Error("it is not shut")
	}
}
