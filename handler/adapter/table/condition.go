package table

import (
	"cmp"
	"strings"
)

// Matches tells whether the value of the condition's column satisfies it; a
// value of another kind, or none, never does. It is the meaning of the
// comparisons for engines that compare by themselves.
func (c Condition) Matches(v Value) bool {
	if v.kind != c.Value.kind || v.kind == KindNone {
		return false
	}
	order := compare(v, c.Value)
	switch c.Is {
	case Equal:
		return order == 0
	case Greater:
		return order > 0
	case GreaterEqual:
		return order >= 0
	case Less:
		return order < 0
	case LessEqual:
		return order <= 0
	default:
		return false
	}
}

// compare orders two values of the same kind.
func compare(a, b Value) int {
	switch a.kind {
	case KindString, KindBytes:
		return strings.Compare(a.text, b.text)
	case KindFloat:
		return cmp.Compare(a.Float(), b.Float())
	default:
		return cmp.Compare(int64(a.bits), int64(b.bits))
	}
}
