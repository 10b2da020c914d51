package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/form"
)

// fits is the share of a model's checks that a report must pass for the model to
// be offered at all.
const fits = 0.5

// patience is how many models a guess tries at a unit that says nothing. Among
// them both function codes occur: some meters do not answer the wrong one.
const patience = 4

// candidate is a model and how well what was read fits it.
type candidate struct {
	report probeReport
	id     string
	known  bool // the meter's own identification is one of the model's
	score  score
}

// score counts checks by weight.
type score struct{ passed, failed float64 }

func (s *score) check(ok bool, weight float64) {
	if ok {
		s.passed += weight
		return
	}
	s.failed += weight
}

func (s score) share() float64 {
	if s.passed == 0 {
		return 0
	}
	return s.passed / (s.passed + s.failed)
}

// guess reads the unit as the known models and keeps the likeliest: what the
// meter says of itself decides, then the number of checks passed.
func (p probe) guess(ctx context.Context) (probeReport, error) {
	defer p.show("")
	var all []candidate
	for _, models := range p.order(ctx) {
		some, err := p.try(ctx, models)
		if err != nil {
			return probeReport{}, err
		}
		all = append(all, some...)
		if slices.ContainsFunc(all, func(c candidate) bool { return c.known && c.score.share() >= fits }) {
			break // the meter said what it is; the others need not be tried
		}
	}
	all = slices.DeleteFunc(all, func(c candidate) bool { return c.score.share() < fits })
	if len(all) == 0 {
		return probeReport{}, fmt.Errorf("unit %d answers, but no known model fits; name one with --model (asue probe --models lists them)", p.unit)
	}
	slices.SortStableFunc(all, byLikelihood)
	report := all[0].report
	report.Guessed = true
	for _, c := range all[1:] {
		report.Others = append(report.Others, probeLikeness{Model: c.id, Score: c.score.share()})
	}
	return report, nil
}

func byLikelihood(a, b candidate) int {
	if a.known != b.known {
		if a.known {
			return -1
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(b.score.passed-b.score.failed, a.score.passed-a.score.failed),
		cmp.Compare(len(b.report.Readings), len(a.report.Readings)),
	)
}

// order puts the models whose marker the meter shows before all others. Silence
// here is not an error: try finds it again.
func (p probe) order(ctx context.Context) [][]*regmap.Model {
	var marked, others []*regmap.Model
	silent := false
	for _, id := range p.library.IDs() {
		m, _ := p.library.Model(id)
		b, ok := m.Marker()
		if ok && !silent && m.SunSpec == 0 && len(b.Registers[0].Expect) > 0 {
			p.show("looking for the mark of " + id)
			words, err := p.line.Read(ctx, uint8(p.unit), b.Function, b.Address, b.Count)
			_, refused := exceptionCode(err)
			silent = err != nil && !refused
			if err == nil && marks(b, words) {
				marked = append(marked, m)
				continue
			}
		}
		others = append(others, m)
	}
	if len(marked) == 0 {
		return [][]*regmap.Model{others}
	}
	return [][]*regmap.Model{marked, others}
}

// marks reports whether a marker's block holds what its model is known to give.
func marks(b regmap.Block, words []uint16) bool {
	raw, err := regmap.Raw(b, words)
	return err == nil && !slices.ContainsFunc(b.Registers, func(r *regmap.Register) bool {
		return !r.Expected(raw[r.Name])
	})
}

// try reads the unit as each of the models. It gives up where nothing answers.
func (p probe) try(ctx context.Context, models []*regmap.Model) ([]candidate, error) {
	var tried []candidate
	silent := 0
	for i, m := range models {
		p.show(fmt.Sprintf("trying %s (%d of %d)", m.ID, i+1, len(models)))
		report, err := p.read(ctx, m)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var u interface{ Unreachable() bool }
		code, refused := exceptionCode(err)
		switch {
		case err == nil:
			silent = 0
		case refused && nobodyBehind(code), errors.As(err, &u) && u.Unreachable():
			return nil, p.explain(err)
		default:
			if silent++; silent == patience {
				return nil, p.explain(err)
			}
		}
		tried = append(tried, candidate{report: report, id: m.ID, known: identified(m, report), score: rate(m, report)})
	}
	return tried, nil
}

func (p probe) show(text string) {
	if p.progress != nil {
		p.progress(text)
	}
}

// identified reports whether every word by which the model is known is as known.
func identified(m *regmap.Model, r probeReport) bool {
	known := false
	for i := range m.Registers {
		reg := &m.Registers[i]
		if len(reg.Expect) == 0 {
			continue
		}
		v, ok := r.raw[reg.Name]
		if !ok || !reg.Expected(v) {
			return false
		}
		known = true
	}
	return known
}

// rate holds what was read against what must be true at any live meter of a
// grid: the frequency, phases that resemble each other, and the laws that tie
// voltages, currents and powers. A quantity that the model has and that could
// not be read fails its check.
func rate(m *regmap.Model, r probeReport) score {
	v := values{model: m, read: map[string]float64{}}
	for _, reading := range r.Readings {
		if reading.Value != nil && reading.Quality == metering.Good.String() {
			v.read[reading.Quantity] = *reading.Value
		}
	}
	var s score
	s.check(len(r.Faults) == 0, 1)
	for name, content := range r.raw {
		if reg, ok := m.Register(name); ok && len(reg.Expect) > 0 {
			s.check(reg.Expected(content), 1) // a list of known contents is seldom complete
		}
	}
	if m.Pulses() { // they obey no law of a grid: only the device's own word tells it
		s.check(identified(m, r), 6)
	}
	v.check(&s, 3, []string{"f"}, func(q []float64) bool { return q[0] > 45 && q[0] < 65 })
	v.check(&s, 3, []string{"u_a", "u_b", "u_c"}, func(u []float64) bool { return u[0] > 40 && u[0] < 80_000 && alike(u) })
	v.check(&s, 2, []string{"u_ab", "u_bc", "u_ca"}, func(u []float64) bool { return u[0] > 70 && u[0] < 140_000 && alike(u) })
	v.check(&s, 2, []string{"u_ab", "u_a"}, func(u []float64) bool { return near(u[0], math.Sqrt(3)*u[1], 0.1) })
	v.check(&s, 1, []string{"u_ln_avg", "u_a", "u_b", "u_c"}, func(u []float64) bool { return near(3*u[0], u[1]+u[2]+u[3], 0.02) })
	v.check(&s, 2, []string{"i_a", "i_b", "i_c"}, func(i []float64) bool { return plausible(i, 1e5) })
	v.check(&s, 2, []string{"p", "p_a", "p_b", "p_c"}, func(p []float64) bool { return near(p[0], p[1]+p[2]+p[3], 0.05) })
	v.check(&s, 2, []string{"s", "p", "q"}, func(q []float64) bool { return near(q[0], math.Hypot(q[1], q[2]), 0.1) })
	v.check(&s, 2, []string{"s", "u_a", "u_b", "u_c", "i_a", "i_b", "i_c"}, func(q []float64) bool {
		return near(q[0], q[1]*math.Abs(q[4])+q[2]*math.Abs(q[5])+q[3]*math.Abs(q[6]), 0.1)
	})
	v.check(&s, 1, []string{"pf", "p", "s"}, func(q []float64) bool { return near(math.Abs(q[0])*q[2], math.Abs(q[1]), 0.1) })
	v.check(&s, 1, []string{"ea_imp"}, func(e []float64) bool { return e[0] >= 0 && e[0] < 1e14 })
	return s
}

// values are the good readings of a report under their quantities' codes.
type values struct {
	model *regmap.Model
	read  map[string]float64
}

// check counts a law of some quantities, if the model has all of them.
func (v values) check(s *score, weight float64, codes []string, law func([]float64) bool) {
	var all []float64
	for _, code := range codes {
		q, ok := metering.QuantityOf(code)
		if !ok {
			panic("BUG: no such quantity: " + code)
		}
		if _, has := v.model.Of(q); !has {
			return
		}
		if value, ok := v.read[code]; ok {
			all = append(all, value)
		}
	}
	s.check(len(all) == len(codes) && law(all), weight)
}

func alike(phases []float64) bool {
	return near(phases[0], phases[1], 0.2) && near(phases[0], phases[2], 0.2)
}

// plausible reports whether no value is greater than most, and none so small
// that it is rather another number's bits.
func plausible(values []float64, most float64) bool {
	return !slices.ContainsFunc(values, func(x float64) bool { return math.Abs(x) > most || x != 0 && math.Abs(x) < 1e-6 })
}

func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*math.Max(math.Abs(a), math.Abs(b))
}

// didYouMean names the models that an unknown id may have been meant for: by a
// type on the nameplate, else by its spelling.
func didYouMean(id string, library *regmap.Library) string {
	asked := squeeze(id)
	var names []string
	for _, known := range library.IDs() {
		m, _ := library.Model(known)
		if slices.ContainsFunc(append([]string{known}, m.Devices...), func(name string) bool {
			n := squeeze(name)
			return len(asked) >= 3 && len(n) >= 3 && (strings.Contains(n, asked) || strings.Contains(asked, n))
		}) {
			names = append(names, known)
		}
	}
	if len(names) == 0 {
		nearest, ok := form.Nearest(id, library.IDs())
		if !ok {
			return ""
		}
		names = []string{nearest}
	}
	return "; did you mean " + strings.Join(names[:min(len(names), 3)], " or ") + "?"
}

// squeeze keeps letters and digits, small: "SDM630 V2" and "sdm-630v2" are one.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
