//go:build !unix

package agentlog

// lock holds nothing where files cannot be held.
func (osDisk) lock(string) (func(), error) { return func() {}, nil }
