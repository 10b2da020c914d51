package regmap

import ("asue/collector/device"; "time"; "slices"; "strings")

type Cost struct { Request, Register time.Duration; Untagged bool }
func TCPCost() Cost { return Cost{} }
func SerialCost(int) Cost { return Cost{} }
func (m *Model) PlanFor(c Cost, groups ...Group) []Block { return m.Plan(groups...) }
type Ident struct { v map[string]RawValue }
func (i *Ident) Add(b Block, words []uint16) error {
	if i.v == nil { i.v = map[string]RawValue{} }
	vs, err := Raw(b, words)
	for k, x := range vs { i.v[k] = x }
	return err
}
func (i *Ident) Identity() device.Identity {
	var id device.Identity
	id.CT, id.VT = Ratios(i.v)
	var said []string
	for k, x := range i.v { said = append(said, k+"="+x.String()); if k == "serial" { id.Serial = x.String() } }
	slices.Sort(said); id.Said = strings.Join(said, " ")
	return id
}
