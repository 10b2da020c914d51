package keys_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/cmd/internal/keys"
	"asue/metering"
	"asue/metering/wire"
)

// The first start makes a key, every later one finds it, and what it signs is
// believed by whoever was given the public half.
func TestKeyIsMadeOnceAndTrusted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "balancer.key")
	first, err := keys.Own(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keys.Own(path)
	if err != nil || !first.Equal(again) {
		t.Fatalf("the second start has another key: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the private key: %v %v, want 0600", info.Mode(), err)
	}
	trusted, err := keys.Trusted(keys.Public(path))
	if err != nil {
		t.Fatal(err)
	}
	beat := metering.Allotment{Verb: metering.VerbBeat, Agent: "agent", Term: 1, Seq: 1, Boot: 1, Nonce: 2, TTL: 1e9, IssuedAt: time.Unix(1_770_000_000, 0)}
	message, err := wire.SealAllotment(beat, first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wire.OpenAllotment(message, trusted); err != nil {
		t.Errorf("who trusts the key does not believe its message: %v", err)
	}
}

func TestManyStartsAtOnceHaveOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.key")
	var wg sync.WaitGroup
	made := make([]string, 8)
	for i := range made {
		wg.Go(func() {
			key, err := keys.Own(path)
			if err != nil {
				t.Error(err)
				return
			}
			made[i] = string(key)
		})
	}
	wg.Wait()
	for _, key := range made[1:] {
		if key != made[0] {
			t.Fatal("two starts have two keys")
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	f := func(path, want string) {
		t.Helper()
		if _, err := keys.Own(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Own(%s): %v, want %q", filepath.Base(path), err, want)
		}
	}
	f(write("open.key", "x", 0o644), "others may read it")
	f(write("text.key", "not a key", 0o600), "no PEM block")
	f(write("broken.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0o600), "broken.key")

	_, err := keys.Trusted(write("no.pub", "hello", 0o644), filepath.Join(dir, "missing.pub"))
	if err == nil || !strings.Contains(err.Error(), "no.pub") || !strings.Contains(err.Error(), "missing.pub") {
		t.Errorf("Trusted names %v, want both files", err)
	}
}
