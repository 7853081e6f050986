package provision

import (
	"context"
	"fmt"
	"sync"

	"handover/handler/core/directory"
)

// turns lets the changes of one resource that reach this process go one after
// the other, so that they do not lose against each other again and again. That
// nothing is lost between processes is for the store's versions to see to.
type turns struct {
	mu    sync.Mutex
	lines map[directory.ID]*line
}

// line is who changes a resource, and who waits for it.
type line struct {
	turn    chan struct{}
	waiting int
}

func newTurns() *turns { return &turns{lines: make(map[directory.ID]*line)} }

// take waits for the turn to change a resource; done ends it.
func (t *turns) take(ctx context.Context, id directory.ID) (done func(), err error) {
	t.mu.Lock()
	l := t.lines[id]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1)}
		t.lines[id] = l
	}
	l.waiting++
	t.mu.Unlock()
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn; t.leave(id, l) }, nil
	case <-ctx.Done():
		t.leave(id, l)
		return nil, fmt.Errorf("provision: wait for other changes: %w", ctx.Err())
	}
}

func (t *turns) leave(id directory.ID, l *line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.waiting--; l.waiting == 0 {
		delete(t.lines, id)
	}
}
