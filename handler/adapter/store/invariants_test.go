package store_test

import (
	"context"
	"fmt"
	"strings"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
)

// broken reads the raw rows and lists every contradiction among them, as it is
// when no change is under way and Mend has run.
func broken(ctx context.Context, dir, rec table.Table) ([]string, error) {
	c := &checker{rows: map[string]table.Entity{}}
	if err := c.read(ctx, dir); err != nil {
		return nil, err
	}
	c.users()
	c.groups()
	c.leaves()
	c.nothingElse()
	c.rows, c.expected = map[string]table.Entity{}, nil
	if err := c.read(ctx, rec); err != nil {
		return nil, err
	}
	c.records()
	return c.faults, nil
}

type checker struct {
	rows     map[string]table.Entity
	expected map[string]bool
	faults   []string
}

func (c *checker) read(ctx context.Context, t table.Table) error {
	c.expected = map[string]bool{}
	for row, err := range table.Rows(ctx, t, table.Query{Partition: tenant}) {
		if err != nil {
			return err
		}
		c.rows[row.Row] = row
	}
	return nil
}

func (c *checker) each(prefix string, visit func(rest string, row table.Entity)) {
	for key, row := range c.rows {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			visit(rest, row)
		}
	}
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// expect wants a row to be there.
func (c *checker) expect(key string) table.Columns {
	c.expected[key] = true
	row, ok := c.rows[key]
	if !ok {
		c.fault("row %s is missing", key)
	}
	return row.Columns
}

func (c *checker) users() {
	var users, active int64
	shared := map[string]string{}
	c.each("u-", func(id string, row table.Entity) {
		users++
		if row.Columns.Get("A").Bool() {
			active++
		}
		c.expected[row.Row] = true
		if c.expect("n-"+encode(row.Columns.Get("UF").Text())).Get("Id").Text() != id {
			c.fault("n- of %s names another user", id)
		}
		raw, _ := directory.ParseID(id)
		if x := row.Columns.Get("XI").Text(); x != "" {
			shared["x-"+encode(x)] += string(raw[:])
		}
		if e := row.Columns.Get("WE").Text(); e != "" {
			shared["e-"+encode(strings.ToLower(e))] += string(raw[:])
		}
	})
	for key, ids := range shared {
		if got := c.expect(key).Get("Ids").Text(); len(got) != len(ids) {
			c.fault("%s lists %d ids, want %d", key, len(got)/16, len(ids)/16)
		}
	}
	q := c.expect("q")
	if q.Get("U").Int() != users || q.Get("UA").Int() != active {
		c.fault("counters say %d users and %d active, there are %d and %d", q.Get("U").Int(), q.Get("UA").Int(), users, active)
	}
}

func (c *checker) groups() {
	var groups int64
	c.each("g-", func(id string, row table.Entity) {
		groups++
		c.expected[row.Row] = true
		c.expect("d-" + encode(strings.ToLower(row.Columns.Get("DN").Text())))
		c.members(id, row.Columns)
	})
	if q := c.expect("q"); q.Get("G").Int() != groups {
		c.fault("counters say %d groups, there are %d", q.Get("G").Int(), groups)
	}
}

func (c *checker) members(group string, g table.Columns) {
	n, buckets := int64(0), g.Get("NB").Int()
	c.each("m-"+group+"-", func(bucket string, row table.Entity) {
		c.expected[row.Row] = true
		ids := row.Columns.Get("M").Text()
		if ids == "" || row.Columns.Get("V").Int() > g.Get("V").Int() {
			c.fault("bucket %s is empty or too new", row.Row)
		}
		for i := 0; i < len(ids); i += 16 {
			id := directory.ID([]byte(ids[i : i+16]))
			if want := fmt.Sprintf("%02x", int64(id[15])&(buckets-1)); want != bucket {
				c.fault("member %s is in bucket %s, not %s", id, bucket, want)
			}
			if i > 0 && ids[i-16:i] >= ids[i:i+16] {
				c.fault("bucket %s is out of order", row.Row)
			}
			c.expect("r-" + id.String() + "-" + group)
			n++
		}
	})
	if n != g.Get("N").Int() {
		c.fault("group %s says %d members and has %d", group, g.Get("N").Int(), n)
	}
}

func (c *checker) leaves() {
	c.each("l-", func(_ string, row table.Entity) {
		c.expected[row.Row] = true
		if l := row.Columns; !directory.LeaveState(l.Get("ST").Text()).Final() {
			c.expect(fmt.Sprintf("w-%016x-%s", l.Get("DU").Time().UnixNano(), l.Get("Id").Text()))
		}
	})
}

// nothingElse finds rows that belong to nothing.
func (c *checker) nothingElse() {
	for key := range c.rows {
		if !c.expected[key] && key != "t" && !strings.HasPrefix(key, "a-") && !strings.HasPrefix(key, "k-") {
			c.fault("row %s belongs to nothing", key)
		}
	}
}

func (c *checker) records() {
	c.each("r-", func(_ string, row table.Entity) {
		r := row.Columns
		c.expected[row.Row] = true
		owned := c.expect("o-" + r.Get("Owner").Text() + "-" + r.Get("Status").Text() + "-" + r.Get("Type").Text() + "-" + encode(r.Get("Id").Text()))
		if owned.Get("Title").Text() != r.Get("Title").Text() {
			c.fault("the index row of %s has another title", row.Row)
		}
	})
	c.each("c-", func(_ string, row table.Entity) { c.expected[row.Row] = true })
	c.nothingElse()
}

// encode is how a short value stands in a key.
func encode(value string) string { return fmt.Sprintf("%x", value) }
