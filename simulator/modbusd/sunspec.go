package modbusd

import (
	"asue/collector/regmap"
)

// A meter with a SunSpec map lies in a chain as devices have it: the marker, the
// common model that says who it is, the map's own model, and the end.
//
//	40000 "SunS" · 40002 model 1 · 40070 model N · its length on: 0xFFFF, 0
const (
	sunSpecMarker    = 2
	sunSpecHeader    = 2  // number and length of a model
	sunSpecCommonLen = 66 // points of the common model (model_1.json)
	sunSpecFunction  = 3
)

// sunSpecPlace is where the map's model begins, and the addresses of the whole chain.
func sunSpecPlace(m *regmap.Model) (base int, chain []stretch) {
	first := int(regmap.SunSpecBases()[0])
	base = first + sunSpecMarker + sunSpecHeader + sunSpecCommonLen
	return base, []stretch{{sunSpecFunction, first, sunSpecEnd(m, base) + sunSpecHeader}}
}

// sunSpecEnd is where the header that ends the chain stands.
func sunSpecEnd(m *regmap.Model, base int) int {
	end := base + sunSpecHeader
	for i := range m.Registers {
		r := &m.Registers[i]
		end = max(end, base+int(r.Address)+r.Words())
	}
	return end
}

// chain writes what does not change: marker, common model and end. Number and
// length of the map's own model are registers of the map.
func (d *device) chain() {
	marker := regmap.SunSpecMarker()
	first := int(regmap.SunSpecBases()[0])
	copy(d.wordsAt(sunSpecFunction, first, sunSpecMarker), marker[:])
	common := first + sunSpecMarker
	copy(d.wordsAt(sunSpecFunction, common, sunSpecHeader), []uint16{1, sunSpecCommonLen})
	for _, r := range regmap.SunSpecCommon().Registers {
		text := map[string]string{"manufacturer": "asue", "type": "software zone", "version": "1", "serial": d.meter.Serial}[r.Name]
		regmap.EncodeText(r, text, d.wordsAt(sunSpecFunction, common+int(r.Address), r.Words()))
	}
	copy(d.wordsAt(sunSpecFunction, sunSpecEnd(d.model, d.base), sunSpecHeader), []uint16{0xFFFF, 0})
}
