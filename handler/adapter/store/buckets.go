package store

import (
	"context"
	"fmt"
	"slices"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// maxBuckets is the most rows that hold one group's members.
	maxBuckets = 64
	// bucketAverage is how many ids a bucket holds on average before the number
	// of buckets doubles.
	bucketAverage = 1024
	// maxBucketIDs is how many ids fit one column of 64 KiB.
	maxBucketIDs = table.MaxBytes / idBytes
	// maxMembers is the largest group of which one transaction of 4 MiB can
	// rewrite all buckets.
	maxMembers = 180_000
)

// bucketOf is the bucket of an id: its last byte is random.
func bucketOf(id directory.ID, buckets int) int { return int(id[15]) & (buckets - 1) }

// bucketsFor doubles the number of buckets until it suffices.
func bucketsFor(members, buckets int) int {
	for buckets < maxBuckets && members > buckets*bucketAverage {
		buckets *= 2
	}
	return buckets
}

// membership is what was read of a group's buckets.
type membership struct {
	// buckets is the number into which the ids are divided.
	buckets int
	lists   map[int]packed
	// newest is the highest version of the group that a bucket was written by.
	newest int64
}

func (m *membership) has(id directory.ID) bool { return m.lists[bucketOf(id, m.buckets)].has(id) }

func (m *membership) count() int {
	n := 0
	for _, list := range m.lists {
		n += list.len()
	}
	return n
}

// ids are all members in ascending order.
func (m *membership) ids() []directory.ID {
	ids := make([]directory.ID, 0, m.count())
	for _, list := range m.lists {
		ids = list.appendTo(ids)
	}
	slices.SortFunc(ids, compareIDs)
	return ids
}

func (m *membership) take(row *table.Entity, bucket int) {
	m.lists[bucket] = packed(row.Columns.Get("M").Text())
	m.newest = max(m.newest, row.Columns.Get("V").Int())
}

// readBucket reads the one bucket in which an id is, if it is a member.
func (s *Store) readBucket(ctx context.Context, tenant string, group directory.ID, buckets, bucket int) (membership, error) {
	m := membership{buckets: buckets, lists: map[int]packed{}}
	row, err := s.directory.Get(ctx, tenant, bucketRow(group, bucket))
	switch {
	case fault.Is(err, fault.RowNotFound):
	case err != nil:
		return m, fmt.Errorf("store: read members: %w", err)
	default:
		m.take(&row, bucket)
	}
	return m, nil
}

// readBuckets reads all members in one query.
func (s *Store) readBuckets(ctx context.Context, tenant string, group directory.ID, buckets int) (membership, error) {
	m := membership{buckets: buckets, lists: map[int]packed{}}
	prefix := bucketsOf(group)
	for row, err := range table.Rows(ctx, s.directory, table.Query{Partition: tenant, From: prefix, To: end(prefix)}) {
		if err != nil {
			return m, fmt.Errorf("store: read members: %w", err)
		}
		bucket, ok := bucketNumber(row.Row)
		if !ok {
			return m, fault.New(fault.Internal, "a row of a group's members has a key that cannot be read")
		}
		m.take(&row, bucket)
	}
	return m, nil
}

func bucketColumns(list packed, version int64) table.Columns {
	return table.Columns{{Name: "M", Value: table.Bytes(string(list))}, {Name: "V", Value: table.Int(version)}}
}
