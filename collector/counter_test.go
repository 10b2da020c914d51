package collector

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCounterStories plays testdata/counters.txt: a register's states as they are
// read, and what is made of each.
func TestCounterStories(t *testing.T) {
	file, err := os.Open("testdata/counters.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var c *counter
	at := time.Duration(0)
	for n, lines := 1, bufio.NewScanner(file); lines.Scan(); n++ {
		words, want, told := strings.Cut(lines.Text(), "->")
		fields := strings.Fields(words)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
			continue
		case fields[0] == "counter":
			c = &counter{}
			for _, f := range fields[1:] {
				name, value, _ := strings.Cut(f, "=")
				v, err := strconv.ParseInt(value, 10, 64)
				if err != nil {
					t.Fatalf("line %d: %v", n, err)
				}
				switch name {
				case "modulus":
					c.modulus = v
				case "per_hour":
					c.perHour = float64(v)
				default:
					t.Fatalf("line %d: %q", n, f)
				}
			}
			continue
		case fields[0] == "step":
			step, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatalf("line %d: %v", n, err)
			}
			c.scale(step)
			continue
		case fields[0] == "exchanged":
			c.exchanged = true
			continue
		}
		after, err1 := time.ParseDuration(strings.TrimPrefix(fields[0], "+"))
		raw, err2 := strconv.ParseInt(fields[1], 10, 64)
		if err1 != nil || err2 != nil || !told {
			t.Fatalf("line %d: %q", n, lines.Text())
		}
		at += after
		q, why, again := c.take(raw, at)
		got := q.String()
		if again {
			got += ", read again"
		}
		if why != "" {
			got += ": " + why
		}
		if got != strings.TrimSpace(want) {
			t.Errorf("line %d: %s\n got %s\nwant %s", n, words, got, strings.TrimSpace(want))
		}
	}
}
