package modbus

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"testing"
	"time"
)

// pieces is a stream that brings the given bytes, so many at once as size says,
// and then nothing.
type pieces struct {
	bytes []byte
	size  int
}

func (p *pieces) send([]byte, time.Time) error { return nil }

func (p *pieces) receive(to []byte, _ time.Time) (int, error) {
	if len(p.bytes) == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(to, p.bytes[:min(len(p.bytes), p.size)])
	p.bytes = p.bytes[n:]
	return n, nil
}

func (p *pieces) look([]byte) (int, error) { return 0, nil }

func (p *pieces) await(time.Time) {}

func (p *pieces) close() {}

// content is what an answer says: words, or the code of an exception.
type content struct {
	words []uint16
	code  int // -1: none
}

// said puts a result of ours into this form; false: no answer was taken. Untouched
// destinations stay untouched.
func said(t *testing.T, dst []uint16, err error) (content, bool) {
	t.Helper()
	var exception *Exception
	var bad *FrameError
	switch {
	case err == nil:
		return content{words: slices.Clone(dst), code: -1}, true
	case slices.ContainsFunc(dst, func(w uint16) bool { return w != untouched }):
		t.Fatalf("%v, and words in the destination: %x", err, dst)
	case errors.As(err, &exception):
		return content{code: int(exception.Code)}, true
	case errors.As(err, &bad), errors.Is(err, os.ErrDeadlineExceeded):
		return content{}, false
	}
	t.Fatalf("an error of another kind: %v", err)
	return content{}, false
}

const untouched = 0xABCD

func destination(q question) []uint16 {
	return slices.Repeat([]uint16{untouched}, int(q.count))
}

// strictPDU is the dumb twin of question.answer: the one answer with these words,
// or this exception, put together again, must be the bytes.
func strictPDU(q question, pdu []byte) (content, bool) {
	if len(pdu) == 2 && pdu[0] == q.function+0x80 {
		return content{code: int(pdu[1])}, true
	}
	want := []byte{q.function, byte(2 * q.count)}
	c := content{code: -1}
	for i := 2; i+1 < len(pdu); i += 2 {
		c.words = append(c.words, uint16(pdu[i])<<8+uint16(pdu[i+1]))
		want = append(want, pdu[i], pdu[i+1])
	}
	return c, len(c.words) == int(q.count) && bytes.Equal(want, pdu)
}

func agree(t *testing.T, q question, got content, taken bool, want content, right bool) {
	t.Helper()
	if taken != right || taken && (got.code != want.code || !slices.Equal(got.words, want.words)) {
		t.Fatalf("%+v: took %v %+v, want %v %+v", q, taken, got, right, want)
	}
}

func anyQuestion(unit, function uint8, count uint16) question {
	return question{unit, 3 + function&1, 7, 1 + count%125}
}

func FuzzPDU(f *testing.F) {
	f.Add(uint8(3), uint16(2), unhex(f, "0306ae4156524340"))
	f.Add(uint8(3), uint16(0), unhex(f, "8302"))
	f.Add(uint8(4), uint16(0), unhex(f, "04021234"))
	f.Add(uint8(4), uint16(0), unhex(f, "0402123456"))
	f.Add(uint8(3), uint16(0), []byte{})
	f.Fuzz(func(t *testing.T, function uint8, count uint16, pdu []byte) {
		q := anyQuestion(1, function, count)
		dst := destination(q)
		got, taken := said(t, dst, q.answer(pdu, dst))
		want, right := strictPDU(q, pdu)
		agree(t, q, got, taken, want, right)
	})
}

// strictMBAP is the dumb twin of a session: it has the whole stream before it. It
// returns what is left of it behind the answer.
func strictMBAP(q question, transaction uint16, stream []byte) (content, bool, []byte) {
	for len(stream) >= 7 {
		its := binary.BigEndian.Uint16(stream)
		end := 6 + int(stream[4])<<8 + int(stream[5])
		switch {
		case stream[2]|stream[3] != 0, end < 9, end > 260, len(stream) < end:
			return content{}, false, nil
		case its == transaction:
			c, right := strictPDU(q, stream[7:end])
			gateway := stream[6] == 255 && (c.code == 10 || c.code == 11)
			return c, right && (stream[6] == q.unit || gateway), stream[end:]
		case int16(its-transaction) > 0:
			return content{}, false, nil
		}
		stream = stream[end:]
	}
	return content{}, false, nil
}

// Whatever comes over a connection, in whatever pieces, a session takes exactly
// the answers that somebody takes who has seen it all and checks every byte.
func FuzzMBAP(f *testing.F) {
	right := unhex(f, "0008 0000 0009 09 03 06 1111 2222 3333")
	for _, before := range []string{
		"", "0007 0000 0005 09 03 02 AAAA", "0008 0000 0003 09 83 02", "0008 0000 0003 FF 83 0B", "0008 0000 0003 FF 83 02", // right, late, exceptions
		"0009 0000 0009 09 03 06 AAAA BBBB CCCC", "0008 0001 0009 09 03 06 AAAA BBBB CCCC", "0008 0000 0000", "0008 0000 FFFF", // of tomorrow, another protocol, lengths
		"0008 0000 0009 0A 03 06 AAAA BBBB CCCC", "0008 0000 0009 09 04 06 AAAA BBBB CCCC", "0008 0000 0007 09 03 04 AAAA BBBB", // unit, function, short
		"0008 0000 0009 09 03 04 AAAA BBBB CCCC", "0008 0000 0009 09 03", "485454502F312E3120343030", "FFFF 0000 0003 01 83 02", // count, half, garbage, long ago
	} {
		f.Add(uint8(9), uint8(0), uint16(2), uint16(7), uint8(255), append(unhex(f, before), right...))
		f.Add(uint8(9), uint8(0), uint16(2), uint16(7), uint8(0), append(unhex(f, before), right...))
	}
	f.Fuzz(func(t *testing.T, unit, function uint8, count, transaction uint16, size uint8, stream []byte) {
		q := anyQuestion(unit, function, count)
		line := &Line{opts: Options{}.whole()}
		s := &mbapSession{stream: &pieces{stream, 1 + int(size)}, line: line, transaction: &transaction}
		for range 3 {
			dst := destination(q)
			got, taken := said(t, dst, s.ask(context.Background(), q, dst))
			want, right, rest := strictMBAP(q, transaction, stream)
			agree(t, q, got, taken, want, right)
			if s.spent() == taken {
				t.Fatalf("taken: %v, spent: %v", taken, s.spent())
			}
			if !taken {
				return
			}
			stream = rest
		}
	})
}

// Whatever comes over an RTU line, a frame is taken only if it is the one that
// carries these words; lengths never go back while bytes come in; and what a
// session takes from a stream in pieces is the frame at its beginning.
func FuzzRTUFrame(f *testing.F) {
	for _, stream := range []string{
		"110306ae415652434049ad", "118302c134", "110306ae415652434049ad00", "110306ae415652434049ad110306ae415652434049ad", // right, exception, noise, twice
		"110306ae4156524340", "110306ae415652434049ae", "120306ae415652434049ad", "110406ae415652434049ad", "110304ae415652434049ad", // cut, CRC, unit, function, count
		"1103006b00037687110306ae415652434049ad", "", // echo, silence
	} {
		f.Add(uint8(17), uint8(0), uint16(2), uint8(255), unhex(f, stream))
		f.Add(uint8(17), uint8(0), uint16(2), uint8(0), unhex(f, stream))
	}
	f.Fuzz(func(t *testing.T, unit, function uint8, count uint16, size uint8, stream []byte) {
		q := anyQuestion(unit, function, count)
		for n, before := 0, 0; n <= len(stream); n++ {
			least, err := q.rtuLength(stream[:n])
			if err != nil {
				break
			}
			if least < rtuLeast || least > rtuMost || least < before {
				t.Fatalf("%+v: a length of %d after % x, and %d before", q, least, stream[:n], before)
			}
			before = least
		}
		dst := destination(q)
		got, taken := said(t, dst, q.rtuAnswer(stream, dst))
		want, right := strictRTU(q, stream)
		agree(t, q, got, taken, want, right)

		s := &rtuSession{rtu: &rtu{line: &Line{doubts: new(doubts)}}, stream: &pieces{stream, 1 + int(size)}}
		dst = destination(q)
		got, taken = said(t, dst, s.receive(q, dst, nil))
		if !taken {
			return
		}
		length := rtuLeast
		if got.code < 0 {
			length += 2 * int(q.count)
		}
		want, right = strictRTU(q, stream[:length])
		agree(t, q, got, taken, want, right)
	})
}

// strictRTU is the dumb twin of question.rtuAnswer, with its own check sum.
func strictRTU(q question, frame []byte) (content, bool) {
	if len(frame) < 5 || frame[0] != q.unit {
		return content{}, false
	}
	sum := uint16(0xFFFF)
	for _, c := range frame[:len(frame)-2] {
		sum ^= uint16(c)
		for range 8 {
			if sum&1 == 1 {
				sum = sum>>1 ^ 0xA001
			} else {
				sum >>= 1
			}
		}
	}
	c, right := strictPDU(q, frame[1:len(frame)-2])
	return c, right && sum == binary.LittleEndian.Uint16(frame[len(frame)-2:])
}
