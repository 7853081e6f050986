package store

import (
	"context"
	"slices"
	"sync"

	"handover/handler/core/directory"
)

// maxJoined is how many members the changes that share a transaction may name
// together. Each may cost a bucket, a reverse row and a line of activity, and a
// transaction has 100 operations.
const maxJoined = 30

// joins gathers the changes of members alone that wait for the same group, so
// that those which come while one commit is in flight share the next one.
type joins struct {
	mu      sync.Mutex
	waiting map[string][]*joining
}

// joining is one such change.
type joining struct {
	change directory.GroupChange
	stored directory.Group
	err    error
	done   chan struct{}
}

func (j *joins) add(key string, change directory.GroupChange) *joining {
	one := &joining{change: change, done: make(chan struct{})}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.waiting == nil {
		j.waiting = map[string][]*joining{}
	}
	j.waiting[key] = append(j.waiting[key], one)
	return one
}

// take removes a change from those that wait, with what may go along with it.
// It returns nothing if somebody else has taken it.
func (j *joins) take(key string, first *joining, alone bool) []*joining {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Contains(j.waiting[key], first) {
		return nil
	}
	batch, rest := []*joining{first}, []*joining(nil)
	named := first.named()
	for _, other := range j.waiting[key] {
		switch {
		case other == first:
		case !alone && named+other.named() <= maxJoined && sameGroup(first.change.Before, other.change.Before):
			batch, named = append(batch, other), named+other.named()
		default:
			rest = append(rest, other)
		}
	}
	j.waiting[key] = rest
	if len(rest) == 0 {
		delete(j.waiting, key)
	}
	return batch
}

// named is how many members a change names; one that clears the group goes
// alone.
func (j *joining) named() int {
	if j.change.Members.Clear {
		return maxJoined
	}
	return len(j.change.Members.Add) + len(j.change.Members.Remove)
}

func (j *joining) finish(stored directory.Group, err error) {
	j.stored, j.err = stored, err
	close(j.done)
}

// joinGroup makes a change of members alone, together with those that wait for
// the same group.
func (s *Store) joinGroup(ctx context.Context, tenant, key string, change directory.GroupChange) (directory.Group, error) {
	mine := s.joins.add(key, change)
	release, waited, err := s.groups.acquire(ctx, key)
	if err != nil {
		if s.joins.take(key, mine, true) == nil {
			<-mine.done
			return mine.stored, mine.err
		}
		return directory.Group{}, err
	}
	defer release()
	batch := s.joins.take(key, mine, false)
	if batch == nil {
		<-mine.done
		return mine.stored, mine.err
	}
	defer abandon(batch)
	s.makeTogether(ctx, tenant, batch, waited)
	return mine.stored, mine.err
}

// abandon answers whoever is left without an answer because the work ended in a
// panic: they would wait for ever.
func abandon(batch []*joining) {
	for _, one := range batch {
		select {
		case <-one.done:
		default:
			one.finish(directory.Group{}, busyGroup())
		}
	}
}

// makeTogether makes the changes of a batch in one transaction; if that fails,
// each half in its own, down to single changes, so that each gets the answer
// that is its own. No caller may end the work for the others.
func (s *Store) makeTogether(ctx context.Context, tenant string, batch []*joining, waited bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushDeadline)
	defer cancel()
	change, also := batch[0].change, []directory.Activity(nil)
	if len(batch) > 1 {
		change, also = together(batch)
	}
	stored, err := s.rebaseGroup(ctx, tenant, change, also, waited || len(batch) > 1)
	if err != nil && len(batch) > 1 {
		half := len(batch) / 2
		s.makeTogether(ctx, tenant, batch[:half], true)
		s.makeTogether(ctx, tenant, batch[half:], true)
		return
	}
	for _, one := range batch {
		one.finish(stored, err)
	}
}

// together is one change that does what the changes of a batch do in their
// order, and the activity of all but the first.
func together(batch []*joining) (directory.GroupChange, []directory.Activity) {
	joined, also := batch[0].change, make([]directory.Activity, 0, len(batch)-1)
	joined.Members = directory.MemberChange{}
	last := map[directory.ID]bool{}
	var order []directory.ID
	note := func(ids []directory.ID, added bool) {
		for _, id := range ids {
			if _, seen := last[id]; !seen {
				order = append(order, id)
			}
			last[id] = added
		}
	}
	for i, one := range batch {
		note(one.change.Members.Remove, false)
		note(one.change.Members.Add, true)
		if i > 0 {
			also = append(also, one.change.Activity)
		}
	}
	for _, id := range order {
		if last[id] {
			joined.Members.Add = append(joined.Members.Add, id)
		} else {
			joined.Members.Remove = append(joined.Members.Remove, id)
		}
	}
	after := *batch[len(batch)-1].change.After
	joined.After = &after
	return joined, also
}
