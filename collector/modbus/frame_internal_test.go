package modbus

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rtuWords are the words of a frame; nil with an error, which must leave the
// destination alone.
func rtuWords(q question, frame []byte) ([]uint16, error) {
	words := make([]uint16, q.count)
	if err := q.rtuAnswer(frame, words); err != nil {
		for _, w := range words {
			if w != 0 {
				return words, err
			}
		}
		return nil, err
	}
	return words, nil
}

func TestCheckSum(t *testing.T) {
	check := func(content string, want uint16) {
		t.Helper()
		if got := crc16([]byte(content)); got != want {
			t.Errorf("% X: 0x%04X, want 0x%04X", content, got, want)
		}
	}
	check("\x02\x07", 0x1241)  // MODBUS over Serial Line V1.02, appendix B
	check("123456789", 0x4B37) // the check value of CRC-16/MODBUS
	check("", 0xFFFF)          // what it begins with
	check("\x01\x83\x02", 0xF1C0)
}

func TestQuestionsOnTheWire(t *testing.T) {
	check := func(q question, want string) {
		t.Helper()
		if got := q.appendRTU([]byte{0xEE})[1:]; !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%+v: % x, want %s", q, got, want)
		}
	}
	check(question{1, 3, 0, 10}, "01030000000ac5cd")
	check(question{1, 3, 0, 1}, "010300000001840a")
	check(question{17, 3, 0x6B, 3}, "1103006b00037687")
	check(question{1, 4, 0, 2}, "01040000000271cb") // Eastron SDM630, protocol document: L1 voltage
}

func TestAnswersOnTheWire(t *testing.T) {
	words, err := rtuWords(question{17, 3, 0x6B, 3}, unhex(t, "110306ae415652434049ad"))
	if err != nil || len(words) != 3 || words[0] != 0xAE41 || words[1] != 0x5652 || words[2] != 0x4340 {
		t.Fatalf("%04X, %v", words, err)
	}
	_, err = rtuWords(question{1, 3, 0, 1}, unhex(t, "018302c0f1"))
	var exception *Exception
	if !errors.As(err, &exception) || exception.Code != 2 {
		t.Fatalf("%v, want exception 2", err)
	}
}

// A frame with any one bit of it turned over, any byte missing or one too many
// is refused.
func TestNoDamagedFrameIsTaken(t *testing.T) {
	for _, text := range []string{"110306ae415652434049ad", "118302c134"} {
		frame, q := unhex(t, text), question{17, 3, 0x6B, 3}
		var exception *Exception
		if _, err := rtuWords(q, frame); err != nil && !errors.As(err, &exception) {
			t.Fatalf("the whole frame: %v", err)
		}
		refused := func(damaged []byte, what string, at int) {
			t.Helper()
			words, err := rtuWords(q, damaged)
			var bad *FrameError
			if words != nil || !errors.As(err, &bad) {
				t.Errorf("%s %s %d: %v, %v", text, what, at, words, err)
			}
		}
		for bit := range 8 * len(frame) {
			damaged := bytes.Clone(frame)
			damaged[bit/8] ^= 1 << (bit % 8)
			refused(damaged, "bit", bit)
		}
		for n := range frame {
			refused(frame[:n], "cut at", n)
		}
		refused(append(bytes.Clone(frame), 0), "longer by", 1)
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"tcp://a:1", "tls://a:802?cert=/c&key=/k&ca=/a&name=n", "rtu+tcp://a:1?baud=2400&gap=50ms&hold=3s", "rtu:///dev/ttyS0?baud=9600&parity=E&stop=2", "://", "rtu:?"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := parseAddress(text)
		var bad *AddressError
		if err != nil {
			if !errors.As(err, &bad) || bad.What == "" || bad.Remedy == "" {
				t.Fatalf("%q: an error without fault or remedy: %v", text, err)
			}
			return
		}
		if p := (a.scheme == "rtu" || a.scheme == "rtu+tcp"); p {
			if pace := a.pace(Options{}); pace.gap < 1750*1000 || pace.hold <= 0 || pace.char <= 0 {
				t.Fatalf("%q: %+v", text, pace)
			}
		}
	})
}
