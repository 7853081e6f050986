package reassign_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// ledger is a tenant in memory: it keeps the promises of the ports, versions
// included, and nothing else.
type ledger struct {
	directory.Users
	directory.Tenants
	directory.Leaves
	directory.Records
	directory.Notices

	mu       sync.Mutex
	version  int
	tenant   directory.Tenant
	users    map[directory.ID]directory.User
	leaves   map[directory.ID]directory.Leave
	records  map[string]directory.Record
	chunks   []directory.Chunk
	messages []directory.Message
	notices  []directory.Notice
	// told are the leaves whose notices were announced.
	told []directory.ID
	// activities are the lines of the history, but for those of moves.
	activities []directory.Activity
	hinted     bool
	// hints counts how often there was a hint: one that was renewed stays.
	hints int
	// before and after run around each move of records, for what may happen at
	// that moment.
	before, after func()
	// trouble is what the connector answers in place of moving.
	trouble error
	// deaf makes the queue fail.
	deaf bool
}

const (
	tenantID = "acme"
	// chunk is how many records a move takes at most.
	chunk = 3
)

func newLedger() *ledger {
	return &ledger{
		tenant: directory.Tenant{ID: tenantID, MasterAdmin: "ann", Deputies: []string{"bob", "cid"}},
		users:  map[directory.ID]directory.User{}, leaves: map[directory.ID]directory.Leave{},
		records: map[string]directory.Record{}, before: func() {}, after: func() {},
	}
}

func (l *ledger) etag() string {
	l.version++
	return fmt.Sprint(l.version)
}

// add makes a user; the number is its id.
func (l *ledger) add(number byte, name string) directory.ID {
	id := directory.ID{15: number}
	l.users[id] = directory.User{ID: id, UserName: name, Active: true, ETag: l.etag()}
	return id
}

// own gives a user open records.
func (l *ledger) own(owner directory.ID, records int) {
	for range records {
		id := fmt.Sprintf("%04d", len(l.records))
		l.records[id] = directory.Record{Type: "quote", ID: id, Owner: owner, Status: directory.RecordOpen}
	}
}

func (l *ledger) openOf(owner directory.ID) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, r := range l.records {
		if r.Owner == owner && r.Status == directory.RecordOpen {
			n++
		}
	}
	return n
}

// disable does what a deactivation commits.
func (l *ledger) disable(id directory.ID, leave byte, now time.Time) directory.ID {
	before := l.user(id)
	opened := directory.OpenLeave(directory.ID{0: 1, 15: leave}, before.Person(), now)
	after := before
	after.Active, after.Leave, after.LeaveState = false, opened.ID, opened.State
	l.commit(directory.UserChange{Before: &before, After: &after, Leave: &opened})
	return opened.ID
}

func (l *ledger) hint() { l.hinted, l.hints = true, l.hints+1 }

// enable does what a reactivation commits: it changes the user's row alone.
func (l *ledger) enable(id directory.ID) {
	before := l.user(id)
	after := before
	after.Active = true
	l.commit(directory.UserChange{Before: &before, After: &after})
}

func (l *ledger) remove(id directory.ID) {
	before := l.user(id)
	l.commit(directory.UserChange{Before: &before})
}

func (l *ledger) leave(id directory.ID) directory.Leave {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leaves[id]
}

func (l *ledger) User(_ context.Context, _ string, id directory.ID) (directory.User, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if user, ok := l.users[id]; ok {
		return user, nil
	}
	return directory.User{}, fault.New(fault.NotFound, "no such user")
}

func (l *ledger) UserByName(_ context.Context, _, name string) (directory.User, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, user := range l.users {
		if strings.EqualFold(user.UserName, name) {
			return user, nil
		}
	}
	return directory.User{}, fault.New(fault.NotFound, "no such user")
}

func (l *ledger) Tenant(context.Context, string) (directory.Tenant, error) { return l.tenant, nil }

func (l *ledger) Leave(_ context.Context, _ string, id directory.ID) (directory.Leave, error) {
	if leave := l.leave(id); !leave.ID.IsZero() {
		return leave, nil
	}
	return directory.Leave{}, fault.New(fault.NotFound, "no such leave")
}

func (l *ledger) CommitLeave(_ context.Context, _ string, c directory.LeaveChange) (directory.Leave, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.Before != nil && l.leaves[c.Before.ID].ETag != c.Before.ETag {
		return directory.Leave{}, fault.New(fault.RowChanged, "leave changed")
	}
	if c.Leaver != nil {
		user, ok := l.users[c.Leaver.ID]
		if !ok || user.ETag != c.Leaver.ETag {
			return directory.Leave{}, fault.New(fault.RowChanged, "user changed")
		}
		user.Leave, user.LeaveState, user.ETag = c.After.ID, c.After.State, l.etag()
		l.users[user.ID] = user
	}
	if c.Activity.Kind != directory.LeaveMoved && !c.Activity.IsZero() {
		l.activities = append(l.activities, c.Activity)
	}
	c.After.ETag = l.etag()
	l.leaves[c.After.ID] = c.After
	if c.Notice != nil {
		l.notices = append(l.notices, *c.Notice)
	}
	l.hint()
	return c.After, nil
}

func (l *ledger) DueNotices(context.Context, string, time.Time, int) ([]directory.Notice, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.notices), nil
}

func (l *ledger) Touch(_ context.Context, _ string, read directory.User) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	user := l.users[read.ID]
	if user.ETag != read.ETag {
		return fault.New(fault.RowChanged, "user changed")
	}
	user.ETag = l.etag()
	l.users[user.ID] = user
	return nil
}

func (l *ledger) DueLeaves(_ context.Context, _ string, until time.Time, limit int) ([]directory.ID, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var due []directory.ID
	for id, leave := range l.leaves {
		if !leave.State.Final() && !leave.Due.After(until) && len(due) < limit {
			due = append(due, id)
		}
	}
	slices.SortFunc(due, func(a, b directory.ID) int { return bytes.Compare(a[:], b[:]) })
	return due, nil
}

func (l *ledger) TenantsWithWork(context.Context) ([]directory.Work, error) {
	if l.hinted {
		return []directory.Work{{Tenant: tenantID, ETag: fmt.Sprint(l.hints)}}, nil
	}
	return nil, nil
}

func (l *ledger) Rest(_ context.Context, work directory.Work) error {
	l.hinted = l.hinted && work.ETag != fmt.Sprint(l.hints)
	return nil
}

func (l *ledger) Mend(context.Context, string, time.Time) (int, error) { return 0, nil }

func (l *ledger) Note(_ context.Context, _ string, a directory.Activity) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.activities = append(l.activities, a)
	return nil
}

func (l *ledger) Move(_ context.Context, m directory.Move) (directory.Moved, error) {
	l.before()
	defer l.after()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trouble != nil {
		return directory.Moved{}, l.trouble
	}
	for _, c := range l.chunks {
		if c.Leave == m.Leave && c.Number == m.Number {
			return directory.Moved{}, fault.New(fault.RowChanged, "chunk exists")
		}
	}
	if m.DryRun {
		return l.wouldMove(m), nil
	}
	var moved []directory.MovedRecord
	for _, id := range l.movable(m) {
		if len(moved) < chunk || len(m.Records) > 0 {
			r := l.records[id]
			r.Owner = m.To.ID
			l.records[id] = r
			moved = append(moved, directory.MovedRecord{Type: r.Type, ID: r.ID})
		}
	}
	if len(moved) > 0 {
		l.chunks = append(l.chunks, directory.Chunk{Leave: m.Leave, Number: m.Number, From: m.From.ID, To: m.To.ID, Moved: moved})
	}
	return directory.Moved{Records: moved, Finished: len(moved) == 0}, nil
}

// movable lists, in order, the open records that a move is about.
func (l *ledger) movable(m directory.Move) (ids []string) {
	for id, r := range l.records {
		named := len(m.Records) == 0 || slices.Contains(m.Records, directory.MovedRecord{Type: r.Type, ID: r.ID})
		if named && r.Owner == m.From.ID && r.Status == directory.RecordOpen {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// wouldMove is a dry run, three records a page.
func (l *ledger) wouldMove(m directory.Move) (would directory.Moved) {
	for _, id := range l.movable(m) {
		if id > m.Cursor && len(would.Records) < 3 {
			would.Records = append(would.Records, directory.MovedRecord{Type: l.records[id].Type, ID: id})
			would.Cursor = id
		}
	}
	would.Finished = len(would.Records) < 3
	return would
}

func (l *ledger) Chunks(_ context.Context, _ string, leave directory.ID) ([]directory.Chunk, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.chunks), func(c directory.Chunk) bool { return c.Leave != leave }), nil
}

func (l *ledger) AppendChunk(_ context.Context, _ string, c directory.Chunk) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, other := range l.chunks {
		if other.Leave == c.Leave && other.Number == c.Number {
			return fault.New(fault.RowExists, "chunk exists")
		}
	}
	l.chunks = append(l.chunks, c)
	return nil
}

func (l *ledger) Progress(_ context.Context, _ string, leave directory.ID) (p directory.Progress, _ error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.chunks {
		if c.Leave == leave {
			p = directory.Progress{Number: c.Number, To: c.To, Records: p.Records + len(c.Moved)}
		}
	}
	return p, nil
}

func (l *ledger) Send(_ context.Context, m directory.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deaf {
		return fault.New(fault.Unavailable, "the queue is away")
	}
	l.messages = append(l.messages, m)
	return nil
}

// next takes the oldest message off the queue.
func (l *ledger) next() (directory.Message, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.messages) == 0 {
		return directory.Message{}, false
	}
	m := l.messages[0]
	l.messages = l.messages[1:]
	return m, true
}
