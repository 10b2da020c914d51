package registers
import ("context"; "asue/collector/device")
type locator struct{ sunSpec int }
func (l *locator) find(ctx context.Context, m *Meter) (uint16, error) { return 0, nil }
func newArchive(m *Meter) device.Archive { return nil }
