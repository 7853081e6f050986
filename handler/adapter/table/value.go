package table

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Kind is the type of a column's value.
type Kind uint8

// The kinds of Table Storage that we use (Edm.String, Edm.Boolean, Edm.Int64,
// Edm.Double, Edm.DateTime, Edm.Binary).
const (
	KindNone Kind = iota
	KindString
	KindBool
	KindInt
	KindFloat
	KindTime
	KindBytes
)

// Value is the value of one column. The zero Value is no value. Values of the
// same kind and content are equal under ==.
type Value struct {
	kind Kind
	bits uint64
	text string
}

// String makes a string value.
func String(s string) Value { return Value{kind: KindString, text: s} }

// Bytes makes a binary value; raw holds the bytes, so that reading and writing
// them copies nothing.
func Bytes(raw string) Value { return Value{kind: KindBytes, text: raw} }

// Bool makes a boolean value.
func Bool(b bool) Value {
	if b {
		return Value{kind: KindBool, bits: 1}
	}
	return Value{kind: KindBool}
}

// Int makes a 64-bit integer value.
func Int(n int64) Value { return Value{kind: KindInt, bits: uint64(n)} }

// Float makes a double value.
func Float(f float64) Value { return Value{kind: KindFloat, bits: math.Float64bits(f)} }

// ticksPerSecond is the resolution of Edm.DateTime, 100 ns.
const ticksPerSecond = int64(time.Second / 100)

// Time makes a point in time, in UTC and cut to the 100 ns that Table Storage
// keeps. Ticks instead of nanoseconds reach from before the year 1 to beyond
// 9999, so that a far expiry does not wrap around; what lies outside that
// becomes the nearest tick, which Check refuses.
func Time(t time.Time) Value {
	const last = math.MaxInt64/ticksPerSecond - 1
	seconds := min(max(t.Unix(), -last), last)
	return Value{kind: KindTime, bits: uint64(seconds*ticksPerSecond + int64(t.Nanosecond()/100))}
}

// Kind tells the kind of v.
func (v Value) Kind() Kind { return v.kind }

// Text is the content of a string or binary value, else "".
func (v Value) Text() string { return v.text }

// Bool is the content of a boolean value, else false.
func (v Value) Bool() bool { return v.kind == KindBool && v.bits == 1 }

// Int is the content of an integer value, else 0.
func (v Value) Int() int64 {
	if v.kind != KindInt {
		return 0
	}
	return int64(v.bits)
}

// Float is the content of a double value, else 0.
func (v Value) Float() float64 {
	if v.kind != KindFloat {
		return 0
	}
	return math.Float64frombits(v.bits)
}

// Time is the content of a time value in UTC, else the zero time.
func (v Value) Time() time.Time {
	if v.kind != KindTime {
		return time.Time{}
	}
	ticks := int64(v.bits)
	return time.Unix(ticks/ticksPerSecond, ticks%ticksPerSecond*100).UTC()
}

// Column is a named value.
type Column struct {
	Name  string
	Value Value
}

// Columns are the columns of a row, each name once, in any order.
type Columns []Column

// Get returns the value of a column; the zero Value if there is none.
func (c Columns) Get(name string) Value {
	for i := range c {
		if c[i].Name == name {
			return c[i].Value
		}
	}
	return Value{}
}

// Sorted returns the columns in the order of their names.
func (c Columns) Sorted() Columns {
	sorted := slices.Clone(c)
	slices.SortFunc(sorted, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	return sorted
}
