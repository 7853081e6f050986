package connector

import (
	"encoding/json"
	"fmt"
	"mime"
	"unicode/utf8"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// maxMoved is how many records one answer may list, ours: with ids and titles
	// at their longest the chunk of the journal still fits one row (1 MiB).
	maxMoved = 1000
	// maxTitle is how much of a title the journal keeps, in bytes.
	maxTitle = 256
	// maxCursor bounds what the application asks us to keep for it, in bytes.
	maxCursor = 4096
)

// call is one call of the operation.
type call struct {
	// key names it: the same key must have the same effect and answer. It is empty
	// for what changes nothing.
	key   string
	input reassignInput
}

// reassignInput is what the application is asked for.
type reassignInput struct {
	Tenant string           `json:"tenant"`
	Leave  directory.ID     `json:"leave"`
	From   directory.Person `json:"from"`
	To     directory.Person `json:"to"`
	// Types limits the call to some types of records; absent means all.
	Types []string `json:"types,omitempty"`
	// Cursor is what the answer before said; empty at first.
	Cursor string `json:"cursor"`
	// Records limits the call to these.
	Records []reassignRecord `json:"records,omitempty"`
	DryRun  bool             `json:"dryRun,omitempty"`
}

// reassignRecord names a record.
type reassignRecord struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// reassignOutput is what the application answers.
type reassignOutput struct {
	Moved []directory.MovedRecord `json:"moved"`
	// NextCursor is empty when nothing is left.
	NextCursor string `json:"nextCursor,omitempty"`
	// To is who received the records, where that is not whom this call names: an
	// answer that is given again says whom the first call named.
	To directory.ID `json:"to,omitzero"`
}

func callOf(move *directory.Move, types []string) *call {
	c := &call{input: reassignInput{
		Tenant: move.Tenant, Leave: move.Leave, From: move.From, To: move.To,
		Types: types, Cursor: move.Cursor, DryRun: move.DryRun,
	}}
	if !move.DryRun {
		c.key = fmt.Sprintf("%s.%d", move.Leave, move.Number)
	}
	for _, r := range move.Records {
		c.input.Records = append(c.input.Records, reassignRecord{r.Type, r.ID})
	}
	return c
}

// outputOf reads an answer. What it cannot mean is fault.ConnectorInvalid; a web
// page in place of JSON says that the address is wrong.
func outputOf(contentType string, content []byte) (*reassignOutput, error) {
	if kind, _, _ := mime.ParseMediaType(contentType); kind == "text/html" {
		return nil, refused("the address of the business application answers with a web page; correct the connector's url")
	}
	output := &reassignOutput{}
	if err := json.Unmarshal(content, output); err != nil {
		return nil, invalid("the business application's answer is not the JSON of docs/records-connector.md").WithCause(err)
	}
	switch {
	case output.Moved == nil:
		return nil, invalid("the business application's answer has no list moved; an empty one is []")
	case len(output.Moved) > maxMoved:
		return nil, invalid("the business application lists %d records in one answer; the most is %d", len(output.Moved), maxMoved)
	case len(output.NextCursor) > maxCursor:
		return nil, invalid("the business application's nextCursor has %d bytes; the most is %d", len(output.NextCursor), maxCursor)
	case !output.To.IsZero() && output.To.Sort() != directory.SortUser:
		return nil, invalid("the business application says in to who received the records, and it is no user's id")
	}
	return output, output.tidy()
}

// tidy lists each record once and cuts long titles; a record that the journal
// cannot name is refused.
func (o *reassignOutput) tidy() error {
	listed := make(map[reassignRecord]bool, len(o.Moved))
	once := o.Moved[:0]
	for _, r := range o.Moved {
		if err := directory.CheckRecordName(r.Type, r.ID); err != nil {
			return invalid("the business application lists a record that has no usable name: %s", fault.Of(err).Message)
		}
		if name := (reassignRecord{r.Type, r.ID}); !listed[name] {
			listed[name] = true
			r.Title = cut(r.Title)
			once = append(once, r)
		}
	}
	o.Moved = once
	return nil
}

func cut(title string) string {
	if len(title) <= maxTitle {
		return title
	}
	end := maxTitle
	for !utf8.RuneStart(title[end]) {
		end--
	}
	return title[:end]
}

// unknownOwner tells whether an answer says, by its code, that the application
// does not know the owner.
func unknownOwner(content []byte) bool {
	var said struct {
		Code string `json:"code"`
	}
	return json.Unmarshal(content, &said) == nil && said.Code == "unknownOwner"
}

func invalid(format string, args ...any) *fault.Fault {
	return fault.New(fault.ConnectorInvalid, format, args...)
}

// refused asks for a long wait: only a person can mend it, so trying often is no
// use, and giving up would park every leave of the tenant over one expired key.
func refused(format string, args ...any) *fault.Fault {
	return fault.New(fault.ConnectorRefused, format, args...).WithRetryAfter(refusedWait)
}
