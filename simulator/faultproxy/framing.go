package faultproxy

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Framing says what a proxy takes for one answer.
type Framing uint8

// Framings.
const (
	MBAP  Framing = iota // Modbus/TCP
	RTU                  // Modbus over serial line
	Bytes                // whatever comes at once, such as TLS records
)

// String is the framing's usual name.
func (f Framing) String() string {
	switch f {
	case MBAP:
		return "Modbus/TCP"
	case RTU:
		return "RTU"
	}
	return "bytes"
}

// headerSize is the length of the MBAP header: transaction 2, protocol 2, length
// of the rest 2, unit 1 (MODBUS Messaging on TCP/IP V1.0b, 3.1.3).
const headerSize = 7

// read reads one answer. The server is not under suspicion: what cannot be an
// answer is an error.
func (f Framing) read(in io.Reader) ([]byte, error) {
	switch f {
	case MBAP:
		return readMBAP(in)
	case RTU:
		return readRTU(in)
	}
	buf := make([]byte, 16<<10)
	n, err := in.Read(buf)
	if n > 0 {
		return buf[:n], nil
	}
	return nil, err
}

func readMBAP(in io.Reader) ([]byte, error) {
	frame := make([]byte, headerSize, 260)
	if _, err := io.ReadFull(in, frame); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint16(frame[4:]))
	if length < 3 || length > 254 {
		return nil, fmt.Errorf("the server sends a frame of %d bytes", length)
	}
	frame = frame[:6+length]
	_, err := io.ReadFull(in, frame[headerSize:])
	return frame, err
}

// readRTU finds the end of an answer by its function, as all answers to functions
// 1 to 6, 15 and 16 allow (MODBUS Application Protocol V1.1b3, section 6).
func readRTU(in io.Reader) ([]byte, error) {
	frame := make([]byte, 5, 256)
	if _, err := io.ReadFull(in, frame); err != nil {
		return nil, err
	}
	length := 5
	switch function := frame[1]; {
	case function >= 0x80:
	case function >= 1 && function <= 4:
		length = 5 + int(frame[2])
	case function == 5, function == 6, function == 15, function == 16:
		length = 8
	default:
		return nil, fmt.Errorf("the server sends an answer to function %d, whose end is not known", function)
	}
	frame = append(frame, make([]byte, length-5)...)
	_, err := io.ReadFull(in, frame[5:])
	return frame, err
}

// body is where the function of an answer stands.
func (f Framing) body() int {
	if f == MBAP {
		return headerSize
	}
	return 1
}

// pdu is the answer without address and check sum.
func (f Framing) pdu(frame []byte) []byte {
	if f == RTU {
		return frame[1 : len(frame)-2]
	}
	return frame[headerSize:]
}

// with is the answer with another unit and body, right in all else.
func (f Framing) with(frame []byte, unit byte, pdu []byte) []byte {
	out := append([]byte(nil), frame[:f.body()]...)
	out[len(out)-1] = unit
	out = append(out, pdu...)
	if f == RTU {
		return binary.LittleEndian.AppendUint16(out, sum(out))
	}
	binary.BigEndian.PutUint16(out[4:], uint16(1+len(pdu)))
	return out
}

// sum is the CRC of RTU, bit by bit as the specification tells it (MODBUS over
// Serial Line V1.02, 6.2.2).
func sum(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			if crc&1 == 1 {
				crc = crc>>1 ^ 0xA001
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}
