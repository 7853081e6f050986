package azure

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"handover/handler/adapter/table"
)

// The types that Table Storage names beside a value where JSON cannot show
// them ("Payload format for Table service operations").
const (
	typeInt    = "Edm.Int64"
	typeInt32  = "Edm.Int32"
	typeFloat  = "Edm.Double"
	typeTime   = "Edm.DateTime"
	typeBytes  = "Edm.Binary"
	typeSuffix = "@odata.type"
)

// decoder makes entities of answers with minimal metadata, without the detour
// through maps that the SDK takes.
type decoder struct {
	scanner
	// types are the annotations of the entity being read; they may come before
	// or after their values.
	types []annotation
	// width is the number of columns of the last entity.
	width int
}

// annotation says of what type a column is.
type annotation struct{ column, edm string }

func newDecoder(body []byte) (*decoder, error) {
	if !utf8.Valid(body) {
		return nil, errMalformed
	}
	return &decoder{scanner: scanner{text: string(body)}}, nil
}

// decodeEntity reads the answer to a point read.
func decodeEntity(body []byte) (table.Entity, error) {
	d, err := newDecoder(body)
	if err != nil {
		return table.Entity{}, err
	}
	entity, err := d.entity()
	if err == nil {
		err = d.end()
	}
	return entity, err
}

// decodePage reads the answer to a query.
func decodePage(body []byte) ([]table.Entity, error) {
	d, err := newDecoder(body)
	if err != nil {
		return nil, err
	}
	var page []table.Entity
	listed := false
	err = d.members(func(name string) error {
		if name != "value" {
			_, err := d.value()
			return err
		}
		listed = true
		return d.list('[', ']', func() error {
			entity, err := d.entity()
			page = append(page, entity)
			return err
		})
	})
	if err == nil {
		err = d.end()
	}
	if err == nil && !listed {
		err = errMalformed
	}
	return page, err
}

func (d *decoder) entity() (table.Entity, error) {
	var e table.Entity
	if d.width > 0 {
		e.Columns = make(table.Columns, 0, d.width)
	}
	d.types = d.types[:0]
	err := d.members(func(name string) error {
		v, err := d.value()
		if err == nil {
			d.take(&e, name, v)
		}
		return err
	})
	if err == nil {
		err = d.retype(e.Columns)
	}
	if d.width = len(e.Columns); d.width == 0 {
		e.Columns = nil
	}
	return e, err
}

// take puts one member where it belongs. A column that was asked for and is
// missing comes as null; the names of metadata have a dot, which no column has.
func (d *decoder) take(e *table.Entity, name string, v table.Value) {
	switch name {
	case "RowKey":
		e.Row = v.Text()
		return
	case "odata.etag":
		e.ETag = v.Text()
		return
	case "PartitionKey", "Timestamp":
		return
	}
	if strings.IndexByte(name, '.') < 0 {
		if v.Kind() != table.KindNone {
			e.Columns = append(e.Columns, table.Column{Name: name, Value: v})
		}
		return
	}
	if column, ok := strings.CutSuffix(name, typeSuffix); ok {
		d.types = append(d.types, annotation{column, v.Text()})
	}
}

// retype gives the annotated columns their types.
func (d *decoder) retype(columns table.Columns) (err error) {
	for _, a := range d.types {
		for i := range columns {
			if columns[i].Name != a.column {
				continue
			}
			if columns[i].Value, err = typed(a.edm, columns[i].Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// typed reads a value as the type that the service names. Types that we never
// write stay what they are in JSON.
func typed(edm string, v table.Value) (table.Value, error) {
	isText, text := v.Kind() == table.KindString, v.Text()
	switch {
	case edm == typeInt && isText:
		n, err := strconv.ParseInt(text, 10, 64)
		return table.Int(n), wellFormed(err)
	case edm == typeTime && isText:
		t, err := time.Parse(time.RFC3339, text)
		return table.Time(t), wellFormed(err)
	case edm == typeBytes && isText:
		raw, err := base64.StdEncoding.DecodeString(text)
		return table.Bytes(string(raw)), wellFormed(err)
	case edm == typeFloat && isText:
		f, err := strconv.ParseFloat(text, 64)
		return table.Float(f), wellFormed(err)
	case edm == typeInt32 && v.Kind() == table.KindFloat:
		return table.Int(int64(v.Float())), nil
	case edm == typeInt, edm == typeTime, edm == typeBytes:
		return v, errMalformed
	}
	return v, nil
}

func wellFormed(err error) error {
	if err != nil {
		return errMalformed
	}
	return nil
}
