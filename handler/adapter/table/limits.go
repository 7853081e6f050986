package table

import (
	"strings"

	"handover/handler/core/fault"
)

// The limits of Table Storage that every engine keeps, documented under
// "Understanding the Table service data model" and "Performing entity group
// transactions".
const (
	// MaxOperations is the most operations of one transaction.
	MaxOperations = 100
	// MaxTransaction is the most bytes of one transaction on the wire.
	MaxTransaction = 4 << 20
	// MaxEntity is the most bytes of one entity, counted by Size.
	MaxEntity = 1 << 20
	// MaxString is the most UTF-16 units of a string: 64 KiB.
	MaxString = 32_768
	// MaxBytes is the most bytes of a binary value.
	MaxBytes = 64 << 10
	// MaxColumns is the most columns of a row: 255 less PartitionKey, RowKey
	// and Timestamp.
	MaxColumns = 252
	// MaxName is the most characters of a column's name.
	MaxName = 255
	// MaxKey is the most characters of a partition key or a row key: 1 KiB of
	// UTF-16.
	MaxKey = 512
)

// Check refuses a transaction that Table Storage would not take, before
// anything is sent. Every engine calls it first, so that a laptop refuses what
// Azure refuses. The error is an *Error with the index of the operation and
// fault.RowInvalid or fault.RowTooLarge.
func Check(partition string, operations []Operation) error {
	if n := len(operations); n == 0 || n > MaxOperations {
		return Fail(NoOperation, fault.RowInvalid, "a transaction has 1 to %d operations; this one has %d", MaxOperations, n)
	}
	if err := checkKey("partition key", partition); err != nil {
		return &Error{Index: NoOperation, Fault: err}
	}
	for i := range operations {
		if err := checkOperation(partition, &operations[i]); err != nil {
			return &Error{Index: i, Fault: err}
		}
		for j := range i {
			if operations[j].Row == operations[i].Row {
				return Fail(i, fault.RowInvalid, "operations %d and %d are on the same row; a transaction may touch a row once", j, i)
			}
		}
	}
	return checkTotal(partition, operations)
}

func checkOperation(partition string, op *Operation) *fault.Fault {
	if err := checkKey("row key", op.Row); err != nil {
		return err
	}
	switch op.Action {
	case Insert, Upsert:
		if op.IfMatch != "" {
			return fault.New(fault.RowInvalid, "an insert or upsert takes no If-Match")
		}
	case Replace, Merge:
	case Delete:
		if len(op.Columns) > 0 {
			return fault.New(fault.RowInvalid, "a delete takes no columns")
		}
	default:
		return fault.New(fault.RowInvalid, "%d is not an action", op.Action)
	}
	if op.IfMatch == "*" {
		return fault.New(fault.RowInvalid, "any version is said by an empty If-Match, not by *")
	}
	return checkColumns(partition, op.Row, op.Columns)
}

// keyAlphabet is what keys are made of: characters that need no escape in a
// URL, in OData or in JSON, and that all engines sort alike.
const keyAlphabet = "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"

// checkKey keeps the key itself out of the message: it may encode a name.
func checkKey(what, key string) *fault.Fault {
	if key == "" || len(key) > MaxKey {
		return fault.New(fault.RowInvalid, "a %s has 1 to %d characters; this one has %d", what, MaxKey, len(key))
	}
	for i := range len(key) {
		if !isKeyByte(key[i]) {
			return fault.New(fault.RowInvalid, "the character at position %d of a %s is outside %s", i, what, keyAlphabet)
		}
	}
	return nil
}

func isKeyByte(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte("-._~", c) >= 0
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
