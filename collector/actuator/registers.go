package actuator

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"asue/collector/actuator/actmap"
)

// readBits reads count bits of a table from an address.
func (b *Bus) readBits(ctx context.Context, unit byte, t actmap.Table, address, count uint16) ([]bool, error) {
	size := int(count+7) / 8
	answer, err := b.read(ctx, unit, question(t.Function(), address, count), func(a []byte) bool {
		return len(a) == 2+size && int(a[1]) == size
	})
	if err != nil {
		return nil, err
	}
	bits := make([]bool, count)
	for i := range bits {
		bits[i] = answer[2+i/8]&(1<<(i%8)) != 0
	}
	return bits, nil
}

// readWords reads count registers of a table from an address.
func (b *Bus) readWords(ctx context.Context, unit byte, t actmap.Table, address, count uint16) ([]uint16, error) {
	answer, err := b.read(ctx, unit, question(t.Function(), address, count), func(a []byte) bool {
		return len(a) == 2+2*int(count) && int(a[1]) == 2*int(count)
	})
	if err != nil {
		return nil, err
	}
	words := make([]uint16, count)
	for i := range words {
		words[i] = binary.BigEndian.Uint16(answer[2+2*i:])
	}
	return words, nil
}

func question(function byte, address, count uint16) []byte {
	q := binary.BigEndian.AppendUint16([]byte{function}, address)
	return binary.BigEndian.AppendUint16(q, count)
}

// Functions that write, MODBUS Application Protocol V1.1b3, sections 6.5, 6.6, 6.11
// and 6.12. The answer to the first two is the request, that to the others its head.
const (
	writeCoil      = 5
	writeRegister  = 6
	writeCoils     = 15
	writeRegisters = 16
)

// writeCoil sets one coil, by the function for many if the device knows no other.
func (b *Bus) writeCoil(ctx context.Context, unit byte, address uint16, on, many bool, until time.Time) error {
	if many {
		return b.writeCoils(ctx, unit, address, []bool{on}, until)
	}
	pdu := question(writeCoil, address, 0)
	if on {
		pdu[3] = 0xFF
	}
	return b.write(ctx, unit, pdu, until, func(a []byte) bool { return bytes.Equal(a, pdu) })
}

// writeCoils sets several coils at once.
func (b *Bus) writeCoils(ctx context.Context, unit byte, address uint16, on []bool, until time.Time) error {
	pdu := question(writeCoils, address, uint16(len(on)))
	packed := make([]byte, (len(on)+7)/8)
	for i, bit := range on {
		if bit {
			packed[i/8] |= 1 << (i % 8)
		}
	}
	pdu = append(append(pdu, byte(len(packed))), packed...)
	return b.write(ctx, unit, pdu, until, func(a []byte) bool { return bytes.Equal(a, pdu[:5]) })
}

// writeWords sets one register or several at once.
func (b *Bus) writeWords(ctx context.Context, unit byte, address uint16, words []uint16, many bool, until time.Time) error {
	if len(words) == 1 && !many {
		pdu := question(writeRegister, address, words[0])
		return b.write(ctx, unit, pdu, until, func(a []byte) bool { return bytes.Equal(a, pdu) })
	}
	pdu := append(question(writeRegisters, address, uint16(len(words))), byte(2*len(words)))
	for _, w := range words {
		pdu = binary.BigEndian.AppendUint16(pdu, w)
	}
	return b.write(ctx, unit, pdu, until, func(a []byte) bool { return bytes.Equal(a, pdu[:5]) })
}
