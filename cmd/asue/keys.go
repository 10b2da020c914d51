package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// PEM blocks of key files: PKCS #8 and PKIX, as openssl has them.
const (
	privateBlock = "PRIVATE KEY"
	publicBlock  = "PUBLIC KEY"
)

// signingKey reads an Ed25519 key from a file, which it makes if it is not there,
// and writes the public one beside it as path.pub for whoever checks signatures.
func signingKey(private, public string) (ed25519.PrivateKey, error) {
	key, err := readPrivate(private)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makePrivate(private)
	}
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	if _, err := os.Stat(public); err == nil {
		return key, nil
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", private, err)
	}
	if err := os.WriteFile(public, pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der}), 0o644); err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	return key, nil
}

func readPrivate(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s may be read by others than its owner: chmod 600 it, and if somebody may have read it, move it away so that a new one is made", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != privateBlock {
		return nil, fmt.Errorf("%s holds no key: move it away, and a new one is made", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	ed, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a key of another kind than Ed25519: move it away, and a new one is made", path)
	}
	return ed, nil
}

func makePrivate(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	err = pem.Encode(f, &pem.Block{Type: privateBlock, Bytes: der})
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return key, nil
}

// readPublic reads all public keys of a file.
func readPublic(path string) ([]ed25519.PublicKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var keys []ed25519.PublicKey
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if ed, ok := key.(ed25519.PublicKey); ok {
			keys = append(keys, ed)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s holds no Ed25519 public key", path)
	}
	return keys, nil
}
