package table

import (
	"encoding/base64"
	"unicode/utf8"

	"handover/handler/core/fault"
)

// Upper bounds of what a transaction's JSON and multipart framing add. An
// operation has about 800 bytes of headers and a URL besides its keys; a column
// has quotes, commas and its name once more with "@odata.type" and "Edm.Binary".
const (
	framePerOperation = 1024
	framePerColumn    = 48
	// escaped is the most that one byte of a string can become in JSON: \u003c.
	escaped = 6
)

// checkTotal refuses a transaction over 4 MiB, at the operation that passes the
// limit. It counts the body as an adapter would send it, which is never less
// than the truth; the cheap bound spares ordinary transactions the count.
func checkTotal(partition string, operations []Operation) error {
	if wireTotal(partition, operations, boundLength) <= MaxTransaction {
		return nil
	}
	total := 0
	for i := range operations {
		total += wireTotal(partition, operations[i:i+1], jsonLength)
		if total > MaxTransaction {
			return Fail(i, fault.RowTooLarge, "a transaction has at most %d bytes; this one passes that at operation %d", MaxTransaction, i)
		}
	}
	return nil
}

func wireTotal(partition string, operations []Operation, length func(string) int) int {
	total := 0
	for i := range operations {
		total += framePerOperation + 2*(len(partition)+len(operations[i].Row))
		for _, column := range operations[i].Columns {
			total += framePerColumn + 2*len(column.Name)
			if column.Value.kind == KindBytes {
				total += base64.StdEncoding.EncodedLen(len(column.Value.text))
			} else {
				total += length(column.Value.text)
			}
		}
	}
	return total
}

func boundLength(s string) int { return escaped * len(s) }

// jsonLength counts the bytes of a string as encoding/json writes it, HTML
// escapes included.
func jsonLength(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			n += 2
		case r < ' ' || r == '<' || r == '>' || r == '&' || r == '\u2028' || r == '\u2029':
			n += escaped
		default:
			n += utf8.RuneLen(r)
		}
	}
	return n
}
