package table

import "handover/handler/core/fault"

// The limits of a query, documented under "Querying tables and entities".
const (
	// MaxPage is the most rows of one page.
	MaxPage = 1000
	// MaxConditions is the most terms of Query.Where: Azure takes 15
	// comparisons, of which partition and range use up to 3.
	MaxConditions = 12
	// MaxConditionText is the most bytes that names and values of Query.Where
	// may have together: Azure takes 32,768 characters of escaped filter, and
	// one byte becomes up to three.
	MaxConditionText = 8 << 10
)

// CheckQuery refuses a query that Table Storage would not take, before anything
// is sent. The error is an *Error with NoOperation and fault.RowInvalid.
func CheckQuery(q Query) error {
	if err := checkQuery(q); err != nil {
		return &Error{Index: NoOperation, Fault: err}
	}
	return nil
}

// CheckGet refuses a point read of keys or columns that no row can have, as
// CheckQuery does.
func CheckGet(partition, row string, columns []string) error {
	err := checkKey("partition key", partition)
	if err == nil {
		err = checkKey("row key", row)
	}
	if err == nil {
		err = checkWanted(columns)
	}
	if err != nil {
		return &Error{Index: NoOperation, Fault: err}
	}
	return nil
}

func checkQuery(q Query) *fault.Fault {
	if err := checkKey("partition key", q.Partition); err != nil {
		return err
	}
	for _, bound := range []string{q.From, q.To, q.After} {
		if bound == "" {
			continue
		}
		if err := checkKey("row key", bound); err != nil {
			return err
		}
	}
	if q.Limit < 0 || q.Limit > MaxPage {
		return fault.New(fault.RowInvalid, "a page has 1 to %d rows; %d were asked for", MaxPage, q.Limit)
	}
	return checkTerms(q)
}

func checkTerms(q Query) *fault.Fault {
	if n := len(q.Where); n > MaxConditions {
		return fault.New(fault.RowInvalid, "a query has at most %d conditions; this one has %d", MaxConditions, n)
	}
	text := 0
	for i := range q.Where {
		if err := checkCondition(&q.Where[i]); err != nil {
			return err
		}
		text += len(q.Where[i].Column) + len(q.Where[i].Value.text)
	}
	if text > MaxConditionText {
		return fault.New(fault.RowInvalid, "the conditions of a query have at most %d bytes; these have %d", MaxConditionText, text)
	}
	return checkWanted(q.Columns)
}

func checkWanted(columns []string) *fault.Fault {
	for _, name := range columns {
		if err := checkName(name); err != nil {
			return err
		}
	}
	return nil
}

func checkCondition(c *Condition) *fault.Fault {
	if err := checkName(c.Column); err != nil {
		return err
	}
	switch c.Is {
	case Equal:
	case Greater, GreaterEqual, Less, LessEqual:
		if kind := c.Value.kind; kind == KindBool || kind == KindBytes {
			return fault.New(fault.RowInvalid, "column %s holds a boolean or bytes, which are compared with eq alone", c.Column)
		}
	default:
		return fault.New(fault.RowInvalid, "%q is no comparison", c.Is)
	}
	return checkValue(c.Column, c.Value)
}
