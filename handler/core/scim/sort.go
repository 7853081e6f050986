package scim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// Sort is the order of a list (RFC 7644 §3.4.2.3).
type Sort struct {
	kind       *ResourceType
	by         target
	descending bool
}

// Sort reads the query members sortBy and sortOrder. Without sortBy it is nil:
// the order is the service's own.
func (t *ResourceType) Sort(sortBy, sortOrder string) (*Sort, error) {
	if sortBy == "" {
		return nil, nil
	}
	s := &Sort{kind: t, descending: equalFold(sortOrder, "descending")}
	if sortOrder != "" && !s.descending && !equalFold(sortOrder, "ascending") {
		return nil, fault.New(fault.InvalidValue, "sortOrder must be ascending or descending")
	}
	n, ok := splitName(sortBy)
	if ok {
		s.by, ok = t.resolve(n)
	}
	if !ok || s.by.attr == nil {
		return nil, fault.New(fault.InvalidPath, "sortBy names %s, which is not an attribute of a %s", brief(sortBy), t.name)
	}
	if s.by.sub == nil && s.by.attr.Type == TypeComplex {
		if s.by.sub = comparedDirectly(s.by.attr); s.by.sub == nil {
			return nil, fault.New(fault.InvalidPath, "sortBy names %s, an object; name one of its sub-attributes", s.by.attr.full)
		}
	}
	return s, nil
}

// missing is the key of a resource without a value; it comes last when
// ascending.
const missing = "\xff"

// Key is the place of a resource in the order: Compare puts keys in order.
func (s *Sort) Key(r *Resource, e Envelope) string {
	v := r.whole(s.by, &e)
	if v != nil && v.kind == Array {
		v = preferred(v)
	}
	if v != nil && s.by.sub != nil {
		v = v.find(s.by.sub.Name)
	}
	if v == nil || v.empty() {
		return missing
	}
	return sortKey(s.by.leaf(), v)
}

// preferred is the primary value of a list, or else the first.
func preferred(v *Value) *Value {
	for i := range v.items {
		if v.items[i].Get("primary").True() {
			return &v.items[i]
		}
	}
	if len(v.items) == 0 {
		return nil
	}
	return &v.items[0]
}

// sortKey writes a value so that the order of the texts is that of the values.
func sortKey(a *Attribute, v *Value) string {
	switch {
	case v.kind == Bool:
		return strconv.FormatBool(v.truth)
	case v.kind == Number:
		f, err := strconv.ParseFloat(v.text, 64)
		if err != nil {
			return missing
		}
		bits := math.Float64bits(f)
		if bits>>63 == 1 {
			bits = ^bits
		} else {
			bits |= 1 << 63
		}
		return fmt.Sprintf("%016x", bits)
	case a.Type == TypeDateTime:
		if at, err := time.Parse(time.RFC3339, v.text); err == nil {
			return at.UTC().Format("2006-01-02T15:04:05.000000000")
		}
	case !a.CaseExact:
		return strings.ToLower(v.text)
	}
	return v.text
}

// Compare tells which of two keys comes first, as strings.Compare does.
func (s *Sort) Compare(a, b string) int {
	if s.descending {
		return strings.Compare(b, a)
	}
	return strings.Compare(a, b)
}
