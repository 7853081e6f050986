package store

import (
	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// leaveColumns are the columns of a row l-.
func leaveColumns(l *directory.Leave, tx string) table.Columns {
	c := make(table.Columns, 0, 20)
	c = withID(c, "Id", l.ID)
	c = withPerson(c, "L", l.Leaver)
	c = withText(c, "ST", string(l.State))
	c = withInt(c, "AT", int64(l.Attempt))
	c = withInt(c, "FA", int64(l.Failures))
	c = withTime(c, "DU", l.Due)
	c = withTime(c, "LE", l.Lease)
	c = withText(c, "HO", l.Holder)
	c = withPerson(c, "R", l.Recipient)
	c = withInt(c, "MV", int64(l.Moved))
	c = withText(c, "CO", string(l.Code))
	c = withText(c, "RE", l.Reason)
	c = withTime(c, "OP", l.Opened)
	c = withTime(c, "CH", l.Changed)
	return withText(c, columnTx, tx)
}

func withPerson(c table.Columns, prefix string, p directory.Person) table.Columns {
	c = withID(c, prefix+"I", p.ID)
	c = withText(c, prefix+"N", p.UserName)
	return withText(c, prefix+"X", p.ExternalID)
}

func personOf(c table.Columns, prefix string) directory.Person {
	return directory.Person{ID: getID(c.Get(prefix + "I")), UserName: c.Get(prefix + "N").Text(), ExternalID: c.Get(prefix + "X").Text()}
}

// leaveOf reads a row l-.
func leaveOf(row *table.Entity) directory.Leave {
	c := row.Columns
	return directory.Leave{
		ID: getID(c.Get("Id")), Leaver: personOf(c, "L"), State: directory.LeaveState(c.Get("ST").Text()),
		Attempt: int(c.Get("AT").Int()), Failures: int(c.Get("FA").Int()), Due: c.Get("DU").Time(),
		Lease: c.Get("LE").Time(), Holder: c.Get("HO").Text(), Recipient: personOf(c, "R"),
		Moved: int(c.Get("MV").Int()), Code: fault.Code(c.Get("CO").Text()), Reason: c.Get("RE").Text(),
		Opened: c.Get("OP").Time(), Changed: c.Get("CH").Time(), ETag: row.ETag,
	}
}

// storedLeave is a leave as a later read returns it.
func storedLeave(l directory.Leave, etag string) directory.Leave {
	l.Due, l.Lease, l.Opened, l.Changed = kept(l.Due), kept(l.Lease), kept(l.Opened), kept(l.Changed)
	l.ETag = etag
	return l
}
