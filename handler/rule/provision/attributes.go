package provision

import (
	"bytes"
	"slices"
	"strings"

	"handover/handler/core/scim"
)

// maxDetail is how many bytes of attribute names one line of activity takes.
const maxDetail = 256

// changedAttributes names what differs between two documents, for the activity:
// top-level attributes, and those of an extension without its URN. It holds no
// values.
func changedAttributes(before, after []byte) string {
	old, errBefore := scim.Parse(before)
	now, errAfter := scim.Parse(after)
	if errBefore != nil || errAfter != nil {
		return ""
	}
	names := differing(old, now)
	slices.Sort(names)
	detail := strings.Join(slices.Compact(names), ", ")
	if len(detail) > maxDetail {
		detail = strings.ToValidUTF8(detail[:maxDetail], "") + "…"
	}
	return detail
}

func differing(before, after scim.Value) (names []string) {
	for _, f := range after.Fields() {
		names = append(names, changed(f.Name, before.Get(f.Name), f.Value)...)
	}
	for _, f := range before.Fields() {
		if gone := after.Get(f.Name); gone.Kind() == scim.Null {
			names = append(names, changed(f.Name, f.Value, gone)...)
		}
	}
	return names
}

// changed is the name of an attribute whose values differ, or the names inside
// an extension.
func changed(name string, before, after scim.Value) []string {
	switch {
	case name == "schemas" || bytes.Equal(before.Append(nil), after.Append(nil)):
		return nil
	case strings.Contains(name, ":"):
		return differing(before, after)
	}
	return []string{name}
}
