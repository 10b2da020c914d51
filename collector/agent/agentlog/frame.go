package agentlog

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

var (
	magic      = []byte("aLg1")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

const headBytes = 12

// appendFrame appends a record to what is before it in the file.
func appendFrame(file, payload []byte) []byte {
	at := len(file)
	file = append(file, magic...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(payload)))
	file = binary.LittleEndian.AppendUint32(file, sumOf(at, payload))
	return append(file, payload...)
}

func sumOf(at int, payload []byte) uint32 {
	place := binary.LittleEndian.AppendUint64(nil, uint64(at))
	place = binary.LittleEndian.AppendUint32(place, uint32(len(payload)))
	return crc32.Update(crc32.Checksum(place, castagnoli), castagnoli, payload)
}

// frameAt is the record that begins at a place, false if none does.
func frameAt(file []byte, at int) ([]byte, bool) {
	if len(file)-at < headBytes || !bytes.Equal(file[at:at+4], magic) {
		return nil, false
	}
	n := binary.LittleEndian.Uint32(file[at+4:])
	if n > mostRecord || int(n) > len(file)-at-headBytes {
		return nil, false
	}
	payload := file[at+headBytes : at+headBytes+int(n)]
	return payload, binary.LittleEndian.Uint32(file[at+8:]) == sumOf(at, payload)
}

// scan gives the payloads of the good records. Bytes that belong to none are torn if
// no good record follows them, else damaged.
func scan(file []byte) (records [][]byte, torn, damaged int) {
	for at := 0; at < len(file); {
		if payload, ok := frameAt(file, at); ok {
			records = append(records, payload)
			at += headBytes + len(payload)
			damaged, torn = damaged+torn, 0
			continue
		}
		skip := bytes.Index(file[at+1:], magic)
		if skip < 0 {
			return records, torn + len(file) - at, damaged
		}
		torn += 1 + skip
		at += 1 + skip
	}
	return records, torn, damaged
}
