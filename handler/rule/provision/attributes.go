package provision

import (
	"slices"
	"strings"
)

// maxDetail is how many bytes of attribute names one line of activity takes.
const maxDetail = 256

// detail is what a line of activity says of a change: the names of the
// attributes, and no values.
func detail(names []string) string {
	slices.Sort(names)
	text := strings.Join(slices.Compact(names), ", ")
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "") + "…"
	}
	return text
}
