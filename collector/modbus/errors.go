package modbus

import (
	"errors"
	"fmt"
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

// answered reports that the device has answered, if only by an exception.
func answered(err error) bool { return err == nil || is[*Exception](err) }

// is reports that there is an error of the type in the chain. (A variable for
// errors.As is garbage, so it is made only where something went wrong.)
func is[E error](err error) bool {
	if err == nil {
		return false
	}
	var e E
	return errors.As(err, &e)
}
