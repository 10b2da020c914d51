//go:build !linux

package main

import (
	"errors"
	"os"
)

// readSilently is for Linux alone: elsewhere a terminal would show the password.
func readSilently(*os.File) (string, error) {
	return "", errors.New("on this system the terminal would show the password: use --password-stdin or --password-file")
}
