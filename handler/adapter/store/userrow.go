package store

import (
	"handover/handler/adapter/table"
	"handover/handler/core/directory"
)

// userColumns are the columns of a row u-.
func userColumns(u *directory.User, folded, tx string) table.Columns {
	c := make(table.Columns, 0, 18)
	c = withText(c, "UN", u.UserName)
	c = withText(c, "UF", folded)
	c = withText(c, "XI", u.ExternalID)
	c = withText(c, "WE", u.WorkEmail)
	c = append(c, table.Column{Name: "A", Value: table.Bool(u.Active)})
	c = withInt(c, "V", u.Version)
	c = withTime(c, "CR", u.Created)
	c = withTime(c, "LM", u.Modified)
	c = withID(c, "LI", u.Leave)
	c = withText(c, "LS", string(u.LeaveState))
	c = withText(c, "RL", u.Lock.Role)
	c = withText(c, "RR", u.Lock.Reason)
	c = withText(c, "RB", u.Lock.By)
	c = withTime(c, "RA", u.Lock.At)
	c = withText(c, columnTx, tx)
	return withLong(c, "D", string(u.Document))
}

// userOf reads a row u-.
func userOf(row *table.Entity) directory.User {
	u := directory.User{ID: idAtEnd(row.Row), ETag: row.ETag}
	for i := range row.Columns {
		switch v := row.Columns[i].Value; row.Columns[i].Name {
		case "UN":
			u.UserName = v.Text()
		case "XI":
			u.ExternalID = v.Text()
		case "WE":
			u.WorkEmail = v.Text()
		case "A":
			u.Active = v.Bool()
		case "V":
			u.Version = v.Int()
		case "CR":
			u.Created = v.Time()
		case "LM":
			u.Modified = v.Time()
		case "LI":
			u.Leave = getID(v)
		case "LS":
			u.LeaveState = directory.LeaveState(v.Text())
		case "RL":
			u.Lock.Role = v.Text()
		case "RR":
			u.Lock.Reason = v.Text()
		case "RB":
			u.Lock.By = v.Text()
		case "RA":
			u.Lock.At = v.Time()
		}
	}
	u.Document = getLong(row.Columns, "D")
	return u
}

// storedUser is a user as a later read returns it.
func storedUser(u directory.User, etag string) directory.User {
	u.Created, u.Modified, u.ETag = kept(u.Created), kept(u.Modified), etag
	u.Lock.At = kept(u.Lock.At)
	return u
}
