package regmap

import "fmt"

// SunSpec (SunSpec Device Information Model Specification): a device that speaks
// it has the marker "SunS" at one of three addresses, and behind it a chain of
// models, each beginning with its number and its length without these two, up to
// the number 0xFFFF. Which models there are, and where, is the device's affair.

// SunSpecBases are the addresses at which the marker may stand, the usual one
// first.
func SunSpecBases() []uint16 { return []uint16{40000, 50000, 0} }

// SunSpecMarker is what stands there: "SunS".
func SunSpecMarker() [sunSpecMarker]uint16 { return [2]uint16{0x5375, 0x6E53} }

const (
	sunSpecMarker = 2      // registers of the marker
	sunSpecHeader = 2      // registers before a model's points
	sunSpecCommon = 1      // the model that every device has first
	sunSpecEnd    = 0xFFFF // the number that ends the chain
	// sunSpecMost models: devices have about a dozen. A longer chain is another
	// device's memory.
	sunSpecMost = 100
)

// SunSpecWalk follows the chain of one device to the model that a map is of. It
// does no reads itself: Header says which two registers to read, Take gets them.
type SunSpecWalk struct {
	model  *Model
	at     int
	seen   int
	common int // where the common model lies; 0 if it was not seen
}

// SunSpecWalk begins behind a marker that was found at base.
func (m *Model) SunSpecWalk(base uint16) *SunSpecWalk {
	if m.SunSpec == 0 {
		panic("BUG: model " + m.ID + " is none of SunSpec")
	}
	return &SunSpecWalk{model: m, at: int(base) + sunSpecMarker}
}

// Header is the address of the two registers to read now: number and length of a
// model. When Take has found the map's model it is the base of its blocks.
func (w *SunSpecWalk) Header() uint16 { return uint16(w.at) }

// Common is where the common model lies, if it has been passed: the base of
// SunSpecCommon.
func (w *SunSpecWalk) Common() (uint16, bool) { return uint16(w.common), w.common > 0 }

// Take goes on by the header that was read. It returns true when the map's model
// has been found, whole, at Header. An error ends the walk: the chain ends
// without it, or is none.
func (w *SunSpecWalk) Take(number, length uint16) (bool, error) {
	w.seen++
	end := w.at + sunSpecHeader + int(length)
	switch {
	case number == sunSpecEnd:
		return false, fmt.Errorf("sunspec: the device has no model %d: its chain ends at %d after %d models", w.model.SunSpec, w.at, w.seen-1)
	case number == 0:
		return false, fmt.Errorf("sunspec: no model has number 0, which stands at %d: not a chain of models", w.at)
	case w.seen > sunSpecMost:
		return false, fmt.Errorf("sunspec: the chain has more than %d models", sunSpecMost)
	case int(number) == w.model.SunSpec:
		if need := w.model.extent(); int(length)+sunSpecHeader < need {
			return false, fmt.Errorf("sunspec: model %d at %d has %d registers, the map reads %d", number, w.at, length, need-sunSpecHeader)
		}
		if end > 65536 {
			return false, fmt.Errorf("sunspec: model %d at %d ends beyond address 65535", number, w.at)
		}
		return true, nil
	case end+sunSpecHeader > 65536:
		return false, fmt.Errorf("sunspec: model %d at %d, of %d registers, leaves no room for an end", number, w.at, length)
	case number == sunSpecCommon && w.common == 0:
		w.common = w.at
	}
	w.at = end
	return false, nil
}

// extent is the number of registers from address 0 to the end of the last one.
func (m *Model) extent() int {
	end := 0
	for i := range m.Registers {
		if r := &m.Registers[i]; r.Unsure == "" {
			end = max(end, r.end())
		}
	}
	return end
}

// commonRegisters are the points of the common model that tell the device apart
// (SunSpec model 1: Mn, Md, Vr and SN).
var commonRegisters = []Register{
	{Name: "manufacturer", Function: 3, Address: 2, Type: ASCII, Length: 16, Order: BigWords, Scale: 1, Group: Ident},
	{Name: "type", Function: 3, Address: 18, Type: ASCII, Length: 16, Order: BigWords, Scale: 1, Group: Ident},
	{Name: "version", Function: 3, Address: 42, Type: ASCII, Length: 8, Order: BigWords, Scale: 1, Group: Ident},
	{Name: "serial", Function: 3, Address: 50, Type: ASCII, Length: 16, Order: BigWords, Scale: 1, Group: Ident},
}

// SunSpecCommon reads the common model, whose place SunSpecWalk.Common tells:
// manufacturer, type, version and serial number. It belongs to the identification
// of every SunSpec meter.
func SunSpecCommon() Block {
	list := make([]*Register, len(commonRegisters))
	for i := range commonRegisters {
		list[i] = &commonRegisters[i]
	}
	return newBlock(3, Ident, false, list)
}
