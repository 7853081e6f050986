package azure

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/adapter/table"
)

// sameValue compares values and counts two zeros of different signs as equal,
// as the comparisons of the port do.
var sameValue = cmp.Comparer(func(a, b table.Value) bool {
	return a == b || a.Kind() == table.KindFloat && b.Kind() == table.KindFloat && a.Float() == b.Float()
})

const answerOfAzure = `{"odata.metadata":"https://acme.table.core.windows.net/$metadata#directory/@Element",
"odata.etag":"W/\"datetime'2026-03-02T10%3A00%3A00.1234567Z'\"","PartitionKey":"acme","RowKey":"u-1",
"Timestamp":"2026-03-02T10:00:00.1234567Z","D":"{\"userName\":\"o'brien\",\"x\":\"\u00fc\ud83d\ude00\"}",
"V@odata.type":"Edm.Int64","V":"9007199254740993","F":1.5,"A":true,"Gone":null,
"M":"AAH/","M@odata.type":"Edm.Binary","LM@odata.type":"Edm.DateTime","LM":"2026-03-02T10:00:00.1234567Z",
"I":7,"I@odata.type":"Edm.Int32","Inf@odata.type":"Edm.Double","Inf":"1e3","Id@odata.type":"Edm.Guid","Id":"c9da6455-213d-42c9-9a79-3e9149a57833"}`

func columnsOfAzure() table.Columns {
	return table.Columns{
		{Name: "D", Value: table.String(`{"userName":"o'brien","x":"ü😀"}`)},
		{Name: "V", Value: table.Int(9007199254740993)},
		{Name: "F", Value: table.Float(1.5)},
		{Name: "A", Value: table.Bool(true)},
		{Name: "M", Value: table.Bytes("\x00\x01\xff")},
		{Name: "LM", Value: table.Time(time.Date(2026, 3, 2, 10, 0, 0, 123_456_700, time.UTC))},
		{Name: "I", Value: table.Int(7)},
		{Name: "Inf", Value: table.Float(1000)},
		{Name: "Id", Value: table.String("c9da6455-213d-42c9-9a79-3e9149a57833")},
	}
}

func TestDecodeAnswersOfAzure(t *testing.T) {
	want := table.Entity{Row: "u-1", ETag: "W/\"datetime'2026-03-02T10%3A00%3A00.1234567Z'\"", Columns: columnsOfAzure()}
	got, err := decodeEntity([]byte(answerOfAzure))
	if diff := cmp.Diff(want, got, sameValue); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	page, err := decodePage([]byte(`{"odata.metadata":"x","value":[` + answerOfAzure + `,{"RowKey":"b"},` + answerOfAzure + "]}\r\n"))
	if diff := cmp.Diff([]table.Entity{want, {Row: "b"}, want}, page, sameValue); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestMalformedAnswers(t *testing.T) {
	entities := []string{
		``, `{`, `{}x`, `[]`, `null`, `{"A"}`, `{"A":}`, `{"A":1,}`, `{"A":01}`, `{"A":1.}`, `{"A":-}`, `{"A":1e}`, `{"A":1e999}`, `{"A":+1}`,
		`{"A":"x}`, `{"A":"\x"}`, `{"A":"\u12"}`, `{"A":"\u+123"}`, "{\"A\":\"\x01\"}", "{\"A\":\"\\n\x01\"}", "{\"A\":\"\xff\"}", `{"A":{}}`, `{"A":[]}`, `{"A":tru}`, `{A:1}`,
		`{"A@odata.type":"Edm.Int64","A":"x"}`, `{"A@odata.type":"Edm.Int64","A":1}`, `{"A@odata.type":"Edm.DateTime","A":"x"}`,
		`{"A":"%","A@odata.type":"Edm.Binary"}`, `{"A":"x","A@odata.type":"Edm.Double"}`, `{"A":1 "B":2}`, `<html>`,
	}
	for _, body := range entities {
		if e, err := decodeEntity([]byte(body)); !errors.Is(err, errMalformed) {
			t.Errorf("%q became %+v, error %v", body, e, err)
		}
	}
	for _, body := range []string{`{}`, `{"value":{}}`, `{"value":[1]}`, `{"value":[{}`, `{"value":[]}]`, `{"value":[{},]}`, `{"odata":[]}`} {
		if page, err := decodePage([]byte(body)); !errors.Is(err, errMalformed) {
			t.Errorf("%q became %+v, error %v", body, page, err)
		}
	}
}

// plainEntity decodes with encoding/json alone.
func plainEntity(body []byte) (table.Entity, error) {
	var raw map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&raw); err != nil {
		return table.Entity{}, err
	}
	if _, err := d.Token(); raw == nil || !errors.Is(err, io.EOF) {
		return table.Entity{}, errMalformed
	}
	var e table.Entity
	for name, v := range raw {
		text, isText := v.(string)
		switch v := v.(type) {
		case map[string]any, []any:
			return e, errMalformed
		case json.Number:
			if _, err := v.Float64(); err != nil {
				return e, err
			}
		}
		switch {
		case name == "RowKey":
			e.Row = text
		case name == "odata.etag":
			e.ETag = text
		case name == "PartitionKey" || name == "Timestamp" || strings.Contains(name, ".") || v == nil:
		default:
			edm, _ := raw[name+"@odata.type"].(string)
			value, err := plainValue(edm, v, isText)
			if err != nil {
				return e, err
			}
			e.Columns = append(e.Columns, table.Column{Name: name, Value: value})
		}
	}
	e.Columns = e.Columns.Sorted()
	return e, nil
}

func plainValue(edm string, v any, isText bool) (table.Value, error) {
	switch v := v.(type) {
	case bool:
		if edm == "Edm.Int64" || edm == "Edm.DateTime" || edm == "Edm.Binary" {
			return table.Value{}, errMalformed
		}
		return table.Bool(v), nil
	case json.Number:
		f, err := v.Float64()
		switch edm {
		case "Edm.Int32":
			return table.Int(int64(f)), err
		case "Edm.Int64", "Edm.DateTime", "Edm.Binary":
			return table.Value{}, errMalformed
		}
		return table.Float(f), err
	}
	text := v.(string)
	switch edm {
	case "Edm.Int64":
		n, err := strconv.ParseInt(text, 10, 64)
		return table.Int(n), err
	case "Edm.Double":
		f, err := strconv.ParseFloat(text, 64)
		return table.Float(f), err
	case "Edm.DateTime":
		at, err := time.Parse(time.RFC3339Nano, text)
		return table.Time(at), err
	case "Edm.Binary":
		raw, err := base64.StdEncoding.DecodeString(text)
		return table.Bytes(string(raw)), err
	}
	return table.String(text), nil
}

// hasTwins tells whether an object names something twice, which a map forgets.
func hasTwins(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return false
	}
	seen := map[any]bool{}
	for d.More() {
		name, err := d.Token()
		var v json.RawMessage
		if err != nil || d.Decode(&v) != nil {
			return false
		}
		if seen[name] {
			return true
		}
		seen[name] = true
	}
	return false
}

// Whatever encoding/json makes of an answer, our decoder makes of it too.
func FuzzDecodeEntity(f *testing.F) {
	f.Add([]byte(answerOfAzure))
	f.Add([]byte(`{"A":"\ud800\u0041\udc00\/\b","B":-0.0e-1,"C":false,"RowKey":7}`))
	f.Add([]byte(` { "A@odata.type" : null , "A" : 12e3 } `))
	f.Fuzz(func(t *testing.T, body []byte) {
		if !utf8.Valid(body) || hasTwins(body) {
			return
		}
		want, plainErr := plainEntity(body)
		got, err := decodeEntity(body)
		if (plainErr == nil) != (err == nil) {
			t.Fatalf("encoding/json says %v, we say %v", plainErr, err)
		}
		if err != nil {
			return
		}
		got.Columns = got.Columns.Sorted()
		if len(got.Columns) == 0 {
			want.Columns, got.Columns = nil, nil
		}
		if diff := cmp.Diff(want, got, sameValue); diff != "" && !strings.Contains(string(body), "NaN") {
			t.Fatal(diff)
		}
		page, err := decodePage([]byte(`{"value":[` + string(body) + `,` + string(body) + `]}`))
		if err != nil || len(page) != 2 {
			t.Fatalf("a page of two such rows: %d, %v", len(page), err)
		}
	})
}

// What we write, we read again.
func TestEncodedRowsAreRead(t *testing.T) {
	value := rapid.OneOf(
		rapid.Map(rapid.String().Filter(utf8.ValidString), table.String),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) table.Value { return table.Bytes(string(b)) }),
		rapid.Map(rapid.Int64(), table.Int), rapid.Map(rapid.Bool(), table.Bool),
		rapid.Map(rapid.Float64().Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }), table.Float),
		rapid.Map(rapid.Int64Range(-11_644_473_600, 253_402_300_799), func(s int64) table.Value { return table.Time(time.Unix(s, s&0xFFFF*100)) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_]{0,8}`).Filter(func(n string) bool {
			return n != "RowKey" && n != "PartitionKey" && n != "Timestamp"
		}), rapid.ID).Draw(t, "names")
		var columns table.Columns
		for _, name := range names {
			columns = append(columns, table.Column{Name: name, Value: value.Draw(t, name)})
		}
		body := appendEntity(nil, "p", "r", columns)
		if !json.Valid(body) {
			t.Fatalf("%s is no JSON", body)
		}
		got, err := decodeEntity(body)
		if diff := cmp.Diff(table.Entity{Row: "r", Columns: columns}, got, sameValue); diff != "" || err != nil {
			t.Fatalf("%s: %v %s", body, err, diff)
		}
	})
}
