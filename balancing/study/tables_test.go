package study_test

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
)

// readTable reads the columns of a text table; what stands behind # is for people.
func readTable(t testing.TB, file string) (rows [][]string) {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if columns := strings.Fields(text); len(columns) > 0 {
			rows = append(rows, columns)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s: no rows", file)
	}
	return rows
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
