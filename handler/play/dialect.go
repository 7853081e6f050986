package play

import (
	"strings"
)

// Dialect is how Entra writes a PATCH.
type Dialect string

// The dialects. An administrator chooses the second by adding its name to the
// Tenant URL; on-demand provisioning keeps to the first even then.
const (
	// DefaultDialect has one operation for each attribute, named in PascalCase,
	// and booleans as text (1.1 rows 13 and 14).
	DefaultDialect Dialect = "default"
	// FlagDialect has small letters, and puts every attribute that needs no
	// brackets into one operation without a path (1.1 row 15).
	FlagDialect Dialect = "aadOptscim062020"
)

// operation is one element of a PATCH, as the default dialect has it.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

// patch is a PATCH in this dialect.
func (d Dialect) patch(path string, operations ...operation) request {
	if d == FlagDialect {
		operations = flagged(operations)
	}
	return request{method: "PATCH", path: path, body: struct {
		Schemas    []string    `json:"schemas"`
		Operations []operation `json:"Operations"`
	}{[]string{patchSchema}, operations}}
}

// flagged writes operations of the default dialect as the flag has them.
// Objects and lists keep their path.
func flagged(operations []operation) []operation {
	var list []operation
	gathered := map[string]object{}
	for _, o := range operations {
		o.Op = strings.ToLower(o.Op)
		text, plain := o.Value.(string)
		switch members, _ := o.Value.([]member); {
		case o.Op == "remove" && len(members) > 0:
			// Each member by brackets, not as a value (1.2 row 10).
			for _, m := range members {
				list = append(list, operation{Op: o.Op, Path: `members[value eq "` + m.Value + `"]`})
			}
		case !plain || strings.Contains(o.Path, "["):
			list = append(list, o)
		default:
			if gathered[o.Op] == nil {
				gathered[o.Op] = object{}
			}
			gathered[o.Op][o.Path] = unquoted(o.Path, text)
		}
	}
	for _, op := range []string{"add", "replace"} {
		if value := gathered[op]; value != nil {
			list = append(list, operation{Op: op, Value: value})
		}
	}
	return list
}

// unquoted is the boolean that the default dialect writes as text.
func unquoted(path, text string) any {
	if path == "active" {
		return text == "True"
	}
	return text
}

// activeText is a boolean as the default dialect writes it.
func activeText(active bool) string {
	if active {
		return "True"
	}
	return "False"
}
