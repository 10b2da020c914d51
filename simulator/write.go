package simulator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// WriteKind is what of an actuator is written.
type WriteKind string

// What can be written: of a set-point its limit and fallback limit in W and the
// time-out of its limit in s (0: none); of a relay its coil (1 closed, 0 open); of a
// breaker the selects and operates (1; a select is taken back by 0).
const (
	WriteLimit        WriteKind = "limit"
	WriteFallback     WriteKind = "fallback"
	WriteTimeout      WriteKind = "timeout"
	WriteCoil         WriteKind = "coil"
	WriteSelectOpen   WriteKind = "select-open"
	WriteOperateOpen  WriteKind = "operate-open"
	WriteSelectClose  WriteKind = "select-close"
	WriteOperateClose WriteKind = "operate-close"
)

// Write is a value that somebody writes to an actuator.
type Write struct {
	Actuator metering.ActuatorID `json:"actuator"`
	What     WriteKind           `json:"what"`
	Value    int64               `json:"value"`
	// Source is who writes, for the log: an address, the name of a test.
	Source string `json:"source,omitempty"`
}

// WriteRecord is a write and what the device said to it.
type WriteRecord struct {
	At time.Time // UTC
	Write
	Refused string // why; empty if the device has taken it
}

// maxWrites is how many writes are remembered; the oldest go first.
const maxWrites = 1 << 16

// What devices say to a write.
var (
	// ErrNoAnswer: the device does not answer.
	ErrNoAnswer = errors.New("the device does not answer")
	// ErrValue: the device does not take such a value.
	ErrValue = errors.New("a value that the device does not take")
	// ErrState: the device cannot do it as it stands.
	ErrState = errors.New("the device cannot do that now")
)

// Write writes to an actuator now. What follows, follows by the second: see the
// package comment. The error is ErrNoAnswer, ErrValue or ErrState, or says that the
// site has no such actuator or the actuator nothing like that.
func (w *World) Write(wr Write) error {
	if err := w.possible(wr); err != nil {
		return err
	}
	return w.obey(wr)
}

// Writes lists the latest writes, also those that were refused, in order: 65,536 at
// most.
func (w *World) Writes() []WriteRecord { return slices.Clone(w.writes) }

// possible checks what is true of a write at any time.
func (w *World) possible(wr Write) error {
	o, ok := w.output(wr.Actuator)
	if !ok {
		return fmt.Errorf("write to %s: the site has no such actuator", wr.Actuator)
	}
	kinds := map[metering.ActuatorKind][]WriteKind{
		metering.ActuatorSetpoint: {WriteLimit, WriteFallback, WriteTimeout},
		metering.ActuatorRelay:    {WriteCoil},
		metering.ActuatorBreaker:  {WriteSelectOpen, WriteOperateOpen, WriteSelectClose, WriteOperateClose},
	}[o.Kind]
	if !slices.Contains(kinds, wr.What) {
		return fmt.Errorf("write to %s: a %s has no %q, but %v", wr.Actuator, o.Kind, wr.What, kinds)
	}
	return nil
}

// obey does what a write says, and remembers it.
func (w *World) obey(wr Write) error {
	o, _ := w.output(wr.Actuator)
	err := o.take(wr, w.now)
	record := WriteRecord{At: w.Now(), Write: wr}
	if err != nil {
		err = fmt.Errorf("write to %s: %s %d: %w", wr.Actuator, wr.What, wr.Value, err)
		record.Refused = err.Error()
	} else {
		w.past = append(w.past, Event{At: w.Now(), Write: &wr})
	}
	if len(w.writes) == maxWrites {
		w.writes = slices.Delete(w.writes, 0, maxWrites/16)
	}
	w.writes = append(w.writes, record)
	return err
}

// take is a device that gets a write.
func (o *output) take(wr Write, now int64) error {
	switch {
	case o.is(wayOffline):
		return ErrNoAnswer
	case o.is(wayLocal):
		return fmt.Errorf("it is switched to local: %w", ErrState)
	}
	switch wr.What {
	case WriteLimit, WriteFallback, WriteTimeout:
		return o.takeSetting(wr, now)
	case WriteCoil:
		if wr.Value != 0 && wr.Value != 1 {
			return ErrValue
		}
		o.coil = wr.Value == 1
		o.sendTo(o.coil, now)
		return nil
	}
	return o.takeBreaker(wr, now)
}

// maxTimeout is the longest time-out of a limit: what 16 bits hold in seconds.
const maxTimeout = 65535

func (o *output) takeSetting(wr Write, now int64) error {
	most := int64(o.Power)
	if wr.What == WriteTimeout {
		most = maxTimeout
	}
	if wr.Value < 0 || wr.Value > most {
		return fmt.Errorf("it takes 0 to %d: %w", most, ErrValue)
	}
	switch wr.What {
	case WriteLimit:
		o.limit, o.written, o.timedOut = metering.Power(wr.Value), now, false
	case WriteFallback:
		o.fallback = metering.Power(wr.Value)
	case WriteTimeout:
		o.timeout, o.written = time.Duration(wr.Value)*time.Second, now
	}
	return nil
}

func (o *output) takeBreaker(wr Write, now int64) error {
	if wr.Value != 0 && wr.Value != 1 {
		return ErrValue
	}
	selects := map[WriteKind]breakerCommand{WriteSelectOpen: selectOpen, WriteSelectClose: selectClose}
	if command, ok := selects[wr.What]; ok {
		switch {
		case wr.Value == 1:
			o.selected, o.selectAt = command, now
		case o.selected == command:
			o.selected = selectNone
		}
		return nil
	}
	command := selectOpen
	if wr.What == WriteOperateClose {
		command = selectClose
	}
	switch {
	case wr.Value == 0:
		return nil
	case o.selected != command || now-o.selectAt > int64(operateWithin):
		return fmt.Errorf("it was not selected for that within %v: %w", operateWithin, ErrState)
	case command == selectClose && o.charged > 0:
		return fmt.Errorf("its spring is not charged: %w", ErrState)
	}
	o.selected = selectNone
	o.sendTo(command == selectClose, now)
	return nil
}
