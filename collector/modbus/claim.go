package modbus

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// A line that is polled is marked, so that a second master on it is refused
// before it talks: a file with the line's name stands in the folder asue-lines of
// the system's temporary files, says in one line who polls it, and is locked for
// as long as he does. The lock is the kernel's and of the advisory kind, so a
// process that crashes leaves none behind; the file stays and means nothing by
// itself. Processes that do not share a folder for temporary files do not see
// each other's marks.

// ClaimedError says that the line is polled already.
type ClaimedError struct {
	URL   string
	Owner string // "asue, process 4711"
}

// Error names the other process.
func (e *ClaimedError) Error() string {
	return fmt.Sprintf("modbus line %q: polled already by %s: two masters on one line get each other's answers; stop one of them", e.URL, e.Owner)
}

// Claimed reports whether a line with this address is open with Options.Claim, in
// any process of this machine, this one included, and in whose: "asue, process
// 4711". Addresses are the same if they lead to the same host and port, whatever
// is spoken there, or to the same serial port. The error is an *AddressError, or
// says why nobody can tell.
func Claimed(rawURL string) (owner string, claimed bool, err error) {
	a, err := parseAddress(rawURL)
	if err != nil {
		return "", false, err
	}
	owner, claimed, err = claimOf(a.claimFile())
	if err != nil {
		return "", false, fmt.Errorf("modbus line %q: who polls it: %w", rawURL, err)
	}
	return owner, claimed, nil
}

// claimFile is the file for an address: a name to be read by people.
func (a address) claimFile() string {
	place := strings.ToLower(a.host)
	if host, port, err := net.SplitHostPort(place); err == nil {
		if ip := net.ParseIP(host); ip != nil {
			place = net.JoinHostPort(ip.String(), port)
		}
	}
	if a.scheme == "rtu" {
		place = a.device
		if real, err := filepath.EvalSymlinks(place); err == nil { // /dev/serial/by-id/…
			place = real
		}
	}
	return filepath.Join(claimFolder(), url.PathEscape(place)) // no slash, and no two places alike
}

func claimFolder() string { return filepath.Join(os.TempDir(), "asue-lines") }

func ownName() string {
	return fmt.Sprintf("%s, process %d", filepath.Base(os.Args[0]), os.Getpid())
}
