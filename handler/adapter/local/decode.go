package local

import (
	"slices"

	"handover/handler/adapter/table"
)

// decoder makes entities of stored rows. Key, ETag and columns of an entity are
// cut from one string: one copy out of the mapped file, two allocations a row.
type decoder struct {
	// wanted are the columns asked for; none means all.
	wanted  []string
	scratch []byte
}

// entity decodes the row under a row key.
func (d *decoder) entity(key, row []byte) (table.Entity, error) {
	if len(row) < headerSize {
		return table.Entity{}, errDamaged
	}
	d.scratch = append(d.scratch[:0], key...)
	d.scratch = appendETag(d.scratch, versionOf(row))
	tagged := len(d.scratch)
	count := min(columnCount(row), (len(row)-headerSize)/leastColumn)
	if len(d.wanted) > 0 {
		count = min(count, len(d.wanted))
		var err error
		if d.scratch, err = d.appendWanted(d.scratch, row[headerSize:]); err != nil {
			return table.Entity{}, err
		}
	} else {
		d.scratch = append(d.scratch, row[headerSize:]...)
	}
	text := string(d.scratch)
	columns, err := decodeColumns(text[tagged:], count)
	return table.Entity{Row: text[:len(key)], ETag: text[len(key):tagged], Columns: columns}, err
}

// appendWanted copies the columns asked for and leaves the rest in the file.
func (d *decoder) appendWanted(to, cells []byte) ([]byte, error) {
	for len(cells) > 0 {
		c, more, err := cut(cells)
		if err != nil {
			return to, err
		}
		if slices.Contains(d.wanted, string(c.name)) {
			to = append(to, c.whole...)
		}
		cells = more
	}
	return to, nil
}

func decodeColumns(cells string, count int) (table.Columns, error) {
	if cells == "" {
		return nil, nil
	}
	columns := make(table.Columns, 0, count)
	for cells != "" {
		c, more, err := cut(cells)
		if err != nil {
			return nil, err
		}
		columns = append(columns, table.Column{Name: c.name, Value: c.value()})
		cells = more
	}
	return columns, nil
}

// matches tells whether a row satisfies all conditions; it decodes only the
// columns that they name.
func matches(row []byte, where []table.Condition) (bool, error) {
	for i := range where {
		c, found, err := find(row, where[i].Column)
		if err != nil {
			return false, err
		}
		if !found || c.kind != where[i].Value.Kind() || !where[i].Matches(c.value()) {
			return false, nil
		}
	}
	return true, nil
}

// find looks a column up in a row.
func find(row []byte, name string) (c cell[[]byte], found bool, err error) {
	if len(row) < headerSize {
		return c, false, errDamaged
	}
	for cells := row[headerSize:]; len(cells) > 0; {
		if c, cells, err = cut(cells); err != nil {
			return c, false, err
		}
		if string(c.name) == name {
			return c, true, nil
		}
	}
	return c, false, nil
}

// mergeRows puts the columns of change over those of old. It copies, so that
// the result outlives the transaction that old belongs to.
func mergeRows(old, change []byte) ([]byte, error) {
	merged := make([]byte, headerSize, len(old)+len(change))
	count := columnCount(change)
	if len(old) < headerSize {
		return nil, errDamaged
	}
	for cells := old[headerSize:]; len(cells) > 0; {
		c, more, err := cut(cells)
		if err != nil {
			return nil, err
		}
		if _, replaced, _ := find(change, string(c.name)); !replaced {
			merged = append(merged, c.whole...)
			count++
		}
		cells = more
	}
	setColumnCount(merged, count)
	return append(merged, change[headerSize:]...), nil
}
