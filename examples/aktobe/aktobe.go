// Package aktobe carries the example site file of the industrial zone «Актобе»,
// on which the demo runs. Residents, loads and technical conditions in it are
// invented.
package aktobe

import _ "embed" // the site file

//go:embed site.yaml
var site []byte

// Site returns the example's site file.
func Site() []byte { return site }
