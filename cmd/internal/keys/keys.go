// Package keys keeps the Ed25519 keys of a process in files: the private one that
// it signs with, made at its first start, and the public ones that it trusts.
//
// The package must not know what is signed.
package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"asue/metering/wire"
)

const block = "PRIVATE KEY" // PKCS #8 (RFC 5958) in PEM

// Public is where the public half of a private key lies: "balancer.key" has
// "balancer.pub" beside it, which is what others are given to trust.
func Public(private string) string {
	return private[:len(private)-len(filepath.Ext(private))] + ".pub"
}

// Own reads the private key of a file, or makes one (readable by its owner alone) if
// there is no file, and sees to it that its public half lies beside it. It fails on
// a file that is no key, or that others may read: a key that somebody else may have
// is worth nothing.
func Own(path string) (ed25519.PrivateKey, error) {
	key, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = create(path)
	}
	if err != nil {
		return nil, err
	}
	public := wire.FormatPublicKey(key.Public().(ed25519.PublicKey))
	if have, err := os.ReadFile(Public(path)); err == nil && bytes.Equal(have, public) {
		return key, nil
	}
	if err := os.WriteFile(Public(path), public, 0o644); err != nil {
		return nil, fmt.Errorf("public key beside %s: %w", path, err)
	}
	return key, nil
}

func read(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("private key %s: others may read it (mode %#o): whoever has, may give commands; make a new one by moving this one away, or chmod 600 if you know that nobody has", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	p, _ := pem.Decode(text)
	if p == nil || p.Type != block {
		return nil, fmt.Errorf("private key %s: no PEM block %q; move the file away and a new key is made", path, block)
	}
	any, err := x509.ParsePKCS8PrivateKey(p.Bytes)
	if err != nil {
		return nil, fmt.Errorf("private key %s: %w", path, err)
	}
	key, ok := any.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("private key %s: a %T, want an Ed25519 key", path, any)
	}
	return key, nil
}

// create makes a key beside its place and links it there, so that of two processes
// that start at once both have the key of the first, and no half-written one is read.
func create(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a private key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make a private key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-")
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der}))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("private key %s: %w", path, err)
	}
	switch err := os.Link(f.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		return read(path)
	case err != nil:
		return nil, fmt.Errorf("private key %s: %w", path, err)
	}
	return key, nil
}

// Trusted reads the public keys of some files. It names every file that holds none.
func Trusted(paths ...string) (wire.Keys, error) {
	var list []ed25519.PublicKey
	var faults []error
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err == nil {
			var key ed25519.PublicKey
			if key, err = wire.ParsePublicKey(text); err == nil {
				list = append(list, key)
				continue
			}
		}
		faults = append(faults, fmt.Errorf("trusted key %s: %w", path, err))
	}
	return wire.Trust(list...), errors.Join(faults...)
}
