package node

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// NewLogger writes text for people at a terminal and JSON for machines, from a
// level on: debug, info, warn or error.
func NewLogger(w io.Writer, level *slog.LevelVar, asJSON bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if asJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// ParseLevel reads a log level.
func ParseLevel(text string) (*slog.LevelVar, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.ToUpper(text))); err != nil {
		return nil, fmt.Errorf("log level %q: use debug, info, warn or error", text)
	}
	v := new(slog.LevelVar)
	v.Set(l)
	return v, nil
}

// IsTerminal reports whether a file is a terminal.
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
