package azure

import (
	"encoding/base64"
	"strconv"

	"handover/handler/adapter/table"
)

// timeLayout is Edm.DateTime with the 100 ns that Table Storage keeps.
const timeLayout = "2006-01-02T15:04:05.0000000Z"

// appendEntity writes a row as the JSON that Table Storage takes. The SDK's own
// EDMEntity is of no use: it doubles single quotes inside the body.
func appendEntity(to []byte, partition, row string, columns table.Columns) []byte {
	to = append(to, `{"PartitionKey":"`...)
	to = append(to, partition...)
	to = append(to, `","RowKey":"`...)
	to = append(to, row...)
	to = append(to, '"')
	for i := range columns {
		to = appendColumn(to, &columns[i])
	}
	return append(to, '}')
}

// appendColumn names the type where JSON alone would not show it.
func appendColumn(to []byte, c *table.Column) []byte {
	switch c.Value.Kind() {
	case table.KindBool:
		to = appendName(to, c.Name, "")
		return strconv.AppendBool(to, c.Value.Bool())
	case table.KindInt:
		to = append(appendName(to, c.Name, typeInt), '"')
		to = strconv.AppendInt(to, c.Value.Int(), 10)
	case table.KindFloat:
		to = appendName(to, c.Name, typeFloat)
		return strconv.AppendFloat(to, c.Value.Float(), 'g', -1, 64)
	case table.KindTime:
		to = append(appendName(to, c.Name, typeTime), '"')
		to = c.Value.Time().AppendFormat(to, timeLayout)
	case table.KindBytes:
		to = append(appendName(to, c.Name, typeBytes), '"')
		to = base64.StdEncoding.AppendEncode(to, []byte(c.Value.Text()))
	default:
		return appendString(appendName(to, c.Name, ""), c.Value.Text())
	}
	return append(to, '"')
}

func appendName(to []byte, name, edm string) []byte {
	if edm != "" {
		to = append(to, `,"`...)
		to = append(to, name...)
		to = append(to, typeSuffix+`":"`...)
		to = append(to, edm...)
		to = append(to, '"')
	}
	to = append(to, `,"`...)
	to = append(to, name...)
	return append(to, `":`...)
}

// appendString writes a JSON string.
func appendString(to []byte, text string) []byte {
	const hex = "0123456789abcdef"
	to = append(to, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			to = append(to, '\\', c)
		case c < ' ':
			to = append(to, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
		default:
			to = append(to, c)
		}
	}
	return append(to, '"')
}

// entitySize is about what appendEntity appends.
func entitySize(partition string, op *table.Operation) int {
	const perColumn = 48 // quotes, the name once more, a type, a number or a time
	size := len(`{"PartitionKey":"","RowKey":""}`) + len(partition) + len(op.Row)
	for i := range op.Columns {
		n := len(op.Columns[i].Value.Text())
		size += perColumn + 2*len(op.Columns[i].Name) + n + n/2
	}
	return size
}
