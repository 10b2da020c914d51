package modbus

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
)

func reply(b ...byte) []byte { return binary.LittleEndian.AppendUint16(b, crc16(b)) }

// What was drained, in whatever pieces, pays the debt whose answer it holds and no
// other.
func TestDebtsArePaidByWhatWasDrained(t *testing.T) {
	now := time.Unix(0, 0)
	two, three := question{9, 3, 100, 2}, question{9, 3, 200, 3}
	f := func(what string, left2, left3 bool, drained ...[]byte) {
		t.Helper()
		for piece := 1; piece <= 10; piece++ {
			var d debts
			d.owe(two, now.Add(time.Second))
			d.owe(three, now.Add(time.Second))
			for all := bytes.Join(drained, nil); len(all) > 0; {
				n := min(piece, len(all))
				d.drained(all[:n])
				all = all[n:]
			}
			if d.owed(two.shape(), now) != left2 || d.owed(three.shape(), now) != left3 {
				t.Errorf("%s, in pieces of %d: still owed %v and %v", what, piece, d.owed(two.shape(), now), d.owed(three.shape(), now))
			}
		}
	}
	noise := []byte{9, 3, 4, 9, 3, 0xFF}
	f("nothing", true, true)
	f("noise", true, true, noise)
	f("two registers", false, true, reply(9, 3, 4, 1, 2, 3, 4))
	f("two registers in noise", false, true, noise, reply(9, 3, 4, 1, 2, 3, 4), noise)
	f("both, one after the other", false, false, reply(9, 3, 6, 1, 2, 3, 4, 5, 6), reply(9, 3, 4, 1, 2, 3, 4))
	f("of another unit", true, true, reply(8, 3, 4, 1, 2, 3, 4))
	f("to another function", true, true, reply(9, 4, 4, 1, 2, 3, 4))
	f("with a wrong sum", true, true, append(reply(9, 3, 4, 1, 2, 3, 4)[:8], 0))
}

func TestDebtsRunOut(t *testing.T) {
	now := time.Unix(0, 0)
	var d debts
	q := question{9, 3, 100, 2}
	d.owe(q, now.Add(time.Second))
	if !d.owed(q.shape(), now.Add(time.Second)) || d.owed(question{9, 3, 100, 3}.shape(), now) || d.owed(question{8, 3, 100, 2}.shape(), now) {
		t.Error("not what is owed")
	}
	if !d.owed(question{9, 3, 300, 2}.shape(), now) {
		t.Error("an answer does not tell its address")
	}
	if d.owed(q.shape(), now.Add(time.Second+1)) || len(d.until) > 0 {
		t.Error("owed for ever")
	}
}
