//go:build !race

package rehearsal

// usualRuns is how many runs `go test` plays: some forty seconds of one core.
const usualRuns = 150
