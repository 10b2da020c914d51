// Package e2e holds the tests that run the built program as its users do: as
// processes, with foreign tools, in a browser. It has no code of its own.
package e2e
