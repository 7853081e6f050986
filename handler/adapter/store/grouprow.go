package store

import (
	"strconv"
	"strings"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
)

// groupColumns are the columns of a row g-; buckets is into how many rows the
// members are divided.
func groupColumns(g *directory.Group, buckets int, tx string) table.Columns {
	c := make(table.Columns, 0, 12)
	c = withText(c, "DN", g.DisplayName)
	c = withText(c, "XI", g.ExternalID)
	c = withTime(c, "CR", g.Created)
	c = append(c, groupProgress(g, buckets, tx)...)
	return withLong(c, "D", string(g.Document))
}

// groupProgress are the columns that a change of members alone moves.
func groupProgress(g *directory.Group, buckets int, tx string) table.Columns {
	c := make(table.Columns, 0, 8)
	c = withInt(c, "V", g.Version)
	c = withInt(c, "N", int64(g.Members))
	c = withInt(c, "NB", int64(buckets))
	c = withTime(c, "LM", g.Modified)
	return withText(c, columnTx, tx)
}

// groupOf reads a row g-.
func groupOf(row *table.Entity) directory.Group {
	g := directory.Group{ID: idAtEnd(row.Row)}
	buckets := int64(1)
	for i := range row.Columns {
		switch v := row.Columns[i].Value; row.Columns[i].Name {
		case "DN":
			g.DisplayName = v.Text()
		case "XI":
			g.ExternalID = v.Text()
		case "V":
			g.Version = v.Int()
		case "CR":
			g.Created = v.Time()
		case "LM":
			g.Modified = v.Time()
		case "N":
			g.Members = int(v.Int())
		case "NB":
			buckets = v.Int()
		}
	}
	g.ETag = groupTag(int(buckets), row.ETag)
	g.Document = getLong(row.Columns, "D")
	return g
}

// groupTag puts the number of buckets in front of a group row's ETag: a change
// that is made with it then knows where the members are, without another read.
func groupTag(buckets int, etag string) string {
	if etag == "" {
		return ""
	}
	return strconv.Itoa(buckets) + "/" + etag
}

func splitGroupTag(tag string) (buckets int, etag string) {
	number, etag, _ := strings.Cut(tag, "/")
	buckets, err := strconv.Atoi(number)
	if err != nil || buckets < 1 || buckets > maxBuckets {
		return 1, ""
	}
	return buckets, etag
}

// storedGroup is a group as a later read returns it.
func storedGroup(g directory.Group, tag string) directory.Group {
	g.Created, g.Modified, g.ETag = kept(g.Created), kept(g.Modified), tag
	return g
}
