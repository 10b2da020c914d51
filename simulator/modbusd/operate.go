package modbusd

import (
	"encoding/binary"

	"asue/metering"
	"asue/simulator"
)

// maxBits is the most coils or discrete inputs that a request may ask for.
const maxBits = 2000

// operate appends a module's answer to a request: reads of its four tables (functions
// 1 to 4) and writes (5, 6, 15, 16; MODBUS Application Protocol V1.1b3, section 6).
// The world is brought to the present first, so what is read is never old.
func (s *Server) operate(out []byte, m *module, body []byte, peer string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrive()
	t := m.show(s.world)
	if t.silent {
		return out, false
	}
	begun, function := len(out), body[0]
	out = append(out, function)
	var e exception
	switch function {
	case 1, 2:
		out, e = readBits(out, map[byte][]bool{1: t.coils, 2: t.discretes}[function], body)
	case 3, 4:
		out, e = readWords(out, map[byte][]uint16{3: t.holding, 4: t.input}[function], body)
	case 5, 6, 15, 16:
		past := s.world.EventCount()
		out, e = m.write(out, t, s.world, body, peer)
		s.written(past)
	default:
		e = illegalFunction
	}
	switch e {
	case 0:
		return out, true
	case noAnswerAtAll:
		return out[:begun], false
	}
	return append(out[:begun], function|0x80, byte(e)), true
}

// written makes writes known, which are the events without the first ones: to whoever
// looks at the zone, and to a restart.
func (s *Server) written(past int) {
	if s.world.EventCount() == past {
		return
	}
	s.picture()
	if err := s.keep(past); err != nil {
		s.log.Warn("simulator: a write was done, but a restart will not know of it", "err", err)
	}
}

func readBits(out []byte, bits []bool, body []byte) ([]byte, exception) {
	first, count, e := span(body, len(bits), maxBits)
	if e != 0 {
		return out, e
	}
	packed := make([]byte, (count+7)/8)
	for i, on := range bits[first : first+count] {
		if on {
			packed[i/8] |= 1 << (i % 8)
		}
	}
	return append(append(out, byte(len(packed))), packed...), 0
}

func readWords(out []byte, words []uint16, body []byte) ([]byte, exception) {
	first, count, e := span(body, len(words), maxRead)
	if e != 0 {
		return out, e
	}
	return appendWords(append(out, byte(2*count)), words[first:first+count]), 0
}

// span takes the first address and the count of a read, of a table of so many.
func span(body []byte, size, most int) (first, count int, e exception) {
	switch {
	case size == 0:
		return 0, 0, illegalFunction
	case len(body) != 5:
		return 0, 0, illegalValue
	}
	first, count = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	switch {
	case count < 1 || count > most:
		return 0, 0, illegalValue
	case first+count > size:
		return 0, 0, illegalAddress
	}
	return first, count, 0
}

// write does what a request says, and appends the rest of the answer to it.
func (m *module) write(out []byte, t tables, w *simulator.World, body []byte, peer string) ([]byte, exception) {
	function := body[0]
	size := len(t.coils)
	if function == 6 || function == 16 {
		size = len(t.holding)
	}
	switch {
	case size == 0:
		return out, illegalFunction
	case len(body) < 5:
		return out, illegalValue
	}
	first, value := int(binary.BigEndian.Uint16(body[1:])), binary.BigEndian.Uint16(body[3:])
	out = append(out, body[1:5]...)
	count := 1
	if function == 15 || function == 16 {
		count = int(value)
		bytes := (count + 7) / 8
		if function == 16 {
			bytes = 2 * count
		}
		if count < 1 || len(body) != 6+bytes || int(body[5]) != bytes {
			return out, illegalValue
		}
	} else if len(body) != 5 {
		return out, illegalValue
	}
	if first+count > size {
		return out, illegalAddress
	}
	switch function {
	case 5:
		if value != 0 && value != 0xFF00 {
			return out, illegalValue
		}
		return out, m.setCoil(w, first, value != 0, peer)
	case 6:
		return out, m.setHolding(w, first, []uint16{value}, peer)
	case 15:
		return out, m.setCoils(w, first, count, body[6:], peer)
	}
	words := make([]uint16, count)
	for i := range words {
		words[i] = binary.BigEndian.Uint16(body[6+2*i:])
	}
	return out, m.setHolding(w, first, words, peer)
}

// setCoils writes coils one after the other and stops at the first that is not taken.
// A breaker takes one at a time: a select and its operate in one request would be no
// two steps.
func (m *module) setCoils(w *simulator.World, first, count int, packed []byte, peer string) exception {
	if m.kind == metering.ActuatorBreaker && count > 1 {
		return illegalValue
	}
	for i := range count {
		if e := m.setCoil(w, first+i, packed[i/8]>>(i%8)&1 == 1, peer); e != 0 {
			return e
		}
	}
	return 0
}

// Served says where an actuator answers.
type Served struct {
	Actuator metering.Actuator
	Address  string // "127.0.0.1:5030"
}

// Actuators lists the actuators of the site in its order, with the ports that the
// kernel chose.
func (s *Server) Actuators() []Served {
	at := s.Addresses()
	var list []Served
	for _, a := range s.site.Actuators {
		list = append(list, Served{a, at[metering.LineID(a.Address)]})
	}
	return list
}

// Write writes to an actuator past its device's registers; see simulator.World.Write.
// It may be called from any goroutine.
func (s *Server) Write(wr simulator.Write) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrive()
	past := s.world.EventCount()
	err := s.world.Write(wr)
	s.written(past)
	return err
}

// Writes are the latest writes to actuators, also those that were refused; see
// simulator.World.Writes. It may be called from any goroutine.
func (s *Server) Writes() []simulator.WriteRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.Writes()
}
