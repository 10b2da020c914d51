package modbus

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// String is the frame as one line for people: time of day in UTC, ► for what was
// sent and ◄ for what came, the bytes in groups as the specification draws them,
// what they mean and what became of them.
//
//	07:00:00.120 ► 0001 0000 0006 09 03 0064 000A  unit 9: 10 holding registers from 0x0064: ok
//	07:00:00.153 ◄ 09 84 02 4303  unit 9: modbus exception 2: illegal data address
//	07:00:01.402 ◄ 0903 1400  4 bytes drained
func (f Frame) String() string {
	arrow := "◄"
	if f.Direction == Sent {
		arrow = "►"
	}
	s := fmt.Sprintf("%s %s %s  %s", f.Time.UTC().Format("15:04:05.000"), arrow, f.hex(), f.meaning())
	if f.Outcome != "" {
		s += ": " + f.Outcome
	}
	return s
}

// Widths of the fields from the beginning on; all behind them are of two bytes.
var (
	mbapFields = []int{2, 2, 2, 1, 1}
	rtuFields  = []int{1, 1}
)

func (f Frame) hex() string {
	var widths []int
	switch {
	case f.Direction == Drained:
	case f.framing == framedMBAP:
		widths = mbapFields
	default:
		widths = rtuFields
	}
	if f.Direction == Received {
		widths = append(widths[:len(widths):len(widths)], 1) // byte count or exception code
	}
	var groups []string
	for rest := f.Bytes; len(rest) > 0; {
		n := 2
		if len(widths) > 0 {
			n, widths = widths[0], widths[1:]
		}
		n = min(n, len(rest))
		groups = append(groups, fmt.Sprintf("%X", rest[:n]))
		rest = rest[n:]
	}
	return strings.Join(groups, " ")
}

func (f Frame) meaning() string {
	pdu := f.pdu()
	switch {
	case f.Direction == Drained || len(pdu) < 2:
		return fmt.Sprintf("%d bytes drained", len(f.Bytes))
	case f.Direction == Sent && len(pdu) == 5:
		return fmt.Sprintf("unit %d: %d %s from 0x%04X", f.Unit, binary.BigEndian.Uint16(pdu[3:]), registers(pdu[0]), binary.BigEndian.Uint16(pdu[1:]))
	case pdu[0]&0x80 != 0:
		if e := (&Exception{Code: pdu[1]}).Error(); f.Outcome != e {
			return fmt.Sprintf("unit %d: %s", f.Unit, e)
		}
		return fmt.Sprintf("unit %d", f.Unit)
	}
	return fmt.Sprintf("unit %d: %d %s", f.Unit, pdu[1]/2, registers(pdu[0]))
}

func (f Frame) pdu() []byte {
	switch b := f.Bytes; {
	case f.framing == framedMBAP && len(b) > mbapHeader:
		return b[mbapHeader:]
	case f.framing == framedRTU && len(b) > 3:
		return b[1 : len(b)-2]
	}
	return nil
}

func registers(function byte) string {
	switch function {
	case 3:
		return "holding registers"
	case 4:
		return "input registers"
	}
	return fmt.Sprintf("registers by function %d", function)
}
