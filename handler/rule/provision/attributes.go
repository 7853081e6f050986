package provision

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// maxDetail is how many bytes of attribute names one line of activity takes.
const maxDetail = 256

// changedAttributes names what differs between two documents, for the activity:
// top-level attributes, and those of an extension without its URN. It holds no
// values.
func changedAttributes(before, after []byte) string {
	names := differing(before, after)
	slices.Sort(names)
	detail := strings.Join(slices.Compact(names), ", ")
	if len(detail) > maxDetail {
		detail = strings.ToValidUTF8(detail[:maxDetail], "") + "…"
	}
	return detail
}

func differing(before, after []byte) []string {
	old, present := attributes(before), attributes(after)
	var names []string
	for name, value := range present {
		switch {
		case name == "schemas" || bytes.Equal(old[name], value):
		case strings.Contains(name, ":"):
			names = append(names, differing(old[name], value)...)
		default:
			names = append(names, name)
		}
	}
	for name, value := range old {
		if _, kept := present[name]; kept {
			continue
		}
		if strings.Contains(name, ":") {
			names = append(names, differing(value, nil)...)
		} else {
			names = append(names, name)
		}
	}
	return names
}

// attributes are the members of a JSON object; of anything else there are none.
func attributes(object []byte) map[string]json.RawMessage {
	var named map[string]json.RawMessage
	if json.Unmarshal(object, &named) != nil {
		return nil
	}
	return named
}
