// Package local keeps the tables and the queue of Handover in one file, for
// laptops and tests: nothing to install, and what was answered survives a
// crash, because every write is on the disk before it is answered.
//
// The file is a bbolt database. Table behaves as Azure Table Storage does, and
// Queue as a Service Bus queue does, as far as the program relies on them; the
// table passes the same conformance suite.
package local

import (
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// Format is the version of the file's layout. A program refuses a file with a
// higher one.
const Format = 1

// The bucket that tells whose file this is. Its sequence is the last version
// given to a row.
var (
	metaBucket = []byte("handover")
	formatKey  = []byte("format")
)

// Options are what a file needs from outside. There is none that makes writes
// faster and less safe.
type Options struct {
	// Now is the clock of the queues' locks and windows; time.Now if nil.
	Now func() time.Time
}

// File is an open data file. Only one process at a time may have it open.
type File struct {
	db     *bbolt.DB
	writer *writer
	now    func() time.Time

	mu     sync.Mutex
	queues map[string]*Queue
	closed bool
}

// Open opens the data file at path. It makes the file, and its folder if the
// folder's parent is there. What stands in the way is a fault that says what to
// do, fault.SettingsInvalid for a path that cannot work and fault.Unavailable
// for a file in use by another process; nothing was written or made then.
func Open(path string, options Options) (*File, error) {
	db, err := openDatabase(path)
	if err != nil {
		return nil, err
	}
	now := options.Now
	if now == nil {
		now = time.Now
	}
	return &File{db: db, writer: startWriter(db), now: now, queues: map[string]*Queue{}}, nil
}

// Close waits for the commit in progress and closes the file. Whatever is
// called afterwards gets fault.Unavailable. Closing twice is harmless.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	f.writer.stop()
	if err := f.db.Close(); err != nil {
		return errUnavailable(err)
	}
	return nil
}

func lastVersion(tx *bbolt.Tx) uint64 { return tx.Bucket(metaBucket).Sequence() }

func storeVersion(tx *bbolt.Tx, version uint64) error {
	return tx.Bucket(metaBucket).SetSequence(version)
}
