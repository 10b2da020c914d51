package outbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// faultyDisk stands between the engine and the files of a test: it counts what is
// done to them, fails what it is told to, and can be a volume that is full. It is the
// engine's own virtual file system, https://www.sqlite.org/vfs.html, with three
// methods replaced.
type faultyDisk struct {
	mu       sync.Mutex
	dir      string // only files in this folder are touched
	ops      int    // writes, syncs and truncations so far
	failAt   int    // the operation that fails once; 0: none
	failWith int32  // a code of the engine
	capacity int64  // bytes of the volume; 0: no end
	failed   bool
}

// theDisk is the one that is registered; the engine has one list of them.
var theDisk = sync.OnceValue(func() *faultyDisk {
	d := &faultyDisk{}
	tls := libc.NewTLS()
	original := at[lib.Tsqlite3_vfs](lib.Xsqlite3_vfs_find(tls, 0))
	place := room(tls, unsafe.Sizeof(*original))
	ours := at[lib.Tsqlite3_vfs](place)
	*ours = *original
	name, err := libc.CString("faulty")
	if err != nil {
		panic("BUG: no memory for a name")
	}
	ours.FzName = name
	open := *(*func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32)(unsafe.Pointer(&struct{ uintptr }{original.FxOpen}))
	ours.FxOpen = pointerTo(func(tls *libc.TLS, vfs, path, file uintptr, flags int32, out uintptr) int32 {
		rc := open(tls, vfs, path, file, flags, out)
		if rc == lib.SQLITE_OK && path != 0 {
			d.wrap(tls, file, libc.GoString(path))
		}
		return rc
	})
	if rc := lib.Xsqlite3_vfs_register(tls, place, 1); rc != lib.SQLITE_OK {
		panic("BUG: the engine does not take the faulty disk")
	}
	return d
})

// pinned keeps functions that the engine alone refers to.
var pinned []any

// room is memory of the engine, which is never given back: a test has few files.
func room(tls *libc.TLS, size uintptr) uintptr {
	p := libc.Xmalloc(tls, libc.Tsize_t(size))
	if p == 0 {
		panic("BUG: no memory for the faulty disk")
	}
	return p
}

// at is memory of the engine as a value.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// pointerTo is a Go function as the engine calls it.
func pointerTo(f any) uintptr {
	pinned = append(pinned, f)
	return (*[2]uintptr)(unsafe.Pointer(&f))[1]
}

// wrap replaces the methods of an open file.
func (d *faultyDisk) wrap(tls *libc.TLS, file uintptr, path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dir == "" || !strings.HasPrefix(path, d.dir) {
		return
	}
	methods := at[uintptr](file) // the file begins with the pointer to them
	original := at[lib.Tsqlite3_io_methods](*methods)
	place := room(tls, unsafe.Sizeof(*original))
	ours := at[lib.Tsqlite3_io_methods](place)
	*ours = *original
	write := *(*func(*libc.TLS, uintptr, uintptr, int32, int64) int32)(unsafe.Pointer(&struct{ uintptr }{original.FxWrite}))
	sync := *(*func(*libc.TLS, uintptr, int32) int32)(unsafe.Pointer(&struct{ uintptr }{original.FxSync}))
	truncate := *(*func(*libc.TLS, uintptr, int64) int32)(unsafe.Pointer(&struct{ uintptr }{original.FxTruncate}))
	ours.FxWrite = pointerTo(func(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
		if rc := d.due(path, offset+int64(n)); rc != lib.SQLITE_OK {
			write(tls, file, data, n/2, offset) // torn: the first half may well be there
			return rc
		}
		return write(tls, file, data, n, offset)
	})
	ours.FxSync = pointerTo(func(tls *libc.TLS, file uintptr, flags int32) int32 {
		if rc := d.due(path, 0); rc != lib.SQLITE_OK {
			if rc == lib.SQLITE_FULL {
				return lib.SQLITE_IOERR_FSYNC
			}
			return rc
		}
		return sync(tls, file, flags)
	})
	ours.FxTruncate = pointerTo(func(tls *libc.TLS, file uintptr, size int64) int32 {
		if rc := d.due(path, 0); rc != lib.SQLITE_OK {
			return lib.SQLITE_IOERR_TRUNCATE
		}
		return truncate(tls, file, size)
	})
	*methods = place
}

// due counts an operation, and returns the code with which it fails. end is how long
// the file must be for it.
func (d *faultyDisk) due(path string, end int64) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops++
	if d.ops == d.failAt {
		d.failed = true
		return d.failWith
	}
	if d.capacity > 0 && end > 0 {
		if size := sizeOf(path); end > size && end-size > d.capacity-taken(d.dir) {
			return lib.SQLITE_FULL
		}
	}
	return lib.SQLITE_OK
}

// free is what the volume has left.
func (d *faultyDisk) free(string) (free, total int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(0, d.capacity-taken(d.dir)), d.capacity, nil
}

// mount makes the disk that of a folder of the test, until the test ends.
func mount(t *testing.T) (*faultyDisk, string) {
	t.Helper()
	d := theDisk()
	dir := t.TempDir()
	d.set(func() { d.dir, d.ops, d.failAt, d.capacity, d.failed = dir, 0, 0, 0, false })
	t.Cleanup(func() { d.set(func() { d.dir, d.failAt, d.capacity = "", 0, 0 }) })
	return d, dir
}

func (d *faultyDisk) set(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// taken is how much lies in a folder.
func taken(dir string) int64 {
	var sum int64
	paths, _ := filepath.Glob(filepath.Join(dir, "*")) // the pattern is well-formed
	for _, p := range paths {
		sum += sizeOf(p)
	}
	return sum
}
