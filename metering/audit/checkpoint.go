package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"asue/metering"
)

// How long a record may wait for a checkpoint.
const (
	CheckpointRecords = 1000
	CheckpointEvery   = 5 * time.Minute
)

// Due reports whether a checkpoint is to be made: the chain stands at head, last
// is the youngest checkpoint, or the zero one.
func Due(last metering.AuditCheckpoint, head uint64, now time.Time) bool {
	if head <= last.Seq {
		return false
	}
	return head-last.Seq >= CheckpointRecords || !now.Before(last.At.Add(CheckpointEvery)) || now.Before(last.At)
}

// Sign makes the checkpoint of a chain that stands at a link.
func Sign(l Link, now time.Time, key ed25519.PrivateKey) metering.AuditCheckpoint {
	c := metering.AuditCheckpoint{Seq: l.Seq, At: time.UnixMilli(now.UnixMilli()).UTC(), Hash: l.Hash}
	c.Key = KeyID(key.Public().(ed25519.PublicKey))
	c.Signature = [64]byte(ed25519.Sign(key, signedBytes(c)))
	return c
}

// Signed reports whether a checkpoint carries the signature of a key.
func Signed(c metering.AuditCheckpoint, key ed25519.PublicKey) bool {
	return len(key) == ed25519.PublicKeySize && c.Key == KeyID(key) && ed25519.Verify(key, signedBytes(c), c.Signature[:])
}

// KeyID is the name of a public key: the first 8 bytes of its SHA-256.
func KeyID(key ed25519.PublicKey) [8]byte {
	sum := sha256.Sum256(key)
	return [8]byte(sum[:8])
}

func signedBytes(c metering.AuditCheckpoint) []byte {
	b := []byte("asue audit checkpoint 1\n")
	b = binary.BigEndian.AppendUint64(b, c.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(c.At.UnixMilli()))
	return append(b, c.Hash[:]...)
}

const (
	lineMark = "asue-audit-checkpoint-1"
	timeForm = "2006-01-02T15:04:05.000Z"
)

// Line is a checkpoint as a line of text, without its end.
func Line(c metering.AuditCheckpoint) string {
	return fmt.Sprintf("%s %d %s %x %x %s", lineMark, c.Seq, c.At.UTC().Format(timeForm), c.Hash, c.Key,
		base64.StdEncoding.EncodeToString(c.Signature[:]))
}

// ParseLines reads checkpoints from text. A line may have something before the
// mark, as logs put it there; lines without the mark are passed over. A line that
// has the mark and is no checkpoint is an error, which names it.
func ParseLines(text string) ([]metering.AuditCheckpoint, error) {
	var list []metering.AuditCheckpoint
	for n, line := range strings.Split(text, "\n") {
		i := strings.Index(line, lineMark+" ")
		if i < 0 {
			continue
		}
		c, err := parseLine(line[i:])
		if err != nil {
			return nil, fmt.Errorf("line %d: checkpoint: %w", n+1, err)
		}
		list = append(list, c)
	}
	return list, nil
}

func parseLine(line string) (c metering.AuditCheckpoint, err error) {
	f := strings.Fields(line)
	if len(f) < 6 {
		return c, fmt.Errorf("it has %d fields, and 6 are needed", len(f))
	}
	if c.Seq, err = strconv.ParseUint(f[1], 10, 63); err != nil {
		return c, fmt.Errorf("number: %w", err)
	}
	if c.At, err = time.Parse(timeForm, f[2]); err != nil {
		return c, fmt.Errorf("time: %w", err)
	}
	if err := fill(c.Hash[:], f[3], hex.DecodeString); err != nil {
		return c, fmt.Errorf("hash: %w", err)
	}
	if err := fill(c.Key[:], f[4], hex.DecodeString); err != nil {
		return c, fmt.Errorf("key: %w", err)
	}
	if err := fill(c.Signature[:], base64Part(f[5]), base64.StdEncoding.DecodeString); err != nil {
		return c, fmt.Errorf("signature: %w", err)
	}
	return c, nil
}

// base64Part is the beginning of a text that can be base64: a log may have put
// quotes and brackets behind it.
func base64Part(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", r)
	})
	if end < 0 {
		return text
	}
	return text[:end]
}

// fill decodes a text into bytes that it must fill.
func fill(into []byte, text string, decode func(string) ([]byte, error)) error {
	b, err := decode(text)
	if err != nil {
		return err
	}
	if len(b) != len(into) {
		return fmt.Errorf("%d bytes, and %d are needed", len(b), len(into))
	}
	copy(into, b)
	return nil
}
