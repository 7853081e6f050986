package directory

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"handover/handler/core/fault"
)

// The statuses of a record: an open one must have an active owner.
const (
	RecordOpen   = "open"
	RecordClosed = "closed"
)

// Record is something that a user owns in the business application.
type Record struct {
	Type   string `json:"type"`
	ID     string `json:"id"`
	Owner  ID     `json:"owner"`
	Title  string `json:"title"`
	Status string `json:"status"`
}

// Limits of a record. A type is a word such as quote; id and title are bytes.
const (
	maxRecordID    = 128
	maxRecordTitle = 1024
)

var recordType = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// Check refuses a record that cannot be kept, naming field and limit.
func (r *Record) Check() error {
	if err := CheckRecordName(r.Type, r.ID); err != nil {
		return err
	}
	switch {
	case len(r.Title) > maxRecordTitle:
		return fault.New(fault.InvalidValue, "title must be at most %d bytes, for example \"Offer for 20 licences\"", maxRecordTitle)
	case r.Status != RecordOpen && r.Status != RecordClosed:
		return fault.New(fault.InvalidValue, "status must be \"open\" or \"closed\"")
	case r.Owner.Sort() != SortUser:
		return fault.New(fault.InvalidValue, "owner must be the id of a user of this tenant, for example \"01970c3e-8f00-7000-8000-000000000000\"")
	}
	return nil
}

// CheckRecordName refuses a type and id that can name no record.
func CheckRecordName(kind, id string) error {
	if !recordType.MatchString(kind) {
		return fault.New(fault.InvalidValue, "type must be 1 to 32 of a-z, 0-9 and \"-\" and begin with a letter, for example \"quote\"")
	}
	if id == "" || len(id) > maxRecordID || !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl) {
		return fault.New(fault.InvalidValue, "id must be 1 to %d bytes of UTF-8 without control characters, for example \"Q-1001\"", maxRecordID)
	}
	return nil
}

// MovedRecord is a record as the journal has it.
type MovedRecord struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
}

// Chunk is one entry of a leave's journal: what one transaction moved.
type Chunk struct {
	Leave  ID
	Number int
	From   ID
	To     ID
	At     time.Time
	Moved  []MovedRecord
}

// Progress is how far a leave is.
type Progress struct {
	// Number is that of its latest chunk, 0 if there is none; To received it.
	Number int
	To     ID
	// Records is how many records all of its chunks moved.
	Records int
}

// Move asks the connector for the next chunk of a leave.
type Move struct {
	Tenant   string
	Leave    ID
	Number   int
	From, To Person
	At       time.Time
	// Cursor is what the previous chunk answered; empty at first.
	Cursor string
	// Records, if any, limits the move to these, at most MaxChunk of them: what
	// is no longer open and with From is left alone. A hand-back is such a move.
	Records []MovedRecord
	// DryRun moves and journals nothing, and tells what would be moved; Number is
	// then without meaning.
	DryRun bool
}

// MaxChunk is how many records one Move may name, ours: a transaction of Table
// Storage has 100 operations, a record takes three, and the journal one.
const MaxChunk = 30

// Moved is a connector's answer.
type Moved struct {
	Records []MovedRecord
	// Cursor goes into the next Move.
	Cursor string
	// Finished says that the leaver owned nothing open any more when asked.
	Finished bool
	// To is who received them, where that is not who the Move names: somebody
	// else was the recipient when it was asked for first. Else it is zero.
	To ID
}
