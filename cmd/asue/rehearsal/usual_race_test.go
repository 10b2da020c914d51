//go:build race

package rehearsal

// usualRuns is how many runs `go test -race` plays, which is ten times slower.
const usualRuns = 6
