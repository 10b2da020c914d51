package modbus
type Speed struct { Baud int; Parity, Untagged bool }
func SpeedOf(url string) Speed { return Speed{} }
func (f Frame) String() string { return "" }
