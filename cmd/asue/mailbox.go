package main

import "sync"

// mailbox keeps the newest letter for each address until somebody takes them. A
// newer letter replaces an older one, so it never fills up and putting never
// waits.
type mailbox[T any] struct {
	wake chan struct{} // has one entry while there is a letter

	mu      sync.Mutex
	letters map[string]T
}

func newMailbox[T any]() *mailbox[T] {
	return &mailbox[T]{wake: make(chan struct{}, 1), letters: map[string]T{}}
}

func (m *mailbox[T]) put(address string, letter T) {
	m.mu.Lock()
	m.letters[address] = letter
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mailbox[T]) take() map[string]T {
	m.mu.Lock()
	defer m.mu.Unlock()
	letters := m.letters
	m.letters = map[string]T{}
	return letters
}
