package faultproxy

import "math/rand/v2"

// Misspell is what a kind of fault makes of an answer.
func Misspell(f Framing, k Kind, frame []byte) []byte {
	return f.misspell(k, Faults{}.withDefaults(), rand.New(rand.NewPCG(1, 1)), frame)
}
