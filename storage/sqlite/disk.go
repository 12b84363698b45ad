package sqlite

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Disk is asked by SQLite whenever it writes to a store's files. Drills use one to make the disk slow or to let it fail.
type Disk interface {
	// Write is how many of n bytes are written; fewer than n are an I/O error.
	Write(n int) int
	// Sync returns when written bytes may be made durable; false is an I/O error.
	Sync() bool
}

// OpenOn opens or creates a database as Open does. What is committed goes through a disk.
func OpenOn(d Disk, path string, codec Codec, log *slog.Logger) (*Store, error) {
	name, unmount, err := mount(d)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s, err := openLocked(path, codec, log, "vfs", name)
	if err != nil {
		return nil, errors.Join(err, unmount())
	}
	s.unmount = unmount
	return s, nil
}

// SQLite calls C functions through these: a VFS opens files, whose methods write and sync them. The maps say what stands behind each.
var (
	disks   sync.Map // of the address of a VFS: *mounted
	files   sync.Map // of the address of an open file: *opened
	mounts  atomic.Int64
	methods sync.Map // of the address of the usual methods: that of the same with ours in their places
)

// mounted is a disk and the VFS that SQLite knows it by.
type mounted struct {
	disk  Disk
	usual uintptr // of SQLite
}

// opened is a file, and the methods that it has without a disk.
type opened struct {
	disk  Disk
	usual *sqlite3.Tsqlite3_io_methods
}

// mount makes a VFS for a disk. It is like the usual one of SQLite but for what is opened.
func mount(d Disk) (name string, unmount func() error, err error) {
	tls := libc.NewTLS()
	defer tls.Close()
	usual := sqlite3.Xsqlite3_vfs_find(tls, 0)
	name = fmt.Sprintf("disk-%d", mounts.Add(1))
	cName, err := libc.CString(name)
	if err != nil {
		return "", nil, fmt.Errorf("name a disk: %w", err)
	}
	own := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	if usual == 0 || own == 0 {
		libc.Xfree(tls, cName)
		return "", nil, errors.New("SQLite has no files here")
	}
	v := memory[sqlite3.Tsqlite3_vfs](own)
	*v = *memory[sqlite3.Tsqlite3_vfs](usual)
	v.FzName, v.FpNext, v.FxOpen = cName, 0, pointer(openFile)
	disks.Store(own, &mounted{d, usual})
	if rc := sqlite3.Xsqlite3_vfs_register(tls, own, 0); rc != sqlite3.SQLITE_OK { // out of memory
		return "", nil, fmt.Errorf("SQLite refuses a disk: code %d", rc)
	}
	return name, sync.OnceValue(func() error { // once: its memory is another's then
		tls := libc.NewTLS()
		defer tls.Close()
		rc := sqlite3.Xsqlite3_vfs_unregister(tls, own)
		disks.Delete(own)
		libc.Xfree(tls, cName)
		libc.Xfree(tls, own)
		if rc != sqlite3.SQLITE_OK {
			return fmt.Errorf("SQLite does not give a disk back: code %d", rc)
		}
		return nil
	}), nil
}

// The signatures of SQLite's functions.
type (
	openFunc  = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	closeFunc = func(tls *libc.TLS, file uintptr) int32
	writeFunc = func(tls *libc.TLS, file, data uintptr, n int32, at int64) int32
	syncFunc  = func(tls *libc.TLS, file uintptr, flags int32) int32
)

func openFile(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	known, _ := disks.Load(vfs)
	m := known.(*mounted) // the map holds nothing else, and SQLite opens with a VFS that is registered
	rc := function[openFunc](memory[sqlite3.Tsqlite3_vfs](m.usual).FxOpen)(tls, m.usual, name, file, flags, out)
	of := memory[uintptr](file) // a file begins with the address of its methods
	if rc != sqlite3.SQLITE_OK || *of == 0 {
		return rc
	}
	usual := *of
	files.Store(file, &opened{m.disk, memory[sqlite3.Tsqlite3_io_methods](usual)})
	ours, is := methods.Load(usual)
	if !is {
		copied := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
		if copied == 0 {
			return sqlite3.SQLITE_NOMEM
		}
		v := memory[sqlite3.Tsqlite3_io_methods](copied)
		*v = *memory[sqlite3.Tsqlite3_io_methods](usual)
		v.FxClose, v.FxWrite, v.FxSync = pointer(closeFile), pointer(writeFile), pointer(syncFile)
		ours, _ = methods.LoadOrStore(usual, copied)
	}
	*of = ours.(uintptr) // the map holds nothing else
	return rc
}

func fileAt(file uintptr) *opened {
	known, _ := files.Load(file)
	return known.(*opened) // the map holds nothing else, and SQLite writes to files that it has opened
}

func closeFile(tls *libc.TLS, file uintptr) int32 {
	f := fileAt(file)
	files.Delete(file) // before the address is free for another
	return function[closeFunc](f.usual.FxClose)(tls, file)
}

func writeFile(tls *libc.TLS, file, data uintptr, n int32, at int64) int32 {
	f := fileAt(file)
	written := min(n, int32(f.disk.Write(int(n)))) // at most n
	if written > 0 || n == 0 {
		if rc := function[writeFunc](f.usual.FxWrite)(tls, file, data, written, at); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	if written < n {
		return sqlite3.SQLITE_IOERR_WRITE
	}
	return sqlite3.SQLITE_OK
}

func syncFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	f := fileAt(file)
	if !f.disk.Sync() {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	return function[syncFunc](f.usual.FxSync)(tls, file, flags)
}

// memory is what SQLite has at an address, which is not Go's memory: no collector moves it.
func memory[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// function is the Go function behind a pointer to a C function, as the translated SQLite holds them, and pointer is the other way.
func function[F any](at uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{at})) }

func pointer(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }
