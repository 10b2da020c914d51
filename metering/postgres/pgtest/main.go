//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

var shared struct {
	mu      sync.Mutex
	cluster *Cluster
	err     error
}

// Main runs the tests of a binary and ends their cluster, if one was started. It
// returns the code to exit with.
func Main(m *testing.M) int {
	code := m.Run()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.cluster != nil {
		if err := shared.cluster.Remove(); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest:", err)
			return max(code, 1)
		}
	}
	return code
}

// Shared is the cluster of the binary, started when the first test wants it.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = Start()
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cluster
}

// Database is the DSN of a new, empty database.
func Database(t testing.TB) string {
	t.Helper()
	dsn, err := Shared(t).Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}
