package still

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// The write-ahead log, https://www.sqlite.org/fileformat2.html#walformat, all
// numbers big endian:
//
//	header  0 magic 0x377f0682 or …83   4 version 3007000   8 page size   12 checkpoints
//	        16 salt 1   20 salt 2   24 checksum of 0..24
//	frame   0 page number   4 pages of the database after the commit, 0 within a transaction
//	        8 salt 1   12 salt 2   16 checksum of 0..8 and the page, going on from the one before
//	        24 page
//
// Frames count as long as salts and checksums follow on; what lies behind is of
// an older generation.
const (
	logHeader   = 32
	frameHeader = 24
	logMagic    = 0x377f0682 // the last bit says that checksums are of big-endian words
	logVersion  = 3007000
)

// Log is what a write-ahead log holds.
type Log struct {
	Size     int64
	PageSize int
	// Frames are those of committed transactions that the engine takes.
	Frames int
	// Unfinished are sound frames behind the last commit, of a transaction that
	// never ended: a program was stopped.
	Unfinished int
	// Broken are frames of this generation that do not match their checksum, and
	// Behind the sound ones that the engine does not take because of them.
	Broken, Behind int
	// BadHeader: the log has content, but its header is damaged, so that the
	// engine takes nothing of it.
	BadHeader bool
}

// Torn reports whether the only broken frame is the last one, as a machine that
// loses power may leave it.
func (l Log) Torn() bool { return l.Broken == 1 && l.Behind == 0 && !l.BadHeader }

// readLog finds the newest committed content of each page, and the size of the
// database that goes with it. With lenient it goes on behind broken frames, up to
// the last commit there is: the result may then mix pages of several moments.
func (f *File) readLog(lenient bool) (pages map[uint32]int64, size int64, err error) {
	size = f.before.size
	f.Size = size
	if f.wal == nil {
		return nil, size, nil
	}
	info, err := f.wal.Stat()
	if err != nil {
		return nil, 0, err
	}
	f.Log.Size = info.Size()
	f.Size += info.Size()
	if f.Log.Size == 0 {
		return nil, size, nil
	}
	s, ok := newScanner(f.before.log[:])
	if !ok || f.Log.Size < logHeader {
		f.Log.BadHeader = true
		if s = f.guess(); !lenient || s == nil {
			return nil, size, nil
		}
	}
	f.Log.PageSize = len(s.frame) - frameHeader
	in := bufio.NewReaderSize(io.NewSectionReader(f.wal, logHeader, f.Log.Size-logHeader), 1<<20)
	pages = map[uint32]int64{}
	open := map[uint32]int64{} // of the transaction that is not committed yet
	seen := 0
	for at := int64(logHeader); ; at += int64(len(s.frame)) {
		n, err := io.ReadFull(in, s.frame)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			if n >= frameHeader && s.ofThisGeneration() {
				f.Log.Broken++ // cut off
			}
			break
		}
		if err != nil {
			return nil, 0, err
		}
		switch sound := s.follows(); {
		case !sound && s.ofThisGeneration():
			f.Log.Broken++
			continue
		case !sound:
			continue
		case f.Log.Broken > 0 || f.Log.BadHeader:
			if f.Log.Behind++; !lenient {
				continue
			}
		default:
			seen++
		}
		open[s.number()] = at + frameHeader
		if s.commits() != 0 {
			size = int64(s.commits()) * int64(f.Log.PageSize)
			for number, where := range open {
				pages[number] = where
			}
			clear(open)
			f.Log.Frames = seen
		}
	}
	f.Log.Unfinished = seen - f.Log.Frames
	return pages, size, nil
}

// guess makes a scanner for a log without a sound header from its first frame.
func (f *File) guess() *scanner {
	frame := make([]byte, frameHeader)
	header := make([]byte, 18)
	if _, err := f.wal.ReadAt(frame, logHeader); err != nil {
		return nil
	}
	if _, err := f.main.ReadAt(header, 0); err != nil {
		return nil
	}
	size := int(binary.BigEndian.Uint16(header[16:]))
	if size < 512 || size&(size-1) != 0 {
		size = 4096 // the engine's own default
	}
	return &scanner{order: binary.LittleEndian, salts: frame[8:16], frame: make([]byte, frameHeader+size)}
}

// scanner checks frames one after the other.
type scanner struct {
	order binary.ByteOrder
	salts []byte // two of 4 bytes
	sum   [2]uint32
	frame []byte // header and page
}

// newScanner reads the log's header; false if it is none.
func newScanner(header []byte) (*scanner, bool) {
	word := func(at int) uint32 { return binary.BigEndian.Uint32(header[at:]) }
	size := word(8)
	if word(0)&^1 != logMagic || word(4) != logVersion || size < 512 || size > 65536 || size&(size-1) != 0 {
		return nil, false
	}
	s := &scanner{order: binary.LittleEndian, salts: bytes.Clone(header[16:24]), frame: make([]byte, frameHeader+size)}
	if word(0)&1 != 0 {
		s.order = binary.BigEndian
	}
	s.add(header[:24])
	return s, s.sum == [2]uint32{word(24), word(28)}
}

// add carries the checksum on over bytes, a multiple of 8.
func (s *scanner) add(data []byte) {
	a, b := s.sum[0], s.sum[1]
	for i := 0; i < len(data); i += 8 {
		a += s.order.Uint32(data[i:]) + b
		b += s.order.Uint32(data[i+4:]) + a
	}
	s.sum = [2]uint32{a, b}
}

// follows reports whether the frame goes on from the one before, whose checksum is
// taken as it stands: so one broken frame does not hide the soundness of the next.
func (s *scanner) follows() bool {
	if !bytes.Equal(s.frame[8:16], s.salts) {
		return false
	}
	s.add(s.frame[:8])
	s.add(s.frame[frameHeader:])
	stands := [2]uint32{binary.BigEndian.Uint32(s.frame[16:]), binary.BigEndian.Uint32(s.frame[20:])}
	sound := s.sum == stands && s.number() != 0
	s.sum = stands
	return sound
}

// ofThisGeneration reports whether the frame was written since the log was begun
// anew. One salt is enough: of an older generation neither is the same, as the
// first counts up and the second is random.
func (s *scanner) ofThisGeneration() bool {
	return bytes.Equal(s.frame[8:12], s.salts[:4]) || bytes.Equal(s.frame[12:16], s.salts[4:])
}

func (s *scanner) number() uint32  { return binary.BigEndian.Uint32(s.frame) }
func (s *scanner) commits() uint32 { return binary.BigEndian.Uint32(s.frame[4:]) }
