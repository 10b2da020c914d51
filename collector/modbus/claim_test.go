package modbus_test

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"asue/collector/modbus"
)

// asPoller makes the test binary a process that polls the line whose address is
// its value, until its standard input ends.
const asPoller = "ASUE_MODBUS_POLLER"

func pollInAnotherProcess() {
	l, err := modbus.Open(os.Getenv(asPoller), modbus.Options{Claim: true})
	fmt.Println(err)
	if err == nil {
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		l.Close()
	}
}

func mustBeClaimed(t *testing.T, rawURL string, want bool) (owner string) {
	t.Helper()
	owner, claimed, err := modbus.Claimed(rawURL)
	if err != nil || claimed != want || (owner != "") != want {
		t.Fatalf("claimed by %q: %v, %v; want %v", owner, claimed, err, want)
	}
	return owner
}

// A line that one process polls is refused to another, which is told whose it is;
// when the first one is killed, the line is free.
func TestClaimOfAnotherProcess(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const line = "tcp://127.0.0.1:5020"
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), asPoller+"="+line)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if said, err := bufio.NewReader(out).ReadString('\n'); said != "<nil>\n" {
		t.Fatalf("the other process says %q, %v", said, err)
	}
	owner := fmt.Sprintf("%s, process %d", filepath.Base(os.Args[0]), other.Process.Pid)
	if got := mustBeClaimed(t, line, true); got != owner {
		t.Fatalf("claimed by %q, want %q", got, owner)
	}
	_, err = modbus.Open(line, modbus.Options{Claim: true})
	var taken *modbus.ClaimedError
	if !errors.As(err, &taken) || taken.Owner != owner || !strings.Contains(err.Error(), line) {
		t.Fatalf("got %v", err)
	}
	if l, err := modbus.Open(line, modbus.Options{}); err != nil {
		t.Fatalf("who does not poll is not refused: %v", err)
	} else {
		l.Close()
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // it was killed
	mustBeClaimed(t, line, false)
}

// The claim is the place's, however it is written, and ends with Close.
func TestClaimIsOfThePlace(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	port := filepath.Join(dir, "ttyUSB0")
	if err := os.WriteFile(port, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(port, filepath.Join(dir, "by-id")); err != nil {
		t.Fatal(err)
	}
	same := func(rawURL, another string) {
		t.Helper()
		l, err := modbus.Open(rawURL, modbus.Options{Claim: true})
		if err != nil {
			t.Fatal(err)
		}
		mustBeClaimed(t, another, true)
		if _, err := modbus.Open(another, modbus.Options{Claim: true}); err == nil {
			t.Fatal("claimed twice")
		}
		l.Close()
		l.Close()
		mustBeClaimed(t, another, false)
	}
	same("tcp://Gateway:502", "tcp://gateway:502?pool=2")
	same("tcp://gateway:502", "rtu+tcp://gateway:502?baud=2400")
	same("tcp://[0:0::1]:502", "tcp://[::1]:502/")
	same("rtu://"+port+"?baud=9600&parity=N", "rtu://"+filepath.Join(dir, "by-id")+"?baud=1200&parity=E")

	l, err := modbus.Open("tcp://gateway:502", modbus.Options{Claim: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	mustBeClaimed(t, "tcp://gateway:503", false)
	mustBeClaimed(t, "tcp://gateway1:502", false)
	if _, _, err := modbus.Claimed("tcp://gateway"); err == nil {
		t.Fatal("no error for an address that is none")
	}
}

// Where no mark can be made, polling goes on.
func TestNoPlaceForClaims(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if err := os.WriteFile(filepath.Join(dir, "asue-lines"), nil, 0o600); err != nil { // a file in place of the folder
		t.Fatal(err)
	}
	var said strings.Builder
	l, err := modbus.Open("tcp://gateway:502", modbus.Options{Claim: true, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if !strings.Contains(said.String(), "not marked as polled") {
		t.Fatalf("log: %q", said.String())
	}
}
