package keyfile

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/metering/wire"
)

func TestKeyIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "balancer.key")
	first, err := LoadOrMake(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := LoadOrMake(path)
	if err != nil || !first.Equal(second) {
		t.Fatalf("another key at the second start: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	keys, err := ReadPublic(PublicName(path))
	public := first.Public().(ed25519.PublicKey)
	if err != nil || !public.Equal(keys[wire.KeyIDOf(public)]) {
		t.Errorf("%v, %v", keys, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBadKeysAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "balancer.key")
	if _, err := LoadOrMake(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrMake(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("others may read it: %v", err)
	}
	for _, content := range []string{"", "key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		other := filepath.Join(t.TempDir(), "x.key")
		if err := os.WriteFile(other, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadOrMake(other); err == nil || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("%q: %v", content, err)
		}
	}
	_, err := ReadPublic("no-such.pub", path)
	if err == nil || strings.Count(err.Error(), "copy the .pub file") != 2 {
		t.Errorf("two bad public keys: %v", err)
	}
}
