package powerflow

import (
	"fmt"
	"math"
)

// Line is an overhead line or a cable in the units of project documents.
type Line struct {
	ID, From, To string
	LengthKm     float64
	OhmPerKm     float64 // resistance
	ReactPerKm   float64 // reactance, Ω/km
	MicroSPerKm  float64 // charging susceptance, µS/km
	Amperes      float64 // permissible current; 0: none is checked
}

// AddLine adds a line between two buses of the same base voltage.
func (n *Network) AddLine(l Line) error {
	kv, err := n.baseKV(l.From)
	if err != nil {
		return fmt.Errorf("line %s: %w", l.ID, err)
	}
	other, err := n.baseKV(l.To)
	if err != nil {
		return fmt.Errorf("line %s: %w", l.ID, err)
	}
	if kv != other {
		return fmt.Errorf("line %s: it leads from %v kV to %v kV: put a transformer between, or correct a base voltage", l.ID, kv, other)
	}
	z := kv * kv / n.BaseMVA
	n.Branches = append(n.Branches, Branch{ID: l.ID, From: l.From, To: l.To, R: l.OhmPerKm * l.LengthKm / z, X: l.ReactPerKm * l.LengthKm / z,
		B: l.MicroSPerKm * l.LengthKm * 1e-6 * z, Ratio: 1, RateFromA: l.Amperes, RateToA: l.Amperes})
	return nil
}

// ThreeWinding is a transformer of three windings as its passport states it. Pairs
// are in the order HV–MV, HV–LV, MV–LV, windings HV, MV, LV.
type ThreeWinding struct {
	ID     string
	Bus    [3]string
	KV     [3]float64 // rated voltages
	MVA    [3]float64 // rated powers
	UkPct  [3]float64 // short-circuit voltages of the pairs
	PkKW   [3]float64 // short-circuit losses of the pairs; only the first, if the others are 0: then half of it in each ray
	OnHV   bool       // uk and Pk are stated at the rated power of HV (GOST passports); else at the lesser of the pair
	PxKW   float64    // no-load loss
	IxPct  float64    // no-load current as apparent power, percent of HV
	AtStar bool       // the magnetising branch sits at the star instead of HV
}

// Star are the impedances of the three rays in Ω at the rated voltage of HV. X is
// uk/100·U²/S without R subtracted, R from the losses: R = ½·Pk·U²/S² for windings of
// equal power. A ray may come out slightly negative.
func (t ThreeWinding) Star() (r, x [3]float64) {
	uu := t.KV[0] * t.KV[0]
	pair := [3][2]int{{0, 1}, {0, 2}, {1, 2}}
	var rp, xp [3]float64
	for i, p := range pair {
		mva := t.MVA[0]
		if !t.OnHV {
			mva = math.Min(t.MVA[p[0]], t.MVA[p[1]])
		}
		kw := t.PkKW[i]
		if t.PkKW[1] == 0 && t.PkKW[2] == 0 {
			kw = t.PkKW[0]
		}
		xp[i] = t.UkPct[i] / 100 * uu / mva
		rp[i] = kw / 1000 * uu / (mva * mva)
	}
	ray := func(v [3]float64) [3]float64 {
		return [3]float64{(v[0] + v[1] - v[2]) / 2, (v[0] + v[2] - v[1]) / 2, (v[1] + v[2] - v[0]) / 2}
	}
	return ray(rp), ray(xp)
}

// AddThreeWinding adds the star: an internal bus named as the transformer with "*"
// behind it, of the base voltage of HV, and a branch for each ray. It returns the
// index of the branch of HV; those of MV and LV follow. The ratio of the branch of HV
// is that of the tap changer: 1 at its neutral position.
func (n *Network) AddThreeWinding(t ThreeWinding) (hv int, err error) {
	var base [3]float64
	for i, id := range t.Bus {
		if base[i], err = n.baseKV(id); err != nil {
			return 0, fmt.Errorf("transformer %s: %w", t.ID, err)
		}
		if !(t.KV[i] > 0) || !(t.MVA[i] > 0) {
			return 0, fmt.Errorf("transformer %s: winding %d has %v kV and %v MVA: write what its passport states", t.ID, i+1, t.KV[i], t.MVA[i])
		}
	}
	r, x := t.Star()
	z := base[0] * base[0] / n.BaseMVA
	star := t.ID + "*"
	n.Buses = append(n.Buses, Bus{ID: star, BaseKV: base[0]})
	hv = len(n.Branches)
	for i := range 3 {
		b := Branch{ID: fmt.Sprintf("%s.%s", t.ID, [3]string{"HV", "MV", "LV"}[i]), From: star, To: t.Bus[i], Ratio: 1}
		rated := t.MVA[i] * 1000 / (math.Sqrt(3) * t.KV[i])
		if i == 0 {
			// The changer turns the winding of HV, so the ray stays as it is seen from the star.
			b.From, b.To = t.Bus[0], star
			b.R, b.X, b.RateFromA = r[0]/z, x[0]/z, rated
		} else {
			// r and x are seen from the star, and a branch wants them seen from TO.
			b.Ratio = t.KV[0] / base[0] / (t.KV[i] / base[i])
			b.R, b.X, b.RateToA = r[i]/z/(b.Ratio*b.Ratio), x[i]/z/(b.Ratio*b.Ratio), rated
		}
		n.Branches = append(n.Branches, b)
	}
	n.magnetise(t, hv, z)
	return hv, nil
}

// magnetise adds the no-load branch: losses from Px, the rest of Ix reactive.
func (n *Network) magnetise(t ThreeWinding, hv int, z float64) {
	p := t.PxKW / 1000
	s := t.IxPct / 100 * t.MVA[0]
	q := math.Sqrt(math.Max(0, s*s-p*p))
	uu := t.KV[0] * t.KV[0]
	g, b := p/uu*z, -q/uu*z
	if !t.AtStar {
		n.Branches[hv].MagG, n.Branches[hv].MagB = g, b
		return
	}
	star := &n.Buses[len(n.Buses)-1]
	star.ShuntMW, star.ShuntMvar = g*n.BaseMVA, b*n.BaseMVA
}

// Source is what feeds the network from outside.
type Source struct {
	Bus     string
	KV, Deg float64 // held behind the reactance
	// ShortCircuitMVA at the bus gives the reactance U²/S with R/X as stated; 0 is an
	// ideal source, which holds its voltage whatever it gives.
	ShortCircuitMVA, RToX float64
}

// AddSource makes a bus a slack, or adds an inner bus behind the reactance, named as
// the bus with "~" behind it. The bus keeps its loads.
func (n *Network) AddSource(s Source) error {
	kv, err := n.baseKV(s.Bus)
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	pu := s.KV / kv
	if !(pu > 0) || pu > 10 || !(s.ShortCircuitMVA >= 0) {
		return fmt.Errorf("source at bus %s: %v kV with %v MVA of short circuit: write a voltage near %v kV and a power of 0 or more", s.Bus, s.KV, s.ShortCircuitMVA, kv)
	}
	holds := s.Bus
	if s.ShortCircuitMVA > 0 {
		holds = s.Bus + "~"
		z := s.KV * s.KV / s.ShortCircuitMVA / (kv * kv / n.BaseMVA)
		x := z / math.Hypot(1, s.RToX)
		n.Buses = append(n.Buses, Bus{ID: holds, BaseKV: kv})
		n.Branches = append(n.Branches, Branch{ID: holds, From: holds, To: s.Bus, R: x * s.RToX, X: x, Ratio: 1})
	}
	for i := range n.Buses {
		if n.Buses[i].ID == holds {
			n.Buses[i].Kind, n.Buses[i].StartDeg = Slack, s.Deg
		}
	}
	n.Generators = append(n.Generators, Generator{Bus: holds, PU: pu, MinMvar: math.Inf(-1), MaxMvar: math.Inf(1)})
	return nil
}

func (n *Network) baseKV(id string) (float64, error) {
	for _, b := range n.Buses {
		if b.ID != id {
			continue
		}
		if !(b.BaseKV > 0) {
			return 0, fmt.Errorf("bus %s has no base voltage: write one, in kV", id)
		}
		return b.BaseKV, nil
	}
	return 0, fmt.Errorf("bus %q is not in the network: add it first", id)
}
