package modbus

// ClaimedError says that another process polls the line.
type ClaimedError struct {
	URL   string
	Owner string // "asue, process 4711"
}

// Error names the other process.
func (e *ClaimedError) Error() string {
	return "line " + e.URL + " is polled already by " + e.Owner + ": two masters on one line get each other's answers; stop one of them"
}

type claim struct{}

func claimLine(address) (*claim, error) { return nil, nil }
func (c *claim) release()               {}
