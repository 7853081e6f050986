package local

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"handover/handler/core/fault"
)

// maxGroup is the most steps that share one commit.
const maxGroup = 128

// step is one atomic change that waits for its turn.
type step interface {
	// apply checks everything against g first and writes after it, so that a
	// step which returns an error has written nothing and its neighbours in the
	// same commit are not touched.
	apply(g *group) error
}

// group is the open commit that a number of steps share.
type group struct {
	tx *bbolt.Tx
	// version is the last one given to a row; it is stored with the commit, so
	// that no ETag ever comes again.
	version uint64
	// changed tells whether there is anything to write to the disk.
	changed bool
	// broken is the first error of the database itself; it spoils the commit.
	broken error
}

// bucket returns a bucket for writing, making it if need be.
func (g *group) bucket(path ...[]byte) *bbolt.Bucket {
	b, err := g.tx.CreateBucketIfNotExists(path[0])
	for _, name := range path[1:] {
		if err == nil {
			b, err = b.CreateBucketIfNotExists(name)
		}
	}
	if err != nil {
		g.note(err)
	}
	return b
}

// note remembers that a write was made, or that it failed.
func (g *group) note(err error) {
	g.changed = true
	if g.broken == nil {
		g.broken = err
	}
}

// job is a step on its way through the writer.
type job struct {
	step step
	err  error
	done chan struct{}
}

// writer commits steps: it takes all that wait, at most maxGroup, applies them
// in one transaction and syncs the disk once. So one caller waits for no one,
// and many share the price of the disk.
type writer struct {
	db       *bbolt.DB
	incoming chan *job
	closing  chan struct{}
	ended    chan struct{}
}

func startWriter(db *bbolt.DB) *writer {
	w := &writer{db: db, incoming: make(chan *job), closing: make(chan struct{}), ended: make(chan struct{})}
	go w.run()
	return w
}

// stop returns once the last commit is through.
func (w *writer) stop() {
	close(w.closing)
	<-w.ended
}

// do waits until s is on the disk or refused. A context that ends before the
// writer has picked s up means that s never happens; after that, the outcome is
// worth the short wait.
func (w *writer) do(ctx context.Context, s step) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{step: s, done: make(chan struct{})}
	select {
	case w.incoming <- j:
		<-j.done
		return j.err
	case <-ctx.Done():
		return ctx.Err()
	case <-w.closing:
		return errClosed()
	}
}

func (w *writer) run() {
	defer close(w.ended)
	jobs := make([]*job, 0, maxGroup)
	for {
		select {
		case j := <-w.incoming:
			jobs = w.gather(append(jobs[:0], j))
			w.commit(jobs)
			clear(jobs)
		case <-w.closing:
			return
		}
	}
}

// gather adds what waits already, without waiting for more.
func (w *writer) gather(jobs []*job) []*job {
	for len(jobs) < maxGroup {
		select {
		case j := <-w.incoming:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

// commit answers every job once the outcome of the whole group is known: a
// refusal may rest on a neighbour's write, so it waits for the disk as well.
func (w *writer) commit(jobs []*job) {
	err := w.write(jobs)
	for _, j := range jobs {
		if err != nil {
			j.err = err
		}
		close(j.done)
	}
}

// write returns an error if the group was not, or perhaps not, committed. The
// database panics where it finds its file damaged; that must not end the
// process in the middle of other people's requests.
func (w *writer) write(jobs []*job) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = errUnknown(fmt.Errorf("panic: %v", cause))
		}
	}()
	tx, err := w.db.Begin(true)
	if err != nil {
		return errUnavailable(err)
	}
	defer func() {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, berrors.ErrTxClosed) && err == nil {
			err = errUnknown(rollback)
		}
	}()
	g := &group{tx: tx, version: lastVersion(tx)}
	for _, j := range jobs {
		if j.err = j.step.apply(g); g.broken != nil {
			return errUnavailable(g.broken)
		}
	}
	if !g.changed {
		return nil
	}
	if err := storeVersion(tx, g.version); err != nil {
		return errUnavailable(err)
	}
	if err := tx.Commit(); err != nil {
		return errUnknown(err)
	}
	return nil
}

func errClosed() *fault.Fault {
	return fault.New(fault.Unavailable, "the data file is closed, because the program is ending")
}

func errUnavailable(cause error) *fault.Fault {
	return fault.New(fault.Unavailable, "the data file cannot be used now, and nothing was written").WithCause(cause)
}

func errUnknown(cause error) *fault.Fault {
	return fault.New(fault.StorageUnknown, "the data file could not be written, and whether the change was kept is not known; look for free space on its disk, then try again").WithCause(cause)
}
