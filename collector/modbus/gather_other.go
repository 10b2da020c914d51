//go:build !linux

package modbus

import "net"

// gathered is plain where there is no epoll.
func gathered(conn net.Conn) (stream, error) { return plain(conn) }
