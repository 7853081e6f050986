// Package store keeps the directory in two tables: tenants, users, groups,
// leaves, records and the journal become rows here, once, for every engine.
//
// Everything of one tenant is one partition of the table directory, so that
// what belongs together commits together, in one deciding transaction a change.
// docs/tables.md lists the rows.
package store

import (
	"context"
	"encoding/hex"
	"io"
	"sync"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/tally"
)

// Config is what a Store needs.
type Config struct {
	// Directory and Records are the two tables.
	Directory, Records table.Table
	// Now is the clock, for hints, intents and the groups of a deleted user.
	Now func() time.Time
	// Random gives the marks by which a lost answer is found again. It must be
	// safe for concurrent use, as crypto/rand.Reader is.
	Random io.Reader
}

// Store implements the ports of package directory on two tables. Its methods
// are safe for concurrent use.
type Store struct {
	directory, records table.Table
	now                func() time.Time
	random             io.Reader
	groups             locks
	joins              joins
	writers            writers
	hints              hints
}

var (
	_ directory.Users = (*Store)(nil)

	_ directory.Memberships = (*Store)(nil)

	_ directory.Groups    = (*Store)(nil)
	_ directory.Leaves    = (*Store)(nil)
	_ directory.Notices   = (*Store)(nil)
	_ directory.Tenants   = (*Store)(nil)
	_ directory.History   = (*Store)(nil)
	_ directory.Purges    = (*Store)(nil)
	_ directory.Connector = (*Store)(nil)
	_ directory.Journal   = (*Store)(nil)
	_ directory.Records   = (*Store)(nil)
)

// New makes a store on two tables.
func New(c Config) *Store {
	return &Store{
		directory: counted{c.Directory}, records: counted{c.Records},
		now: c.Now, random: c.Random,
	}
}

// counted counts every round trip for the request that causes it.
type counted struct{ table.Table }

func (c counted) Get(ctx context.Context, partition, row string, columns ...string) (table.Entity, error) {
	tally.Trip(ctx)
	return c.Table.Get(ctx, partition, row, columns...)
}

func (c counted) Query(ctx context.Context, q table.Query) (table.Page, error) {
	tally.Trip(ctx)
	return c.Table.Query(ctx, q)
}

func (c counted) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	tally.Trip(ctx)
	return c.Table.Transact(ctx, partition, operations)
}

// newTx makes the mark of one write: 64 random bits in hex.
func (s *Store) newTx() (string, error) {
	var raw [8]byte
	if _, err := io.ReadFull(s.random, raw[:]); err != nil {
		return "", fault.New(fault.Internal, "no randomness for the mark of a write").WithCause(err)
	}
	return hex.EncodeToString(raw[:]), nil
}

// locks lets one change at a time through for each key, and forgets a key when
// nobody holds or awaits it.
type locks struct {
	mu   sync.Mutex
	held map[string]*lock
}

type lock struct {
	turn  chan struct{}
	users int
}

// acquire waits for the key's turn and returns what ends it; waited tells
// whether somebody else had it meanwhile.
func (l *locks) acquire(ctx context.Context, key string) (release func(), waited bool, err error) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*lock{}
	}
	k := l.held[key]
	if k == nil {
		k = &lock{turn: make(chan struct{}, 1)}
		l.held[key] = k
	}
	waited = k.users > 0
	k.users++
	l.mu.Unlock()
	select {
	case k.turn <- struct{}{}:
		return func() { <-k.turn; l.leave(key, k) }, waited, nil
	case <-ctx.Done():
		l.leave(key, k)
		return nil, waited, ctx.Err()
	}
}

func (l *locks) leave(key string, k *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(l.held, key)
	}
}
