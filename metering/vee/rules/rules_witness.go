package rules

import (
	"fmt"
	"math"

	"asue/metering"
	"asue/metering/vee"
)

// phases is V18.
func phases(l *look, lo, hi int) {
	for _, p := range []struct {
		sign  metering.Sign
		bound param
		text  string
	}{
		{metering.SignPhaseSum, phaseSum, "the phases' sum differs from the power by %.1f %%"},
		{metering.SignTriangle, phaseTriangle, "S² differs from P² + Q² by %.1f %%"},
		{metering.SignLowPhase, phaseVoltage, "%.1f %% of the voltage is missing in a phase that carries current"},
		{metering.SignUnbalance, phaseUnbalance, "the phases' currents differ by %.1f %%"},
	} {
		bound := l.set.number(p.bound)
		l.signs(lo, hi, p.sign, bound, func(i, j int, top int32) {
			l.report(metering.Warning, i, j, fmt.Sprintf(p.text, float64(top)/10), number("greatest", float64(top), "‰"), number("allowed", bound, "‰"), count(j-i))
		})
	}
}

// energyAgainstPower is V19. Sampling every 10 s an honest difference is 0.6 % in
// the mean; with fewer samples it grows in step with their distance.
func energyAgainstPower(l *look, lo, hi int) {
	if needPower(l.c) != "" {
		return
	}
	const full = int(metering.BasePeriod / metering.WitnessSlot)
	floor := 0.05 * float64(most(l.capacity(lo)))
	for i := lo; i < hi; i++ {
		if l.on[i] != measured {
			continue
		}
		e, n := l.sampled(i)
		if n < l.set.count(powerSamples) {
			continue
		}
		w := l.iv[i].Energy
		allowed := l.set.number(powerDeviation) * float64(full) / float64(min(n, full))
		scale := max(float64(w), floor, 1)
		beyond := math.Abs(float64(w-e)) - float64(l.iv[i].Uncertainty)
		if beyond > allowed*scale {
			l.report(metering.Warning, i, i+1, fmt.Sprintf("registers say %s, %d samples of power %s", l.say(w), n, l.say(e)),
				l.energyOf("energy", w), l.energyOf("sampled_energy", e), number("samples", float64(n), "1"), number("allowed", allowed, "1"))
		}
	}
}

// meterClock is V20. Registers that are polled are stamped by who polls, so the
// meter's own clock can hurt only what it has recorded itself.
func meterClock(l *look, lo, hi int) {
	sync, flag, invalid := l.set.number(clockSync)*1000, l.set.number(clockFlag)*1000, l.set.number(clockInvalid)*1000
	l.signs(lo, hi, metering.SignMeterClock, sync, func(i, j int, top int32) {
		severity := metering.Info
		if float64(top) > flag {
			severity = metering.Warning
		}
		for k := i; k < j; k++ {
			off := float64(l.sign(k, metering.SignMeterClock))
			if off <= flag || l.on[k] != measured || l.iv[k].Method != metering.MethodImported {
				continue
			}
			text := fmt.Sprintf("the meter's clock was off by %.0f s", off/1000)
			if off > invalid {
				severity = metering.Failure
				l.doubt(k, metering.FlagClockBad, text)
			} else {
				l.mark(k, metering.FlagClockBad, text)
			}
		}
		l.report(severity, i, j, fmt.Sprintf("the meter's clock is off by %.1f s", float64(top)/1000), number("off", float64(top)/1000, "s"), count(j-i))
	})
}

// clockSet is V21: what was measured while a clock was set is too long or too
// short.
func clockSet(l *look, lo, hi int) {
	l.events(metering.Warning, lo, hi, vee.EventClockStep)
	l.signs(lo, hi, metering.SignClockStep, 0, func(i, j int, top int32) {
		text := fmt.Sprintf("a clock was set by %.1f s", float64(top)/1000)
		l.report(metering.Warning, i, j, text, number("step", float64(top)/1000, "s"), count(j-i))
		for ; i < j; i++ {
			if l.iv[i].Flags&metering.FlagClockSet == 0 {
				l.mark(i, metering.FlagClockSet, text)
			}
		}
	})
}

// outage is V22: such an interval is no end of a line and no like day.
func outage(l *look, lo, hi int) {
	l.signs(lo, hi, metering.SignNoVoltage, 0, func(i, j int, _ int32) {
		l.report(metering.Info, i, j, "all phases were without voltage", count(j-i))
		for ; i < j; i++ {
			if l.iv[i].Flags&metering.FlagOutage == 0 {
				l.mark(i, metering.FlagOutage, "the point was without voltage")
			}
		}
	})
}

// tornRead is V27: readings that were thrown out.
func tornRead(l *look, lo, hi int) {
	l.events(metering.Info, lo, hi, vee.EventGlitch)
}
