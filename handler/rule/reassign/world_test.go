package reassign_test

import (
	"bytes"
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/reassign/reassigntest"
)

// TestWalks is the promise of no orphans, over whatever may happen, with a tenant
// in memory; the walks over the real store are in adapter/store. By hand 50,000
// were made at once, with -rapid.checks=10000.
func TestWalks(t *testing.T) {
	reassigntest.Run(t, 5, func() reassigntest.World { return newLedger() })
}

// Open has every process read and write the same ledger, in one step a request.
func (l *ledger) Open(func() time.Time, io.Reader, func()) reassigntest.Ports { return l }

// Chunk is small, so that a few records make several chunks.
func (l *ledger) Chunk() int { return chunk }

func (l *ledger) user(id directory.ID) directory.User {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.users[id]
}

// commit is CommitUser of what was read a moment ago.
func (l *ledger) commit(c directory.UserChange) {
	if _, err := l.CommitUser(context.Background(), tenantID, c); err != nil {
		panic(err)
	}
}

func (l *ledger) CommitUser(_ context.Context, _ string, c directory.UserChange) (after directory.User, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.Before != nil && l.users[c.Before.ID].ETag != c.Before.ETag {
		return after, fault.New(fault.RowChanged, "user changed")
	}
	if c.After == nil {
		delete(l.users, c.Before.ID)
	} else {
		after = *c.After
		after.ETag = l.etag()
		l.users[after.ID] = after
	}
	if c.Leave != nil {
		opened := *c.Leave
		opened.ETag = l.etag()
		l.leaves[opened.ID] = opened
		l.hint()
	}
	return after, nil
}

func (l *ledger) CreateTenant(_ context.Context, t directory.Tenant, _ int64, _ directory.Activity) (directory.Tenant, error) {
	l.tenant = t
	return t, nil
}

func (l *ledger) ChangeTenant(_ context.Context, c directory.TenantChange) (directory.Tenant, error) {
	l.tenant = c.After
	return c.After, nil
}

func (l *ledger) ListLeaves(context.Context, string, directory.ID, int) (list []directory.Leave, _ error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, leave := range l.leaves {
		list = append(list, leave)
	}
	slices.SortFunc(list, func(a, b directory.Leave) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	return list, nil
}

func (l *ledger) Record(_ context.Context, _, _, id string) (directory.Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r, ok := l.records[id]; ok {
		return r, nil
	}
	return directory.Record{}, fault.New(fault.NotFound, "no such record")
}

func (l *ledger) PutRecord(_ context.Context, _ string, r directory.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records[r.ID] = r
	return nil
}
