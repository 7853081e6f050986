package table

import (
	"math"
	"time"
	"unicode/utf8"

	"handover/handler/core/fault"
)

func checkColumns(partition, row string, columns Columns) *fault.Fault {
	for i := range columns {
		if err := checkName(columns[i].Name); err != nil {
			return err
		}
		if err := checkValue(columns[i].Name, columns[i].Value); err != nil {
			return err
		}
		for j := range i {
			if columns[j].Name == columns[i].Name {
				return fault.New(fault.RowInvalid, "column %s occurs twice in one row", columns[i].Name)
			}
		}
	}
	return Oversize(partition, row, columns)
}

// Oversize tells what makes a row too large for Table Storage, nil if nothing
// does. Check calls it for what an operation carries; an engine that merges
// calls it again for what would be stored.
func Oversize(partition, row string, columns Columns) *fault.Fault {
	if n := len(columns); n > MaxColumns {
		return fault.New(fault.RowTooLarge, "a row has at most %d columns; this one has %d", MaxColumns, n)
	}
	if size(partition, row, columns, func(s string) int { return len(s) }) <= MaxEntity {
		return nil // a byte of UTF-8 is never more than one unit
	}
	if n := Size(partition, row, columns); n > MaxEntity {
		return fault.New(fault.RowTooLarge, "a row has at most %d bytes with its strings in UTF-16; this one has %d", MaxEntity, n)
	}
	return nil
}

// Size is the number of bytes that Table Storage counts for an entity: 4, plus
// 2 a character of its keys, plus for each column 8, 2 a character of its name,
// and the value: a string 4 and 2 a UTF-16 unit, bytes 4 and their number, a
// boolean 1, anything else 8 (Microsoft, "How the size of an entity is
// calculated in Windows Azure table storage", 2011).
func Size(partition, row string, columns Columns) int {
	return size(partition, row, columns, utf16Length)
}

func size(partition, row string, columns Columns, units func(string) int) int {
	total := 4 + 2*(len(partition)+len(row))
	for i := range columns {
		total += 8 + 2*len(columns[i].Name)
		switch v := columns[i].Value; v.kind {
		case KindString:
			total += 4 + 2*units(v.text)
		case KindBytes:
			total += 4 + len(v.text)
		case KindBool:
			total++
		default:
			total += 8
		}
	}
	return total
}

// utf16Length counts UTF-16 units without encoding them: one a character, and
// one more for each that needs a surrogate pair, which is four bytes of UTF-8
// and begins with 0xF0 or above.
func utf16Length(s string) int {
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0xF0:
			n += 2
		case c < utf8.RuneSelf || c >= 0xC0:
			n++
		}
	}
	return n
}

// checkName accepts the part of C#'s identifiers that is plain ASCII: the names
// are our own, and then no engine can disagree about a letter.
func checkName(name string) *fault.Fault {
	if name == "" || len(name) > MaxName {
		return fault.New(fault.RowInvalid, "a column's name has 1 to %d characters; this one has %d", MaxName, len(name))
	}
	for i := range len(name) {
		if c := name[i]; !isLetter(c) && c != '_' && (i == 0 || !isDigit(c)) {
			return fault.New(fault.RowInvalid, "%q is no column name: it takes letters, digits and _, and begins with no digit", name)
		}
	}
	switch name {
	case "PartitionKey", "RowKey", "Timestamp":
		return fault.New(fault.RowInvalid, "the column name %s belongs to the system", name)
	}
	return nil
}

func checkValue(name string, v Value) *fault.Fault {
	switch v.kind {
	case KindString:
		return checkString(name, v.text)
	case KindBytes:
		if n := len(v.text); n > MaxBytes {
			return fault.New(fault.RowTooLarge, "column %s has %d bytes; the limit is %d", name, n, MaxBytes)
		}
	case KindFloat:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return fault.New(fault.RowInvalid, "column %s is not a finite number", name)
		}
	case KindTime:
		if ticks := int64(v.bits); ticks < earliest || ticks > latest {
			return fault.New(fault.RowInvalid, "column %s is a time outside the years 1601 to 9999", name)
		}
	case KindNone:
		return fault.New(fault.RowInvalid, "column %s has no value; leave it out", name)
	}
	return nil
}

func checkString(name, text string) *fault.Fault {
	if !utf8.ValidString(text) {
		return fault.New(fault.RowInvalid, "column %s is not valid UTF-8", name)
	}
	if len(text) <= MaxString {
		return nil
	}
	if n := utf16Length(text); n > MaxString {
		return fault.New(fault.RowTooLarge, "column %s has %d UTF-16 units; the limit is %d", name, n, MaxString)
	}
	return nil
}

// The range of Edm.DateTime in ticks: from 1601-01-01 to the end of 9999.
var (
	earliest = time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC).Unix() * ticksPerSecond
	latest   = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()*ticksPerSecond - 1
)
