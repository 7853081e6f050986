package local

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"handover/handler/core/fault"
)

// lockTimeout is how long Open waits for another process to let go of the file,
// long enough for one that is just ending.
const lockTimeout = 300 * time.Millisecond

// openDatabase opens or makes the bbolt file and makes sure that it is ours
// before anything could be written.
func openDatabase(path string) (*bbolt.DB, error) {
	size, err := prepareFolder(path)
	if err == nil && size > 0 {
		err = inspect(path)
	}
	if err != nil {
		return nil, refusal(path, err)
	}
	db, err := openBolt(path, nil)
	if err != nil {
		return nil, refusal(path, err)
	}
	if err := initialise(db); err != nil {
		return nil, refusal(path, errors.Join(err, db.Close()))
	}
	if size == 0 {
		syncFolder(filepath.Dir(path))
	}
	return db, nil
}

// prepareFolder returns the size of the file, 0 if there is none; then it makes
// the file's folder if only the folder is missing.
func prepareFolder(path string) (size int64, err error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return 0, errFolder
	case err == nil:
		return info.Size(), nil
	case !errors.Is(err, fs.ErrNotExist):
		return 0, err
	}
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return 0, err
	}
	return 0, nil
}

// syncFolder makes the new file's name durable. Not every system can sync a
// folder; where it cannot, the name is as durable as the system makes it.
func syncFolder(folder string) {
	if f, err := os.Open(folder); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}

// openBolt opens the database with syncing on. The list of free pages is not
// written but rebuilt when opening, which saves a page or more a commit. The
// rebuilding walks the whole file and panics where it is damaged. adjust, if
// any, changes the options.
func openBolt(path string, adjust func(*bbolt.Options)) (db *bbolt.DB, err error) {
	var file *os.File
	options := &bbolt.Options{
		Timeout:        lockTimeout,
		FreelistType:   bbolt.FreelistMapType,
		NoFreelistSync: true,
		NoStatistics:   true,
		OpenFile: func(name string, flag int, mode os.FileMode) (opened *os.File, err error) {
			file, err = os.OpenFile(name, flag, mode)
			return file, err
		},
	}
	if adjust != nil {
		adjust(options)
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = errors.Join(errDamaged, fmt.Errorf("panic: %v", cause), file.Close())
		}
	}()
	return bbolt.Open(path, 0o600, options)
}

// The reasons to refuse what is at the path.
var (
	errFolder  = errors.New("a folder")
	errForeign = errors.New("not made by Handover")
	errNewer   = errors.New("made by a newer version")
)

// inspect looks at an existing file without being able to change it. A damaged
// one would end the process later, in a goroutine of the database where nobody
// can catch it: so first the size, since a missing part cannot even be read,
// and then every page.
func inspect(path string) (err error) {
	db, err := openBolt(path, func(options *bbolt.Options) { options.ReadOnly = true })
	if err != nil {
		return err
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = errors.Join(errDamaged, fmt.Errorf("panic: %v", cause))
		}
		err = errors.Join(err, db.Close())
	}()
	return db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return errDamaged
		}
		if err := checkFormat(tx); err != nil {
			return err
		}
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return walk(b) })
	})
}

// walk visits every page of a bucket and of those inside it; a damaged page
// makes the database panic.
func walk(b *bbolt.Bucket) error {
	return b.ForEach(func(key, value []byte) error {
		if value != nil {
			return nil
		}
		if inner := b.Bucket(key); inner != nil {
			return walk(inner)
		}
		return nil
	})
}

// checkFormat accepts our own files and databases with nothing in them, which a
// crash right after their creation leaves.
func checkFormat(tx *bbolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		if first, _ := tx.Cursor().First(); first != nil {
			return errForeign
		}
		return nil
	}
	format := meta.Get(formatKey)
	switch {
	case len(format) != 4:
		return errForeign
	case binary.BigEndian.Uint32(format) > Format:
		return errNewer
	default:
		return nil
	}
}

// initialise marks a database with nothing in it as ours.
func initialise(db *bbolt.DB) error {
	marked := false
	err := db.View(func(tx *bbolt.Tx) error {
		marked = tx.Bucket(metaBucket) != nil
		return nil
	})
	if err != nil || marked {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		return meta.Put(formatKey, binary.BigEndian.AppendUint32(nil, Format))
	})
}

// refusal turns what stood in the way of opening into a sentence.
func refusal(path string, err error) error {
	invalid := func(format string, args ...any) error {
		return fault.New(fault.SettingsInvalid, format, args...).WithCause(err)
	}
	switch {
	case errors.Is(err, errFolder):
		return invalid("the data file %s is a folder; name a file in it", path)
	case errors.Is(err, berrors.ErrTimeout):
		return fault.New(fault.Unavailable, "the data file %s is in use by another process; end that process, or choose another data folder", path).WithCause(err)
	case errors.Is(err, errNewer):
		return invalid("the data file %s was made by a newer version of Handover; run that version, or choose another data folder", path)
	case errors.Is(err, errForeign), errors.Is(err, errDamaged), errors.Is(err, berrors.ErrInvalid),
		errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return invalid("the file %s is damaged or no data file of Handover; choose another data folder, or restore the file from a copy", path)
	case errors.Is(err, fs.ErrPermission):
		return invalid("the data file %s may not be read and written by this user; change its permissions or those of its folder, or choose another data folder", path)
	case errors.Is(err, fs.ErrNotExist):
		return invalid("the folder above the data folder of %s does not exist; make it, or choose another data folder", path)
	default:
		return invalid("the data file %s cannot be opened; choose another data folder, or look at the cause in the log", path)
	}
}
