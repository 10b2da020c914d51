package grafana

// Formula is arithmetic of an Ask's values. Both languages write it alike, once the
// values' names are filled in.
type Formula interface {
	// text writes the formula; what gives the text of a value by its name.
	text(what func(name string) string) string
}

type (
	// name stands for a value.
	name string
	// constant is a number.
	constant float64
	// pair is two formulas and what is between them: + - * /
	pair struct {
		left  Formula
		op    string
		right Formula
	}
	// call is a function that both languages have: sqrt, abs.
	call struct {
		function string
		of       Formula
	}
)

func (n name) text(what func(string) string) string { return what(string(n)) }
func (c constant) text(func(string) string) string  { return number(float64(c)) }
func (c call) text(what func(string) string) string { return c.function + "(" + c.of.text(what) + ")" }
func (p pair) text(what func(string) string) string {
	return inner(p.left, what) + " " + p.op + " " + inner(p.right, what)
}

// inner puts a pair within a pair into parentheses, whatever binds stronger.
func inner(f Formula, what func(string) string) string {
	if _, ok := f.(pair); ok {
		return "(" + f.text(what) + ")"
	}
	return f.text(what)
}

func minus(a, b Formula) Formula { return pair{a, "-", b} }
func times(a, b Formula) Formula { return pair{a, "*", b} }
func ratio(a, b Formula) Formula { return pair{a, "/", b} }
func plus(a, b Formula) Formula  { return pair{a, "+", b} }

// percentOf is a as per cent of b.
func percentOf(a, b Formula) Formula { return times(constant(100), ratio(a, b)) }
