package local

import "handover/handler/adapter/table"

// encoded is what columns are cut from: the mapped file, of which nothing may
// be kept, or a string copied from it, of which everything may.
type encoded interface{ ~[]byte | ~string }

// cell is one column, not decoded yet. whole is all its bytes.
type cell[T encoded] struct {
	kind       table.Kind
	name, data T
	whole      T
}

// cut takes the first column off the bytes behind a row's header.
func cut[T encoded](rest T) (first cell[T], more T, err error) {
	if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
		return first, rest, errDamaged
	}
	first.kind = table.Kind(rest[0])
	at := 2 + int(rest[1])
	first.name = rest[2:at]
	length, at, err := dataLength(first.kind, rest, at)
	if err != nil || length > uint64(len(rest)-at) {
		return first, rest, errDamaged
	}
	end := at + int(length)
	first.data, first.whole = rest[at:end], rest[:end]
	return first, rest[end:], nil
}

// dataLength tells how long a value is and where it begins.
func dataLength[T encoded](kind table.Kind, rest T, at int) (length uint64, begin int, err error) {
	switch kind {
	case table.KindString, table.KindBytes:
		return uvarint(rest, at)
	case table.KindBool:
		return 1, at, nil
	case table.KindInt, table.KindFloat, table.KindTime:
		return 8, at, nil
	default:
		return 0, at, errDamaged
	}
}

// uvarint is binary.Uvarint for strings too; five bytes are more than enough.
func uvarint[T encoded](rest T, at int) (n uint64, after int, err error) {
	for shift := 0; shift < 35 && at < len(rest); shift += 7 {
		b := rest[at]
		at++
		n |= uint64(b&0x7F) << shift
		if b < 0x80 {
			return n, at, nil
		}
	}
	return 0, at, errDamaged
}

// value decodes the cell; a cell of a string costs no copy.
func (c *cell[T]) value() table.Value {
	switch c.kind {
	case table.KindString:
		return table.String(string(c.data))
	case table.KindBytes:
		return table.Bytes(string(c.data))
	case table.KindBool:
		return table.Bool(c.data[0] == 1)
	default:
		var bits uint64
		for i := range 8 {
			bits |= uint64(c.data[i]) << (8 * i)
		}
		return numeric(c.kind, bits)
	}
}
