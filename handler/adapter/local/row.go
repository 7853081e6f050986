package local

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"time"

	"handover/handler/adapter/table"
)

// A row is stored as its version (8 bytes, little-endian), the number of its
// columns (2 bytes), and the columns one behind the other: kind, length of the
// name (1 byte each), name, and the value: a string or bytes as a length
// (uvarint) and the content, a boolean as 1 byte, anything else as 8 bytes.
const (
	versionSize = 8
	headerSize  = versionSize + 2
	// leastColumn is the size of the smallest column, a boolean with a name of
	// one letter.
	leastColumn = 4

	ticksPerSecond = int64(time.Second / 100)
)

// errDamaged says that stored bytes are not what was stored.
var errDamaged = errors.New("the stored bytes are damaged")

// rowSize is an upper bound of what appendRow appends.
func rowSize(columns table.Columns) int {
	size := headerSize
	for i := range columns {
		size += 2 + len(columns[i].Name) + binary.MaxVarintLen64 + len(columns[i].Value.Text())
	}
	return size
}

// appendRow encodes columns behind a version of zero, which setVersion fills in.
func appendRow(to []byte, columns table.Columns) []byte {
	to = append(to, make([]byte, versionSize)...)
	to = binary.LittleEndian.AppendUint16(to, uint16(len(columns)))
	for i := range columns {
		to = appendColumn(to, &columns[i])
	}
	return to
}

func appendColumn(to []byte, column *table.Column) []byte {
	kind := column.Value.Kind()
	to = append(to, byte(kind), byte(len(column.Name)))
	to = append(to, column.Name...)
	switch kind {
	case table.KindString, table.KindBytes:
		to = binary.AppendUvarint(to, uint64(len(column.Value.Text())))
		return append(to, column.Value.Text()...)
	case table.KindBool:
		if column.Value.Bool() {
			return append(to, 1)
		}
		return append(to, 0)
	default:
		return binary.LittleEndian.AppendUint64(to, number(column.Value))
	}
}

// number is the content of an integer, a float, or a time, which counts in the
// 100 ns of the port.
func number(v table.Value) uint64 {
	switch v.Kind() {
	case table.KindInt:
		return uint64(v.Int())
	case table.KindFloat:
		return math.Float64bits(v.Float())
	default:
		t := v.Time()
		return uint64(t.Unix()*ticksPerSecond + int64(t.Nanosecond()/100))
	}
}

// numeric is the reverse of number.
func numeric(kind table.Kind, bits uint64) table.Value {
	switch kind {
	case table.KindInt:
		return table.Int(int64(bits))
	case table.KindFloat:
		return table.Float(math.Float64frombits(bits))
	default:
		ticks := int64(bits)
		return table.Time(time.Unix(ticks/ticksPerSecond, ticks%ticksPerSecond*100))
	}
}

func setVersion(row []byte, version uint64) { binary.LittleEndian.PutUint64(row, version) }

func versionOf(row []byte) uint64 { return binary.LittleEndian.Uint64(row) }

func columnCount(row []byte) int {
	return int(binary.LittleEndian.Uint16(row[versionSize:]))
}

func setColumnCount(row []byte, n int) {
	binary.LittleEndian.PutUint16(row[versionSize:], uint16(n))
}

func appendETag(to []byte, version uint64) []byte { return strconv.AppendUint(to, version, 16) }

// etag is the version as the port shows it.
func etag(version uint64) string { return strconv.FormatUint(version, 16) }
