// Package table is the port behind which rows are kept: the shape of Azure
// Table Storage itself, and its limits, so that whatever runs on the engine of
// a laptop runs on Azure too.
//
// A table holds entities under a partition key and a row key. One partition is
// the unit of a transaction: at most 100 operations, all of them or none.
package table

import "context"

// Table is one table of an engine. Every method is safe for concurrent use.
// Errors are *Error around a *fault.Fault, but for the error of a context that
// has ended, which is returned as it is.
type Table interface {
	// Get reads one entity. Without columns it reads all of them. A row that is
	// not there is fault.RowNotFound.
	Get(ctx context.Context, partition, row string, columns ...string) (Entity, error)

	// Query reads one page of a partition in ascending order of row keys. A page
	// may be short or empty and still be followed by another one: go on while
	// Page.More.
	Query(ctx context.Context, q Query) (Page, error)

	// Transact applies 1 to 100 operations on rows of one partition, each row
	// once, all or nothing, and returns the new ETag of each operation's row
	// ("" for a delete). A refusal carries the index of the operation that
	// failed: RowExists (insert), RowNotFound, RowChanged (If-Match). After
	// fault.StorageUnknown the transaction may or may not have happened.
	Transact(ctx context.Context, partition string, operations []Operation) ([]string, error)
}

// Entity is one row as it was read.
type Entity struct {
	Row     string
	ETag    string
	Columns Columns
}

// Query names a range of row keys in one partition, and what of it is wanted.
type Query struct {
	Partition string
	// From is the first row key, To the one after the last; an empty To is the
	// end of the partition.
	From, To string
	// After continues strictly behind a row key; it wins over From.
	After string
	// Where is a conjunction that each row must satisfy, at most 15 terms
	// (Azure's limit of comparisons, of which a range takes up to 3: so 12).
	Where []Condition
	// Columns are the ones wanted; none means all.
	Columns []string
	// Limit is the most rows a page may have: 1 to 1,000 (Azure's limit). Zero
	// means 1,000.
	Limit int
}

// Comparison is an operator that SCIM and Table Storage read alike.
type Comparison string

// The comparisons. A column that a row does not have, or has with another
// kind, satisfies none of them. Booleans and bytes have no order that all
// engines share: they take Equal alone.
const (
	Equal        Comparison = "eq"
	Greater      Comparison = "gt"
	GreaterEqual Comparison = "ge"
	Less         Comparison = "lt"
	LessEqual    Comparison = "le"
)

// Condition compares a column with a value.
type Condition struct {
	Column string
	Is     Comparison
	Value  Value
}

// Page is one answer to a query.
type Page struct {
	Entities []Entity
	// More says that the range is not exhausted; Next is the row key to put into
	// Query.After for the next page.
	More bool
	Next string
}

// Action is what an operation does to its row.
type Action uint8

// The actions.
const (
	// Insert adds a row that must not exist.
	Insert Action = iota + 1
	// Replace puts the columns in the place of those of a row that must exist.
	Replace
	// Merge writes the columns over those of a row that must exist and leaves
	// the others.
	Merge
	// Delete removes a row that must exist.
	Delete
	// Upsert inserts or replaces, whatever is there.
	Upsert
)

// Operation is one step of a transaction.
type Operation struct {
	Action Action
	Row    string
	// IfMatch is the ETag the row must have. Empty means any version, but the
	// row must exist; Insert and Upsert take none.
	IfMatch string
	Columns Columns
}
