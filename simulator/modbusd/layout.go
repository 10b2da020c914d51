package modbusd

import (
	"cmp"
	"slices"

	"asue/collector/regmap"
	"asue/metering"
)

// segment is a stretch of registers without a hole that a request cannot span.
type segment struct {
	function uint8
	first    int
	words    []uint16
}

func (s segment) end() int { return s.first + len(s.words) }

// field is a register of the model and where its words lie in the image.
type field struct {
	register *regmap.Register
	words    []uint16
}

// stretch is a range of addresses that a device has, before it has words.
type stretch struct {
	function   uint8
	first, end int
}

func newDevice(meter metering.Meter, model *regmap.Model) *device {
	d := &device{meter: meter, model: model}
	var stretches []stretch
	if model.SunSpec != 0 {
		d.base, stretches = sunSpecPlace(model)
	}
	var joined []*regmap.Register
	for i := range model.Registers {
		r := &model.Registers[i]
		switch {
		case r.Unsure != "":
		case r.ReadAlone:
			s := segment{r.Function, d.base + int(r.Address), make([]uint16, r.Words())}
			d.alone = append(d.alone, s)
			d.fields = append(d.fields, field{r, s.words})
		default:
			joined = append(joined, r)
			stretches = append(stretches, d.stretchOf(r))
		}
	}
	d.lay(stretches)
	for _, r := range joined {
		d.fields = append(d.fields, field{r, d.wordsAt(r.Function, d.base+int(r.Address), r.Words())})
	}
	if model.SunSpec != 0 {
		d.chain()
	}
	if model.Archive != nil {
		d.archive = newArchive(model.Archive)
		d.segments = append(d.segments, d.archive.segment)
	}
	return d
}

// stretchOf is what must be there for a register to be read.
func (d *device) stretchOf(r *regmap.Register) stretch {
	first := d.base + int(r.Address)
	s := stretch{r.Function, first, first + r.Words()}
	if d.model.Even {
		s.first, s.end = s.first&^1, (s.end+1)&^1
	}
	return s
}

// lay makes the segments: what one request can span has no hole.
func (d *device) lay(stretches []stretch) {
	slices.SortStableFunc(stretches, func(a, b stretch) int {
		return cmp.Or(cmp.Compare(a.function, b.function), cmp.Compare(a.first, b.first))
	})
	var whole []stretch
	for _, s := range stretches {
		if last := len(whole) - 1; last >= 0 && whole[last].function == s.function && s.first < whole[last].end+maxRead {
			whole[last].end = max(whole[last].end, s.end)
			continue
		}
		whole = append(whole, s)
	}
	for _, s := range whole {
		d.segments = append(d.segments, segment{s.function, s.first, make([]uint16, s.end-s.first)})
	}
}

// wordsAt are words of the image; nil if the device has no such ones.
func (d *device) wordsAt(function uint8, first, count int) []uint16 {
	for _, s := range d.segments {
		if at := first - s.first; s.function == function && at >= 0 && at+count <= len(s.words) {
			return s.words[at : at+count]
		}
	}
	return nil
}
