package storetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/audit"
)

// leaderRounds is how often a process of Leaders asks for the lease.
const leaderRounds = 40

// Lead asks for one lease again and again, by the ledger's own clock, and prints
// "TERM" for each time that it had it and wrote that into the audit. Now and then
// it gives it back. It is what a process does of which Leaders starts several.
func Lead(ctx context.Context, l metering.Ledger, holder string, out io.Writer) error {
	for n := range leaderRounds {
		is, err := l.Lease(ctx, lead, holder, 20*time.Millisecond, time.Time{})
		if err != nil {
			return err
		}
		if !is.Held {
			continue
		}
		r := deed(n, "lease.held", holder, fmt.Sprint(is.Term))
		if _, err := l.Append(ctx, r); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, is.Term); err != nil {
			return err
		}
		if n%3 == 0 {
			if err := l.Release(ctx, lead, holder, is.Term); err != nil {
				return err
			}
		}
	}
	return nil
}

// Leaders starts this test binary several times at once with an addition to its
// environment that ends with the process's name and must let it play Lead, and
// checks that no term was ever held by two of them, and that what they wrote into
// the audit is one chain.
func Leaders(t testing.TB, l metering.Ledger, env string) {
	t.Helper()
	const processes = 3
	var wg sync.WaitGroup
	var mu sync.Mutex
	owner := map[string]string{}
	held := 0
	for p := range processes {
		wg.Go(func() {
			name := fmt.Sprint("process-", p)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), env+name)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("%s: %v: %s", name, err, &stderr)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, term := range strings.Fields(string(out)) {
				held++
				if other, known := owner[term]; known && other != name {
					t.Errorf("term %s was held by %s and by %s", term, other, name)
				}
				owner[term] = name
			}
		})
	}
	wg.Wait()
	c := &ledgerCase{TB: t, l: l}
	all := c.wholeAudit()
	if v := audit.Verify(all, audit.Witness{Whole: true}); v.Break != nil || len(all) != held {
		t.Errorf("%d records of %d leaderships: %v", len(all), held, v.Break)
	}
	if len(owner) < processes {
		t.Errorf("only %d terms: the test did not test much", len(owner))
	}
	t.Logf("%d processes, %d terms, held %d times", processes, len(owner), held)
}
