package regmap

import "time"

// Cost is what a line charges for a transaction.
type Cost struct {
	Request  time.Duration // for asking at all: frames without data, turnaround, silences
	Register time.Duration // for each register of the answer
	// Untagged lines cannot tell the answers to two requests apart but by unit,
	// function and length: serial ones, and those behind a converter. PlanFor gives
	// the blocks of a meter different lengths then.
	Untagged bool
}

// Of is the price of reading count registers.
func (c Cost) Of(count int) time.Duration { return c.Request + time.Duration(count)*c.Register }

// The characters of a transaction on a serial line (MODBUS over Serial Line
// V1.02, 2.5.1): the request has 8, the answer 5 beside its registers of 2 each,
// and before each of the two the line is silent for 3.5 characters, above 19200
// baud for 1.75 ms.
const (
	requestChars  = 8
	answerChars   = 5
	registerChars = 2
	fastBaud      = 19200
	fastSilence   = 1750 * time.Microsecond
	// turnaround is how long a meter thinks: 20 to 50 ms are usual.
	turnaround = 35 * time.Millisecond
)

// SerialCost is the cost of a serial line of so many baud, which must be above 0.
// A character has 11 bits with parity (a second stop bit in its place costs the
// same) and 10 without.
func SerialCost(baud int, parity bool) Cost {
	bits := 10
	if parity {
		bits = 11
	}
	char := time.Duration(bits) * time.Second / time.Duration(baud)
	silence := 7 * char / 2
	if baud > fastBaud {
		silence = fastSilence
	}
	return Cost{Request: (requestChars+answerChars)*char + 2*silence + turnaround, Register: registerChars * char, Untagged: true}
}

// TCPCost is the cost of Modbus/TCP on a local network: a hole of any allowed
// size is cheaper than another request. With Untagged set it is that of RTU over
// TCP.
func TCPCost() Cost { return Cost{Request: 2 * time.Millisecond, Register: 2 * time.Microsecond} }

// PlanFor is Plan for a line of this cost: neighbours are joined as Plan may,
// where carrying the hole along costs no more than another request, so that the
// whole is as cheap as it can be; between plans that cost the same the one with
// fewer blocks is taken. On an Untagged line blocks of the same length are then
// lengthened over what lies beside them in the map (apart), as far as there is
// room.
func (m *Model) PlanFor(c Cost, groups ...Group) []Block {
	blocks := m.plan(groups, func(list []*Register) [][]*Register { return m.joinByCost(list, c) })
	if c.Untagged {
		m.apart(blocks)
		sortBlocks(blocks)
	}
	return blocks
}

// joinByCost is the cheapest way to cut the list: for each of its beginnings the
// best last run is found, from the shortest beginning on.
func (m *Model) joinByCost(list []*Register, c Cost) [][]*Register {
	type way struct {
		cost   time.Duration
		blocks int
		from   int // where the last run begins
	}
	best := make([]way, len(list)+1)
	for n := 1; n <= len(list); n++ {
		for from := n - 1; from >= 0; from-- {
			if from < n-1 && !m.allows(list[from:n], m.MaxHole) {
				continue // a longer run may be allowed: what reaches far can fill a hole
			}
			count := int(newBlock(list[0].Function, list[0].Group, m.Even, list[from:n]).Count)
			w := way{best[from].cost + c.Of(count), best[from].blocks + 1, from}
			if old := best[n]; from == n-1 || w.cost < old.cost || w.cost == old.cost && w.blocks < old.blocks {
				best[n] = w
			}
		}
	}
	var runs [][]*Register
	for n := len(list); n > 0; n = best[n].from {
		runs = append(runs, list[best[n].from:n:n])
	}
	return runs
}
