package influx

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"asue/metering"
)

// Measurement is the measurement of every line, and so the first part of every
// metric's name.
const Measurement = "asue"

// Bounds on what a line may carry. VictoriaMetrics drops a series with a longer
// label without an error.
const (
	maxLabel = 256
	maxField = 64
)

// Check says why a sample can never be written: a value that is not finite, a
// time at or before 1970 (VictoriaMetrics reads 0 as "now"), a field that is
// not a name of small letters, digits and '_', or a label that the line
// protocol cannot carry. Nil means that it can.
func Check(s metering.Sample) error { return checkAfter(nil, &s) }

// checkAfter is Check for a sample that follows another good one, if before is
// not nil: the labels that they share are looked at once.
func checkAfter(before, s *metering.Sample) error {
	switch {
	case math.IsNaN(s.Value) || math.IsInf(s.Value, 0):
		return fmt.Errorf("field %s: value %v is not finite", s.Field, s.Value)
	case s.At.UnixMilli() <= 0:
		return fmt.Errorf("field %s: time %v is not after 1970", s.Field, s.At)
	case s.Revision < 0:
		return fmt.Errorf("field %s: negative revision %d", s.Field, s.Revision)
	}
	if err := checkField(s.Field); err != nil {
		return err
	}
	if before != nil && sameLabels(before, s) {
		return nil
	}
	return checkLabels(s)
}

func checkField(f string) error {
	ok := f != "" && len(f) <= maxField && (f[0] < '0' || f[0] > '9')
	for i := 0; ok && i < len(f); i++ {
		c := f[i]
		ok = 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_'
	}
	if !ok {
		return fmt.Errorf("field %q: want 1 to %d of a-z, 0-9 and _, beginning with a letter", f, maxField)
	}
	return nil
}

func checkLabels(s *metering.Sample) error {
	return errors.Join(
		checkLabel("point", string(s.Point)),
		checkLabel("resident", string(s.Resident)),
		checkLabel("node", string(s.Node)),
		checkLabel("meter", string(s.Meter)),
	)
}

// checkLabel refuses what no escape of the line protocol can carry through
// every store: control characters end a line, a backslash is doubled by one
// store and not by the other.
func checkLabel(name, v string) error {
	switch {
	case len(v) > maxLabel:
		return fmt.Errorf("label %s is %d bytes long, at most %d can be written", name, len(v), maxLabel)
	case !utf8.ValidString(v):
		return fmt.Errorf("label %s=%q is not UTF-8", name, v)
	case strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }):
		return fmt.Errorf("label %s=%q has a backslash or a control character", name, v)
	}
	return nil
}

// AppendLines appends the lines of samples to dst and returns the longer slice.
// Samples that follow each other with the same labels and the same millisecond
// share a line. It allocates nothing beyond the growth of dst.
//
// Every sample must have passed Check.
func AppendLines(dst []byte, samples []metering.Sample) []byte {
	for i := 0; i < len(samples); {
		head := &samples[i]
		dst = appendHead(dst, head)
		at := head.At.UnixMilli()
		sep := byte(' ')
		for ; i < len(samples); i++ {
			s := &samples[i]
			if s != head && !sharesLine(head, s, at) {
				break
			}
			dst = append(dst, sep)
			dst = append(dst, s.Field...)
			dst = append(dst, '=')
			dst = appendValue(dst, s.Value)
			sep = ','
		}
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, at, 10)
		dst = append(dst, '\n')
	}
	return dst
}

func sharesLine(a, b *metering.Sample, at int64) bool {
	return sameLabels(a, b) && a.Channel == b.Channel && a.Revision == b.Revision && b.At.UnixMilli() == at
}

func sameLabels(a, b *metering.Sample) bool {
	return a.Meter == b.Meter && a.Point == b.Point && a.Resident == b.Resident && a.Node == b.Node
}

func appendHead(dst []byte, s *metering.Sample) []byte {
	dst = append(dst, Measurement...)
	dst = appendTag(dst, ",point=", string(s.Point))
	dst = appendTag(dst, ",resident=", string(s.Resident))
	dst = appendTag(dst, ",node=", string(s.Node))
	dst = appendTag(dst, ",meter=", string(s.Meter))
	if s.Channel != 0 {
		dst = appendTag(dst, ",channel=", s.Channel.String())
	}
	if s.Revision != 0 {
		dst = append(dst, ",rev="...)
		dst = strconv.AppendInt(dst, int64(s.Revision), 10)
	}
	return dst
}

func appendTag(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, key...)
	for i := 0; i < len(value); i++ {
		switch c := value[i]; c {
		case ' ', ',', '=':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendValue writes the shortest text that reads back as the same float64.
// Whole numbers, which counters and many powers are, take the quick way.
func appendValue(dst []byte, v float64) []byte {
	if n := int64(v); float64(n) == v && -1<<53 <= n && n <= 1<<53 && (n != 0 || !math.Signbit(v)) {
		return strconv.AppendInt(dst, n, 10)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}
