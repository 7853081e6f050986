package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"

	"handover/handler/core/directory"
)

// register is the partition that belongs to no tenant: "~" is no tenant's id.
const register = "~"

// Rows that a partition has once.
const (
	rowTenant   = "t"
	rowCounters = "q"
)

// Prefixes of the row keys; docs/tables.md says what each row holds.
const (
	prefixCredential = "k-"
	prefixUser       = "u-"
	prefixName       = "n-"
	prefixExternal   = "x-"
	prefixEmail      = "e-"
	prefixGroup      = "g-"
	prefixDisplay    = "d-"
	prefixMembers    = "m-"
	prefixReverse    = "r-"
	prefixIntent     = "j-"
	prefixLeave      = "l-"
	prefixDue        = "w-"
	prefixNotice     = "o-"
	prefixActivity   = "a-"

	prefixTenant = "t-"
	prefixHint   = "h-"
	prefixPurge  = "p-"

	prefixRecord = "r-"
	prefixOwned  = "o-"
	prefixChunk  = "c-"
)

// maxKeyPart is the most bytes of a value that stand in a key as they are.
const maxKeyPart = 192

// key encodes a value for a row key: its bytes in hex, which keeps their order
// and needs no escaping anywhere. A longer value keeps its first bytes, and 128
// bits of SHA-256 tell it from others, so that a key stays under 512 characters.
func key(value string) string {
	switch {
	case value == "":
		return "~"
	case len(value) <= maxKeyPart:
		return hex.EncodeToString([]byte(value))
	}
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString([]byte(value[:maxKeyPart])) + "~" + hex.EncodeToString(sum[:16])
}

// end is the first key behind every key with a prefix that ends in "-".
func end(prefix string) string { return prefix[:len(prefix)-1] + "." }

func userRow(id directory.ID) string            { return prefixUser + id.String() }
func nameRow(folded string) string              { return prefixName + key(folded) }
func externalRow(externalID string) string      { return prefixExternal + key(externalID) }
func emailRow(folded string) string             { return prefixEmail + key(folded) }
func groupRow(id directory.ID) string           { return prefixGroup + id.String() }
func displayRow(folded string) string           { return prefixDisplay + key(folded) }
func bucketsOf(group directory.ID) string       { return prefixMembers + group.String() + "-" }
func reverseOf(member directory.ID) string      { return prefixReverse + member.String() + "-" }
func dueRow(d time.Time, l directory.ID) string { return prefixDue + moment(d) + "-" + l.String() }

func noticeRow(n *directory.Notice) string {
	return prefixNotice + moment(kept(n.Due)) + "-" + n.Leave.String() + "-" + strconv.Itoa(n.Attempt)
}

// moment writes a time so that keys stand in its order.
func moment(t time.Time) string { return fmt.Sprintf("%016x", nanos(t)) }

// behindMoment is the first key behind every key that a prefix and a time up to
// t begin.
func behindMoment(prefix string, t time.Time) string {
	return prefix + fmt.Sprintf("%016x", nanos(t)+1)
}

func bucketRow(group directory.ID, bucket int) string {
	return bucketsOf(group) + hex.EncodeToString([]byte{byte(bucket)})
}

func reverseRow(member, group directory.ID) string { return reverseOf(member) + group.String() }

func intentRow(id directory.ID, tx string) string { return prefixIntent + id.String() + "-" + tx }

// leaveRow inverts the id, so that the newest leave comes first.
func leaveRow(id directory.ID) string {
	for i := range id {
		id[i] = ^id[i]
	}
	return prefixLeave + hex.EncodeToString(id[:])
}

// nanos is a time since 1970 in nanoseconds; what does not fit 63 bits becomes
// the nearest value that does.
func nanos(t time.Time) int64 {
	switch year := t.Year(); {
	case year < 1970:
		return 0
	case year > 2261:
		return math.MaxInt64 - 1
	}
	return t.UnixNano()
}

// activityRow inverts the time, so that the newest line comes first.
func activityRow(at time.Time, tx string) string {
	return prefixActivity + fmt.Sprintf("%016x", ^uint64(nanos(at))) + "-" + tx[:8]
}

func recordRow(recordType, id string) string { return prefixRecord + recordType + "-" + key(id) }

func ownedBy(owner directory.ID, status string) string {
	return prefixOwned + owner.String() + "-" + status + "-"
}

func ownedRow(r *directory.Record) string {
	return ownedBy(r.Owner, r.Status) + r.Type + "-" + key(r.ID)
}

func chunksOf(leave directory.ID) string { return prefixChunk + leave.String() + "-" }

func chunkRow(leave directory.ID, number int) string {
	return chunksOf(leave) + fmt.Sprintf("%08d", number)
}

// chunkNumber reads the number at the end of a chunk's row key.
func chunkNumber(row string) int {
	n, err := strconv.Atoi(row[len(row)-min(8, len(row)):])
	if err != nil {
		return 0
	}
	return n
}

// idAtEnd reads the id with which a row key ends; the zero id if there is none.
func idAtEnd(row string) directory.ID {
	id, _ := directory.ParseID(row[max(0, len(row)-36):])
	return id
}

// bucketNumber reads the two hex digits at the end of a bucket's row key.
func bucketNumber(row string) (int, bool) {
	n, err := strconv.ParseUint(row[max(0, len(row)-2):], 16, 8)
	return int(n), err == nil && n < maxBuckets
}
