// Package hush keeps the standard logger silent while the engine's packages are
// initialised: a library under VictoriaMetrics reports there, before main, that
// the kernel has no pressure files, and every command of the program would print
// that line. Packages are initialised in the order of their import paths as far
// as their imports allow, so this one, which needs the standard library only,
// comes before github.com/…; package engine comes after and calls Speak.
//
// It must not know what is said.
package hush

import (
	"io"
	"log"
	"os"
)

var quiet = func() bool { log.SetOutput(io.Discard); return true }()

// Speak lets the standard logger write to stderr again. It returns true.
func Speak() bool {
	log.SetOutput(os.Stderr)
	return quiet
}
