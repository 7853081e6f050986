package directorytest

import (
	"context"
	"slices"

	"handover/handler/core/directory"
)

// HasMember is as in directory.Groups.
func (m Memory) HasMember(_ context.Context, tenant string, group, member directory.ID) (bool, error) {
	return slices.Contains(m.of(tenant).Members[group], member), nil
}

// GroupsOf is as in directory.Groups.
func (m Memory) GroupsOf(_ context.Context, tenant string, member directory.ID) ([]directory.ID, error) {
	content := m.of(tenant)
	if claimed, ok := content.Claims[member]; ok {
		return slices.Clone(claimed), nil
	}
	var groups []directory.ID
	for group, members := range content.Members {
		if slices.Contains(members, member) {
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// Leave is as in directory.Leaves.
func (m Memory) Leave(_ context.Context, tenant string, id directory.ID) (directory.Leave, error) {
	return find(m.of(tenant).Leaves, "leave", func(l directory.Leave) bool { return l.ID == id })
}

// ListLeaves is as in directory.Leaves.
func (m Memory) ListLeaves(_ context.Context, tenant string, before directory.ID, limit int) ([]directory.Leave, error) {
	leaves := slices.Clone(m.of(tenant).Leaves)
	slices.Reverse(leaves)
	if !before.IsZero() {
		leaves = leaves[1+slices.IndexFunc(leaves, func(l directory.Leave) bool { return l.ID == before }):]
	}
	return leaves[:min(limit, len(leaves))], nil
}

// Chunks is as in directory.Journal.
func (m Memory) Chunks(_ context.Context, tenant string, leave directory.ID) ([]directory.Chunk, error) {
	journal := slices.Clone(m.of(tenant).Journal)
	return slices.DeleteFunc(journal, func(c directory.Chunk) bool { return c.Leave != leave }), nil
}

func named(recordType, id string) func(directory.Record) bool {
	return func(r directory.Record) bool { return r.Type == recordType && r.ID == id }
}

// PutRecord implements directory.Records.
func (m Memory) PutRecord(_ context.Context, tenant string, r directory.Record) error {
	content := m.of(tenant)
	if i := slices.IndexFunc(content.Records, named(r.Type, r.ID)); i >= 0 {
		content.Records[i] = r
		return nil
	}
	content.Records = append(content.Records, r)
	return nil
}

// Record implements directory.Records.
func (m Memory) Record(_ context.Context, tenant, recordType, id string) (directory.Record, error) {
	return find(m.of(tenant).Records, "record", named(recordType, id))
}

// DeleteRecord implements directory.Records.
func (m Memory) DeleteRecord(ctx context.Context, tenant, recordType, id string) error {
	if _, err := m.Record(ctx, tenant, recordType, id); err != nil {
		return err
	}
	content := m.of(tenant)
	content.Records = slices.DeleteFunc(content.Records, named(recordType, id))
	return nil
}

// OwnedRecords implements directory.Records. A position is <type>/<id>.
func (m Memory) OwnedRecords(_ context.Context, tenant string, owner directory.ID, status, after string, limit int) (list []directory.Record, next string, err error) {
	passed := after == ""
	for _, r := range m.of(tenant).Records {
		if r.Owner != owner || r.Status != status {
			continue
		}
		switch {
		case !passed:
			passed = after == r.Type+"/"+r.ID
		case len(list) == limit:
			last := list[limit-1]
			return list, last.Type + "/" + last.ID, nil
		default:
			list = append(list, r)
		}
	}
	return list, "", nil
}
