// Package still looks at an SQLite file as it stands, without a lock, without
// the engine's recovery and without changing a byte of it or beside it: at the
// file of a program that runs, of one that was killed, or of a disk that was
// carried here.
//
// The engine reads through a file system of its own, which lays the committed
// frames of the write-ahead log over the pages of the file and has no way to
// write. What a running program does in the meantime is noticed: see Moved.
//
// The package must not know what is in the file, or whose it is.
package still

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
	"modernc.org/sqlite/vfs"
)

// File is an SQLite file and its log at one moment. Its methods may be called by
// one goroutine at a time.
type File struct {
	// DB reads the file; one connection.
	DB *sql.DB
	// Log is what the write-ahead log beside the file is like.
	Log Log
	// Header are the first 100 bytes of the database as they stand, which the
	// file format describes in section 1.3; shorter in a shorter file.
	Header []byte
	// Size is that of file and log together.
	Size int64

	main, wal *os.File // wal is nil if there is none
	vfs       *vfs.FS
	before    stamp
}

// settle is how long a file must have been left alone before its time of change
// can tell of the next change: time stamps of files are coarse.
const settle = 50 * time.Millisecond

// Options say how to look.
type Options struct {
	// OnRead, if not nil, is told of every read, so that progress can be shown.
	OnRead func(bytes int)
	// Lenient takes what is sound behind a broken frame of the log too, which the
	// engine itself leaves out. Pages may then be of different moments, and Moved
	// tells nothing: for who can tell sound rows from others.
	Lenient bool
	// Mend, if not nil, may change the database's header of 100 bytes before the
	// engine sees it.
	Mend func(header []byte)
}

// Open opens a file for reading. Damage is no error here: the engine finds it, and
// Log and Header tell the rest. Close releases everything.
func Open(path string, options Options) (_ *File, err error) {
	f := &File{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("look at %s: %w", path, err), f.Close())
		}
	}()
	if f.main, err = os.Open(path); err != nil {
		return nil, err
	}
	f.wal, err = os.Open(path + "-wal")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if f.before, err = f.stamp(); err != nil {
		return nil, err
	}
	if age := time.Since(f.before.changed); age >= 0 && age < settle && !options.Lenient {
		time.Sleep(settle - age)
		if f.before, err = f.stamp(); err != nil {
			return nil, err
		}
	}
	pages, size, err := f.readLog(options.Lenient)
	if err != nil {
		return nil, err
	}
	o := overlay{main: f.main, wal: f.wal, pages: pages, page: int64(f.Log.PageSize), size: size, options: options}
	f.Header = make([]byte, headerSize)
	n, err := o.readAt(f.Header, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	f.Header = f.Header[:n]
	name, files, err := vfs.New(o)
	if err != nil {
		return nil, err
	}
	f.vfs = files
	f.DB, err = sql.Open("sqlite", "file:"+url.PathEscape(mainName)+"?mode=ro&vfs="+name+"&_pragma=query_only(1)&_pragma=temp_store(MEMORY)")
	if err != nil {
		return nil, err
	}
	f.DB.SetMaxOpenConns(1)
	return f, nil
}

// Moved reports whether the file was written to since Open, so that what was
// read may not be of one moment: a checkpoint carried pages of the log into the
// file, or the log was begun anew. Frames appended to the log do no harm.
func (f *File) Moved() (bool, error) {
	now, err := f.stamp()
	return now != f.before, err
}

// Close releases the file.
func (f *File) Close() error {
	var errs []error
	if f.DB != nil {
		errs = append(errs, f.DB.Close())
	}
	if f.vfs != nil {
		errs = append(errs, f.vfs.Close())
	}
	for _, file := range []*os.File{f.wal, f.main} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	return errors.Join(errs...)
}

// stamp changes when pages in the file, or frames that were committed, do.
type stamp struct {
	changed time.Time
	size    int64
	log     [logHeader]byte
}

func (f *File) stamp() (stamp, error) {
	info, err := f.main.Stat()
	if err != nil {
		return stamp{}, err
	}
	s := stamp{changed: info.ModTime(), size: info.Size()}
	if f.wal != nil {
		if _, err := f.wal.ReadAt(s.log[:], 0); err != nil && !errors.Is(err, io.EOF) {
			return stamp{}, err
		}
	}
	return s, nil
}

// mainName is what the database is called in its file system of one file.
const mainName = "still"

// overlay is that file system.
type overlay struct {
	main, wal  *os.File
	pages      map[uint32]int64 // where in the log the newest committed content of a page lies
	page, size int64
	options    Options
}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	if name != mainName {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &reader{overlay: o}, nil
}

// readAt reads the database as it stands with the log laid over it.
func (o overlay) readAt(p []byte, at int64) (n int, err error) {
	if at >= o.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), o.size-at)]
	if len(o.pages) == 0 {
		return io.ReadFull(io.NewSectionReader(o.main, at, o.size-at), p)
	}
	for n < len(p) {
		number, within := (at+int64(n))/o.page, (at+int64(n))%o.page
		part := p[n:min(int64(len(p)), int64(n)+o.page-within)]
		file, from := o.main, at+int64(n)
		if in, ok := o.pages[uint32(number)+1]; ok {
			file, from = o.wal, in+within
		}
		m, err := file.ReadAt(part, from)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// reader is the one file; the engine asks for Seek and Read.
type reader struct {
	overlay
	at int64
}

// Seek implements io.Seeker.
func (r *reader) Seek(offset int64, _ int) (int64, error) {
	r.at = offset
	return offset, nil
}

// Read implements fs.File.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.readAt(p, r.at)
	if r.at < headerSize && n > 0 {
		if err := r.head(p[:n]); err != nil {
			return 0, err
		}
	}
	r.at += int64(n)
	if r.options.OnRead != nil {
		r.options.OnRead(n)
	}
	return n, err
}

// headerSize is that of the database's header.
const headerSize = 100

// head lays the header over what was read of it, mended, and without a word of a
// log: that is laid over already, and the engine must not look for it.
func (r *reader) head(p []byte) error {
	header := make([]byte, headerSize)
	if _, err := r.readAt(header, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if r.options.Mend != nil {
		r.options.Mend(header)
	}
	// The journal that a writer and a reader must understand: 1 legacy, 2 log.
	if modes := header[18:20]; bytes.Equal(modes, []byte{2, 2}) {
		copy(modes, []byte{1, 1})
	}
	copy(p, header[r.at:])
	return nil
}

// Stat implements fs.File.
func (r *reader) Stat() (fs.FileInfo, error) { return info{r.size}, nil }

// Close implements fs.File.
func (r *reader) Close() error { return nil }

type info struct{ size int64 }

func (i info) Name() string     { return mainName }
func (i info) Size() int64      { return i.size }
func (info) Mode() fs.FileMode  { return 0o400 }
func (info) ModTime() time.Time { return time.Time{} }
func (info) IsDir() bool        { return false }
func (info) Sys() any           { return nil }
