package store

import (
	"strconv"
	"time"
	"unicode/utf8"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
)

// The helpers below leave a column out where there is nothing to say: a column
// that is missing reads as the zero value.

func withText(c table.Columns, name, text string) table.Columns {
	if text == "" {
		return c
	}
	return append(c, table.Column{Name: name, Value: table.String(text)})
}

func withInt(c table.Columns, name string, n int64) table.Columns {
	return append(c, table.Column{Name: name, Value: table.Int(n)})
}

func withTime(c table.Columns, name string, t time.Time) table.Columns {
	if t.IsZero() {
		return c
	}
	return append(c, table.Column{Name: name, Value: table.Time(t)})
}

func withID(c table.Columns, name string, id directory.ID) table.Columns {
	if id.IsZero() {
		return c
	}
	return append(c, table.Column{Name: name, Value: table.String(id.String())})
}

func getID(v table.Value) directory.ID {
	id, _ := directory.ParseID(v.Text())
	return id
}

// kept is a time as a row keeps it: UTC, in steps of 100 ns.
func kept(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return table.Time(t).Time()
}

// withLong writes a text that may be longer than one column takes: into name,
// and from 32,768 UTF-16 units on into name1, name2, and so on.
func withLong(c table.Columns, name, text string) table.Columns {
	for i := 0; ; i++ {
		cut := longCut(text)
		c = append(c, table.Column{Name: longName(name, i), Value: table.String(text[:cut])})
		if text = text[cut:]; text == "" {
			return c
		}
	}
}

// longCut is how many bytes of a text fit one column, cut between characters.
func longCut(text string) int {
	if len(text) <= table.MaxString {
		return len(text)
	}
	units := 0
	for i, r := range text {
		if units += max(1, utf16Units(r)); units > table.MaxString {
			return i
		}
	}
	return len(text)
}

func utf16Units(r rune) int {
	if r > 0xFFFF && r != utf8.RuneError {
		return 2
	}
	return 1
}

func longName(name string, part int) string {
	if part == 0 {
		return name
	}
	return name + strconv.Itoa(part)
}

// getLong reads what withLong wrote.
func getLong(c table.Columns, name string) []byte {
	text := []byte(c.Get(name).Text())
	for i := 1; len(text) >= table.MaxString-1; i++ {
		more := c.Get(longName(name, i))
		if more.Kind() == table.KindNone {
			break
		}
		text = append(text, more.Text()...)
	}
	return text
}
