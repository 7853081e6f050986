package table

import (
	"context"
	"iter"
)

// Rows reads all pages of a query one after the other; Limit is then the size
// of a page, not of the whole. It ends after the first error, which comes with
// an empty Entity.
func Rows(ctx context.Context, t Table, q Query) iter.Seq2[Entity, error] {
	return func(yield func(Entity, error) bool) {
		for {
			page, err := t.Query(ctx, q)
			if err != nil {
				yield(Entity{}, err)
				return
			}
			for i := range page.Entities {
				if !yield(page.Entities[i], nil) {
					return
				}
			}
			if !page.More {
				return
			}
			q.After = page.Next
		}
	}
}
