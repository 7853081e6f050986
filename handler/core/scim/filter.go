package scim

import "strings"

// Operator is what a filter does with its parts: a comparison of RFC 7644
// §3.4.2.2, or a way to put filters together.
type Operator string

// The comparisons and the logical operators. Within is the brackets of
// emails[…]: one value of the attribute must match all that is inside.
const (
	Eq Operator = "eq"
	Ne Operator = "ne"
	Co Operator = "co"
	Sw Operator = "sw"
	Ew Operator = "ew"
	Pr Operator = "pr"
	Gt Operator = "gt"
	Ge Operator = "ge"
	Lt Operator = "lt"
	Le Operator = "le"

	And    Operator = "and"
	Or     Operator = "or"
	Not    Operator = "not"
	Within Operator = "[]"
)

// Filter is one node of a filter.
type Filter struct {
	Operator Operator
	// Name is what a comparison compares, or the attribute before brackets.
	Name Name
	// Value is the literal of a comparison: string, number, boolean or null.
	Value Value
	// Terms are the parts: two or more of And and Or, one of Not and Within.
	Terms []*Filter
}

// String writes the filter so that ParseFilter reads the same again.
func (f *Filter) String() string {
	var b strings.Builder
	f.print(&b)
	return b.String()
}

func (f *Filter) print(b *strings.Builder) {
	switch f.Operator {
	case And, Or:
		for i, term := range f.Terms {
			if i > 0 {
				b.WriteString(" " + string(f.Operator) + " ")
			}
			term.printInside(b, f.Operator)
		}
	case Not:
		b.WriteString("not (")
		f.Terms[0].print(b)
		b.WriteByte(')')
	case Within:
		b.WriteString(f.Name.String() + "[")
		f.Terms[0].print(b)
		b.WriteByte(']')
	case Pr:
		b.WriteString(f.Name.String() + " pr")
	default:
		b.WriteString(f.Name.String() + " " + string(f.Operator) + " ")
		b.Write(f.Value.Append(nil))
	}
}

// printInside puts brackets around an "or" between "and"s. An "and" between
// "and"s cannot be: the parser makes one of them.
func (f *Filter) printInside(b *strings.Builder, outer Operator) {
	if f.Operator == Or && outer == And {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	f.print(b)
}

// Conjuncts are the filters that must all hold: the terms of an And, or f
// itself.
func (f *Filter) Conjuncts() []*Filter {
	if f.Operator == And {
		return f.Terms
	}
	return []*Filter{f}
}

// join puts filters together and takes brackets that change nothing away.
func join(op Operator, terms []*Filter) *Filter {
	if len(terms) == 1 {
		return terms[0]
	}
	var flat []*Filter
	for _, term := range terms {
		if term.Operator == op {
			flat = append(flat, term.Terms...)
		} else {
			flat = append(flat, term)
		}
	}
	return &Filter{Operator: op, Terms: flat}
}
