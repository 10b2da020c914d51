package modbus

import (
	"encoding/binary"
	"fmt"
)

// question is one read, as the application protocol knows it.
type question struct {
	unit, function uint8
	address, count uint16
}

// appendPDU appends the question's protocol data unit:
//
//	function 1 | address 2 | count 2
func (q question) appendPDU(dst []byte) []byte {
	dst = append(dst, q.function)
	dst = binary.BigEndian.AppendUint16(dst, q.address)
	return binary.BigEndian.AppendUint16(dst, q.count)
}

// An RTU frame, by MODBUS over Serial Line V1.02, section 2.5.1:
//
//	unit 1 | protocol data unit 1..253 | CRC 2, low byte first
//
// It carries no transaction id and no length: what belongs to a frame follows
// from the question, and which question it answers follows from nothing at all.
const (
	rtuLeast = 5   // bytes of the shortest answer, an exception: unit, function, code, CRC
	rtuMost  = 256 // bytes of the longest frame
)

// appendRTU appends the question as an RTU frame of 8 bytes.
func (q question) appendRTU(dst []byte) []byte {
	start := len(dst)
	dst = q.appendPDU(append(dst, q.unit))
	return binary.LittleEndian.AppendUint16(dst, crc16(dst[start:]))
}

// rtuLength says how many bytes the answer that begins with got has: at least
// so many must be there before more can be said. The error is a *FrameError if
// got cannot begin an answer to the question.
func (q question) rtuLength(got []byte) (int, error) {
	switch {
	case len(got) > 0 && got[0] != q.unit:
		return 0, &FrameError{Why: fmt.Sprintf("another unit answered: %d", got[0])}
	case len(got) < 3:
		return rtuLeast, nil
	case got[1] == q.function|0x80:
		return rtuLeast, nil
	case got[1] != q.function:
		return 0, malformed("it is one to function %d", got[1])
	case int(got[2]) != 2*int(q.count):
		return 0, malformed("%d bytes of content, not %d", got[2], 2*q.count)
	}
	return rtuLeast + 2*int(q.count), nil
}

// rtuAnswer takes the words out of a whole frame, count of them. The error is an *Exception if
// the unit answered so, and a *FrameError if the frame does not answer the
// question in every byte that can be checked.
func (q question) rtuAnswer(frame []byte, dst []uint16) error {
	length, err := q.rtuLength(frame)
	if err != nil {
		return err
	}
	if len(frame) != length {
		return malformed("%d bytes, not %d", len(frame), length)
	}
	body, sum := frame[:length-2], binary.LittleEndian.Uint16(frame[length-2:])
	if want := crc16(body); sum != want {
		return malformed("CRC 0x%04X, not 0x%04X", sum, want)
	}
	return q.answer(body[1:], dst)
}

// answer takes the words, count of them, out of a protocol data unit that was
// checked to be whole:
//
//	function 1 | bytes 1 | words 2·count     or     function+0x80 1 | code 1
//
// With an error nothing is in dst that was not there before.
func (q question) answer(pdu []byte, dst []uint16) error {
	switch {
	case len(pdu) == 2 && pdu[0] == q.function|0x80:
		return &Exception{Code: pdu[1]}
	case len(pdu) < 2 || pdu[0] != q.function:
		return malformed("it is one to another function")
	case int(pdu[1]) != 2*int(q.count) || len(pdu) != 2+2*int(q.count):
		return malformed("%d bytes of content, not %d", len(pdu)-2, 2*q.count)
	}
	for i := range dst[:q.count] {
		dst[i] = binary.BigEndian.Uint16(pdu[2+2*i:])
	}
	return nil
}

func malformed(format string, args ...any) *FrameError {
	return &FrameError{Why: "the answer is malformed: " + fmt.Sprintf(format, args...)}
}

// crc16 is the check sum of RTU frames: MODBUS over Serial Line V1.02, appendix
// B; polynomial 0xA001 from the low bit on, beginning with 0xFFFF.
func crc16(b []byte) uint16 {
	sum := uint16(0xFFFF)
	for _, c := range b {
		sum = sum>>4 ^ crcOfNibble[(sum^uint16(c))&0xF]
		sum = sum>>4 ^ crcOfNibble[(sum^uint16(c>>4))&0xF]
	}
	return sum
}

// crcOfNibble is the sum of each half byte, low bit first.
var crcOfNibble = [16]uint16{
	0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
	0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
}
