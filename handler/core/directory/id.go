package directory

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// ID names a user, a group or a leave: a UUID whose first 48 bits are the
// milliseconds of its creation, so that the order of ids is the order of
// creation (RFC 9562 §5.7).
type ID [16]byte

// Sort tells what an ID names, by the UUID's version.
type Sort uint8

// The sorts of ids.
const (
	SortUnknown Sort = 0
	// SortUser is a UUIDv7.
	SortUser Sort = 7
	// SortGroup is a UUIDv8 with the layout of a v7, so that an id tells its
	// type without a read.
	SortGroup Sort = 8
)

// NewID makes an id of the given sort. The 12 bits behind the milliseconds are
// the fraction of the millisecond (RFC 9562 §6.2, method 3), which keeps the
// order within one.
func NewID(sort Sort, now time.Time, random io.Reader) (ID, error) {
	var id ID
	if _, err := io.ReadFull(random, id[8:]); err != nil {
		return ID{}, fault.New(fault.Internal, "no randomness for a new id").WithCause(err)
	}
	ms := uint64(now.UnixMilli())
	fraction := uint64(now.Nanosecond()%1_000_000) * 4096 / 1_000_000
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = byte(sort)<<4 | byte(fraction>>8)
	id[7] = byte(fraction)
	id[8] = 0x80 | id[8]&0x3f
	return id, nil
}

// Sort tells what the id names.
func (id ID) Sort() Sort {
	switch Sort(id[6] >> 4) {
	case SortUser:
		return SortUser
	case SortGroup:
		return SortGroup
	}
	return SortUnknown
}

// IsZero tells whether the id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// Created is the millisecond in which the id was made.
func (id ID) Created() time.Time {
	var ms int64
	for i := range 6 {
		ms = ms<<8 | int64(id[i])
	}
	return time.UnixMilli(ms).UTC()
}

// String is the UUID in lower case, 36 characters.
func (id ID) String() string {
	var text [36]byte
	hex.Encode(text[0:], id[0:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// MarshalText is the UUID's text; the zero id is empty.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, ok := ParseID(string(text))
	if !ok {
		return fmt.Errorf("directory: not an id")
	}
	*id = parsed
	return nil
}

// ParseID reads a UUID of 36 characters in any letter case. Whatever else is
// sent as an id names nothing: ok is false, and the caller answers not found.
func ParseID(text string) (id ID, ok bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return ID{}, false
	}
	if _, err := hex.Decode(id[:], []byte(strings.ReplaceAll(text, "-", ""))); err != nil {
		return ID{}, false
	}
	return id, true
}
