package modbusd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"syscall"

	"asue/metering"
	"asue/simulator/cable"
)

// serialLine is a line that is served on a pseudo terminal too.
type serialLine struct {
	line  *line
	cable *cable.Cable
}

// open binds the port of every line and makes the serial ports.
func (s *Server) open(cfg Config) error {
	for _, id := range slices.Concat(cfg.RTU, cfg.Serial) {
		if _, err := s.line(id); err != nil {
			return err
		}
	}
	for _, l := range s.lines {
		at := "127.0.0.1:0"
		if cfg.Address != nil {
			at = cfg.Address(l.id)
		}
		ln, err := net.Listen("tcp", at)
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("line %s: port %s is in use: stop the program that holds it or choose another one with --listen", l.id, at)
		}
		if err != nil {
			return fmt.Errorf("line %s: %w: choose another address with --listen", l.id, err)
		}
		s.listeners = append(s.listeners, ln)
	}
	for _, l := range s.lines {
		if !slices.Contains(cfg.Serial, l.id) {
			continue
		}
		c, err := cable.Open()
		if err != nil {
			return fmt.Errorf("line %s: %w", l.id, err)
		}
		s.serial = append(s.serial, serialLine{l, c})
	}
	return nil
}

// speak serves one connection of a line in the line's framing.
func (s *Server) speak(ctx context.Context, conn net.Conn, l *line, dice *rand.Rand) error {
	if slices.Contains(s.rtu, l.id) {
		return s.converseRTU(ctx, conn, l, dice)
	}
	return s.converse(ctx, conn, l, dice)
}

// serveSerial serves a line on its pseudo terminal until ctx ends.
func (s *Server) serveSerial(ctx context.Context, l serialLine) error {
	err := s.converseRTU(ctx, l.cable, l.line, rand.New(rand.NewPCG(s.seed, 0)))
	if err != nil && !errors.Is(err, os.ErrClosed) { // the end closes the cable, maybe in the middle of a read
		return fmt.Errorf("simulator: line %s: serial port %s: %w", l.line.id, l.cable.Path(), err)
	}
	return nil
}

// SerialPorts are the paths of the lines that Config.Serial names:
// "/dev/pts/7".
func (s *Server) SerialPorts() map[metering.LineID]string {
	at := make(map[metering.LineID]string, len(s.serial))
	for _, l := range s.serial {
		at[l.line.id] = l.cable.Path()
	}
	return at
}
