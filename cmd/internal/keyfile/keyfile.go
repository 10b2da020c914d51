// Package keyfile keeps signing keys in files: a private one that only its owner may
// read, and beside it the public one, which is handed to whoever checks signatures.
//
// The package must not know what is signed.
package keyfile

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"asue/metering/wire"
)

// PublicName is the file of the public key beside a private one: balancer.pub
// beside balancer.key.
func PublicName(path string) string { return strings.TrimSuffix(path, ".key") + ".pub" }

// LoadOrMake reads a private key, or makes one at the first start: path with mode
// 0600, PKCS 8 in PEM, and the public key beside it. It fails on a file that others
// may read, with the remedy.
func LoadOrMake(path string) (ed25519.PrivateKey, error) {
	key, err := load(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	public := wire.FormatPublicKey(key.Public().(ed25519.PublicKey))
	if there, err := os.ReadFile(PublicName(path)); err == nil && string(there) == string(public) {
		return key, nil
	}
	if err := os.WriteFile(PublicName(path), public, 0o644); err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	return key, nil
}

func load(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s may be read by others (mode %04o): whoever has it can command; make a new one, or chmod 600 it if nobody has read it", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("%s holds no private key in PEM; move it away to have a new one made", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; move it away to have a new one made", path, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s is a key of another kind than Ed25519; move it away to have a new one made", path)
	}
	return key, nil
}

// create writes a new key whole or not at all, and overwrites none.
func create(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	next, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(next.Name()) }() // it has its second name by then
	err = pem.Encode(next, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err == nil {
		err = next.Sync()
	}
	if err = errors.Join(err, next.Close()); err != nil {
		return nil, err
	}
	switch err := os.Link(next.Name(), path); {
	case errors.Is(err, fs.ErrExist): // another process starts at the same time
		return load(path)
	case err != nil:
		return nil, err
	}
	return key, nil
}

// ReadPublic reads files of public keys, all their faults at once.
func ReadPublic(paths ...string) (wire.Keys, error) {
	var keys []ed25519.PublicKey
	var faults []error
	for _, path := range paths {
		text, err := os.ReadFile(path)
		var key ed25519.PublicKey
		if err == nil {
			key, err = wire.ParsePublicKey(text)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w; who signs makes it at its first start: copy the .pub file of that process here", path, err))
			continue
		}
		keys = append(keys, key)
	}
	return wire.Trust(keys...), errors.Join(faults...)
}
