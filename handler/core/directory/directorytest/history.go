package directorytest

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Activities implements directory.History. A position is how many lines are
// older.
func (m Memory) Activities(_ context.Context, tenant string, q directory.ActivityQuery) (directory.ActivityPage, error) {
	lines := m.of(tenant).Activity
	older := len(lines)
	if q.Before != "" {
		n, err := strconv.Atoi(q.Before)
		if err != nil || n > older {
			return directory.ActivityPage{}, fault.New(fault.InvalidValue, "before must be the next of the page before")
		}
		older = n
	}
	var page directory.ActivityPage
	for ; older > 0; older-- {
		if len(page.Lines) == q.Limit {
			page.Next = strconv.Itoa(older)
			return page, nil
		}
		if line := lines[older-1]; q.Wants(line) {
			page.Lines = append(page.Lines, line)
		}
	}
	return page, nil
}

// Note implements directory.History.
func (m Memory) Note(_ context.Context, tenant string, line directory.Activity) error {
	content := m.of(tenant)
	content.Activity = append(content.Activity, line)
	return nil
}

// PurgeActivities implements directory.History.
func (m Memory) PurgeActivities(_ context.Context, tenant string, before time.Time, limit int) (int, error) {
	content, purged := m.of(tenant), 0
	content.Activity = slices.DeleteFunc(content.Activity, func(a directory.Activity) bool {
		old := purged < limit && a.At.Before(before)
		if old {
			purged++
		}
		return old
	})
	return purged, nil
}

// PurgeChunks implements directory.History.
func (m Memory) PurgeChunks(_ context.Context, tenant string, before time.Time, limit int) (int, error) {
	content, purged := m.of(tenant), 0
	content.Journal = slices.DeleteFunc(content.Journal, func(c directory.Chunk) bool {
		old := purged < limit && c.At.Before(before)
		if old {
			purged++
		}
		return old
	})
	return purged, nil
}

// EraseActivities implements directory.History, five lines at a time.
func (m Memory) EraseActivities(_ context.Context, tenant string, users []directory.ID, before string) (erased int, next string, err error) {
	content := m.of(tenant)
	from := len(content.Activity)
	if before != "" {
		if from, err = strconv.Atoi(before); err != nil {
			return 0, "", err
		}
	}
	to := max(0, from-5)
	for i := to; i < from; i++ {
		if line := &content.Activity[i]; line.Detail != "" && slices.Contains(users, line.Target) {
			line.Detail = ""
			erased++
		}
	}
	if to > 0 {
		next = strconv.Itoa(to)
	}
	return erased, next, nil
}

// EraseChunks implements directory.History.
func (m Memory) EraseChunks(_ context.Context, tenant string, leave directory.ID) (erased int, err error) {
	for _, chunk := range m.of(tenant).Journal {
		if chunk.Leave != leave {
			continue
		}
		erased++
		for i := range chunk.Moved {
			chunk.Moved[i].Title = ""
		}
	}
	return erased, nil
}

// TenantIDs implements directory.History.
func (m Memory) TenantIDs(_ context.Context, after string, limit int) ([]string, error) {
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(m)), func(id string) bool { return id <= after })
	return ids[:min(limit, len(ids))], nil
}

// CommitLeave is as in directory.Leaves, without versions.
func (m Memory) CommitLeave(_ context.Context, tenant string, change directory.LeaveChange) (directory.Leave, error) {
	content := m.of(tenant)
	for i := range content.Leaves {
		if content.Leaves[i].ID == change.After.ID {
			content.Leaves[i] = change.After
		}
	}
	return change.After, nil
}
