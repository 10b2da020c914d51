package modbus

import (
	"net"
	"sync/atomic"
)

// fitting is the way of Open: gathered where many wait, plain where few do. To
// look without waiting, and to wait for serial ports, the gatherer is always the
// better one.
var fitting = waiting{theCrowd.conn, gathered.quiet, gathered.port}

// crowd is how many connections the open lines of a process may have.
type crowd struct{ links atomic.Int32 }

var theCrowd crowd

// sparse is the greatest crowd whose answers mostly come one by one: gathering
// them saves nothing and costs another thread (BenchmarkCPUOfFewLines).
const sparse = 250

// conn decides for each connection when it is made: one that is open stays as it
// is.
func (c *crowd) conn(conn net.Conn) (stream, error) {
	if c.links.Load() <= sparse {
		return plain.conn(conn)
	}
	return gathered.conn(conn)
}
