//go:build !linux

package modbus

// gathered is plain where there is no epoll.
var gathered = plain
