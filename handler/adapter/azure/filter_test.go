package azure

import (
	"strings"
	"testing"
	"time"

	"handover/handler/adapter/table"
)

func TestFilter(t *testing.T) {
	where := func(c ...table.Condition) table.Query { return table.Query{Partition: "p", Where: c} }
	is := func(v table.Value) table.Query { return where(table.Condition{Column: "C", Is: table.Equal, Value: v}) }
	tests := []struct {
		name  string
		query table.Query
		want  string
	}{
		{"all", table.Query{Partition: "p"}, ""},
		{"range", table.Query{Partition: "p", From: "u-", To: "u."}, " and RowKey ge 'u-' and RowKey lt 'u.'"},
		{"behind", table.Query{Partition: "p", From: "u-", After: "u-7", To: "u."}, " and RowKey gt 'u-7' and RowKey lt 'u.'"},
		{"two terms", where(table.Condition{Column: "A", Is: table.Equal, Value: table.Bool(true)}, table.Condition{Column: "N", Is: table.Greater, Value: table.Int(-5)}), " and A eq true and N gt -5L"},
		{"quotes", is(table.String("o'brien ' or '")), " and C eq 'o''brien '' or '''"},
		{"time", is(table.Time(time.Date(2026, 3, 2, 10, 0, 0, 100, time.UTC))), " and C eq datetime'2026-03-02T10:00:00.0000001Z'"},
		{"bytes", is(table.Bytes("\x00\xff")), " and C eq X'00ff'"},
		{"whole float", is(table.Float(3)), " and C eq 3.0"},
		{"large float", is(table.Float(1e21)), " and C eq 1000000000000000000000.0"},
		{"small float", is(table.Float(-0.25)), " and C eq -0.25"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.TrimPrefix(filter(&test.query), "PartitionKey eq 'p'"); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
