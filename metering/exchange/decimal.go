package exchange

import (
	"errors"
	"math"
	"strings"
	"unicode"
)

// decimal is a number exactly as it was written: digits · 10^-places.
type decimal struct {
	digits int64
	places int
}

var (
	errNoNumber  = errors.New("is no number")
	errAmbiguous = errors.New("may be a number of thousands or one with three decimals")
	errTooLong   = errors.New("has more digits than any meter")
)

// parseDecimal reads a number as people write it: with a decimal comma or point,
// with spaces of any width or apostrophes between thousands, with both ',' and '.'
// where one of them plainly groups thousands. An exponent, as spreadsheets store
// small and large numbers, is taken too.
//
// A lone comma or point before three digits is a decimal sign: nobody groups the
// thousands of an interval's energy in a file for machines with what could be one.
func parseDecimal(s string) (decimal, error) {
	mantissa, exponent, err := splitExponent(strings.TrimSpace(s))
	if err != nil {
		return decimal{}, err
	}
	negative := false
	switch {
	case strings.HasPrefix(mantissa, "-"), strings.HasPrefix(mantissa, "+"):
		negative, mantissa = mantissa[0] == '-', mantissa[1:]
	case strings.HasPrefix(mantissa, "−"):
		negative, mantissa = true, strings.TrimPrefix(mantissa, "−")
	}
	point, err := decimalSign(mantissa)
	if err != nil {
		return decimal{}, err
	}
	var d decimal
	seen, group, grouped := 0, 0, false
	for i, r := range mantissa {
		switch {
		case r >= '0' && r <= '9':
			if d.digits > (math.MaxInt64-9)/10 {
				return decimal{}, errTooLong
			}
			d.digits = d.digits*10 + int64(r-'0')
			seen++
			group++
			if point >= 0 && i > point {
				d.places++
			}
		case i == point:
			if grouped && group != 3 {
				return decimal{}, errNoNumber
			}
		case isGroup(r) && (point < 0 || i < point):
			// a first group has one to three digits, every other one three
			if seen == 0 || group > 3 || (grouped && group != 3) {
				return decimal{}, errNoNumber
			}
			grouped, group = true, 0
		default:
			return decimal{}, errNoNumber
		}
	}
	if seen == 0 || (grouped && point < 0 && group != 3) {
		return decimal{}, errNoNumber
	}
	if negative {
		d.digits = -d.digits
	}
	d.places -= exponent
	return d.trimmed()
}

func splitExponent(s string) (mantissa string, exponent int, err error) {
	i := strings.IndexAny(s, "eEеЕ")
	if i < 0 {
		return s, 0, nil
	}
	rest := strings.TrimLeft(s[i:], "eEеЕ")
	sign := 1
	if strings.HasPrefix(rest, "-") {
		sign, rest = -1, rest[1:]
	} else {
		rest = strings.TrimPrefix(rest, "+")
	}
	if rest == "" || len(rest) > 3 {
		return "", 0, errNoNumber
	}
	for _, r := range rest {
		if r < '0' || r > '9' {
			return "", 0, errNoNumber
		}
		exponent = exponent*10 + int(r-'0')
	}
	return s[:i], sign * exponent, nil
}

// decimalSign is where the decimal comma or point stands, -1 if there is none.
// Where both occur the last one is it; a sign that occurs twice groups thousands.
func decimalSign(s string) (int, error) {
	comma, point := strings.LastIndexByte(s, ','), strings.LastIndexByte(s, '.')
	last := max(comma, point)
	if last < 0 {
		return -1, nil
	}
	if strings.Count(s, s[last:last+1]) > 1 {
		if min(comma, point) >= 0 {
			return 0, errNoNumber
		}
		return -1, nil
	}
	return last, nil
}

// isGroup reports whether a sign stands between thousands: a space of any width,
// an apostrophe, or the one of ',' and '.' that is not the decimal sign.
func isGroup(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Zs, r) || r == '\'' || r == '’' || r == ',' || r == '.'
}

// trimmed has no zeros behind the decimal sign that say nothing, and no negative
// number of places.
func (d decimal) trimmed() (decimal, error) {
	for d.places > 0 && d.digits%10 == 0 && d.digits != 0 {
		d.digits /= 10
		d.places--
	}
	if d.digits == 0 {
		return decimal{}, nil
	}
	for d.places < 0 {
		if d.digits > math.MaxInt64/10 || d.digits < math.MinInt64/10 {
			return decimal{}, errTooLong
		}
		d.digits *= 10
		d.places++
	}
	return d, nil
}

// asStored undoes what binary fractions do to a number in a workbook: Excel shows
// 15 digits, but 0.1 kWh is kept as 0.10000000000000001. More than 15 digits are
// rounded to 15.
func (d decimal) asStored() decimal {
	for d.places > 0 && (d.digits >= 1e15 || d.digits <= -1e15) {
		d.digits = (d.digits + sign(d.digits)*5) / 10
		d.places--
	}
	d, _ = d.trimmed() // it has become shorter only
	return d
}

func sign(v int64) int64 {
	if v < 0 {
		return -1
	}
	return 1
}

// times is the number times 10^power in whole units, rounded half away from zero;
// exact tells whether nothing was lost, ok whether it fits.
func (d decimal) times(power int) (v int64, exact, ok bool) {
	v = d.digits
	shift := power - d.places
	for ; shift > 0; shift-- {
		if v > math.MaxInt64/10 || v < math.MinInt64/10 {
			return 0, false, false
		}
		v *= 10
	}
	if shift == 0 {
		return v, true, true
	}
	if shift < -18 {
		return 0, v == 0, true
	}
	div := int64(1)
	for ; shift < 0; shift++ {
		div *= 10
	}
	rest := v % div
	v /= div
	if rest >= div-div/2 {
		v++
	} else if rest <= -(div - div/2) {
		v--
	}
	return v, rest == 0, true
}
