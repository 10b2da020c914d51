package modbus

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/simonvetter/modbus"
)

// Exception is a device's or gateway's own answer that it will not or cannot
// serve the request: code by MODBUS Application Protocol V1.1b3, section 7.
type Exception struct{ Code byte }

// exceptionNames are those of section 7 of the specification.
var exceptionNames = map[byte]string{
	1:  "illegal function",
	2:  "illegal data address",
	3:  "illegal data value",
	4:  "server device failure",
	5:  "acknowledge: still working on it",
	6:  "server device busy",
	8:  "memory parity error",
	10: "gateway path unavailable",
	11: "gateway target device failed to respond",
}

// Error says "modbus exception 2: illegal data address".
func (e *Exception) Error() string {
	name, ok := exceptionNames[e.Code]
	if !ok {
		name = "not in the specification"
	}
	return fmt.Sprintf("modbus exception %d: %s", e.Code, name)
}

// ModbusException is the exception code.
func (e *Exception) ModbusException() byte { return e.Code }

// UnreachableError says that no connection to the line's address could be made.
type UnreachableError struct{ Err error }

// Error says what the attempt to connect met.
func (e *UnreachableError) Error() string { return "no connection: " + e.Err.Error() }

// Unwrap returns the network's own error.
func (e *UnreachableError) Unwrap() error { return e.Err }

// Unreachable is true: the fault is the line's, not one unit's.
func (e *UnreachableError) Unreachable() bool { return true }

// FrameError says that what came over the line does not answer the question. Its
// bytes have been thrown away.
type FrameError struct{ Why string }

// Error says what is wrong with the frame.
func (e *FrameError) Error() string { return e.Why }

// idleError says that the peer had closed the connection before the question
// went out, or that asking it again can do no harm.
type idleError struct{ Err error }

func (e *idleError) Error() string { return e.Err.Error() }

func (e *idleError) Unwrap() error { return e.Err }

var exceptionOfError = map[error]byte{
	modbus.ErrIllegalFunction:         1,
	modbus.ErrIllegalDataAddress:      2,
	modbus.ErrIllegalDataValue:        3,
	modbus.ErrServerDeviceFailure:     4,
	modbus.ErrAcknowledge:             5,
	modbus.ErrServerDeviceBusy:        6,
	modbus.ErrMemoryParityError:       8,
	modbus.ErrGWPathUnavailable:       10,
	modbus.ErrGWTargetFailedToRespond: 11,
}

// exceptionOf finds the exception behind an error of the library, nil if it is
// none. For codes beyond the specification the library gives a text only.
func exceptionOf(err error) *Exception {
	for known, code := range exceptionOfError {
		if errors.Is(err, known) {
			return &Exception{Code: code}
		}
	}
	var code byte
	if strings.HasPrefix(err.Error(), "unknown exception code") {
		if _, scanErr := fmt.Sscanf(err.Error(), "unknown exception code (%d)", &code); scanErr == nil {
			return &Exception{Code: code}
		}
	}
	return nil
}

// explain puts the library's short words into ones that say what happened.
func explain(err error, timeout time.Duration) error {
	switch {
	case errors.Is(err, modbus.ErrRequestTimedOut):
		return fmt.Errorf("no answer within %v: %w", timeout, err)
	case errors.Is(err, modbus.ErrBadUnitId):
		return fmt.Errorf("another unit answered: %w", err)
	case errors.Is(err, modbus.ErrProtocolError):
		return fmt.Errorf("the answer is malformed or of another length: %w", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the peer closed the connection: %w", err)
	}
	return err
}
