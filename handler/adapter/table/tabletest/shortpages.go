package tabletest

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"

	"handover/handler/adapter/table"
)

// ShortPages makes the pages of an engine as irregular as Azure's may be: short
// ones, empty ones with more behind them, and a last one that is empty. The same
// seed gives the same pages to the same queries.
func ShortPages(inner table.Table, seed uint64) table.Table {
	return &shortPages{Table: inner, random: rand.New(rand.NewPCG(seed, seed))}
}

type shortPages struct {
	table.Table
	mu     sync.Mutex
	random *rand.Rand
}

// Query implements table.Table.
func (s *shortPages) Query(ctx context.Context, q table.Query) (table.Page, error) {
	limit, empty, trailing := s.draw(q.Limit)
	if err := table.CheckQuery(q); err != nil {
		return table.Page{}, err
	}
	if start := startBehind(q); empty && start != "" && ctx.Err() == nil {
		return table.Page{More: true, Next: start}, nil
	}
	q.Limit = limit
	page, err := s.Table.Query(ctx, q)
	if n := len(page.Entities); err == nil && !page.More && trailing && n > 0 {
		page.More, page.Next = true, page.Entities[n-1].Row
	}
	return page, err
}

// draw decides about one page: its size, whether it is empty, and whether an
// empty one follows the last row.
func (s *shortPages) draw(limit int) (size int, empty, trailing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if limit <= 0 {
		limit = table.MaxPage
	}
	size = 1 + s.random.IntN(min(limit, 7))
	if s.random.IntN(4) == 0 {
		size = limit
	}
	return size, s.random.IntN(3) == 0, s.random.IntN(2) == 0
}

// startBehind is a row key behind which the same rows follow as in the query,
// "" if there is none.
func startBehind(q table.Query) string {
	if q.After != "" || q.From == "" {
		return q.After
	}
	return predecessor(q.From)
}

// alphabetInOrder is what keys are made of, as all engines sort it.
const alphabetInOrder = "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"

// predecessor is the last possible key before a key, "" before the first one.
func predecessor(key string) string {
	last := len(key) - 1
	i := strings.IndexByte(alphabetInOrder, key[last])
	if i == 0 {
		return key[:last]
	}
	before := key[:last] + alphabetInOrder[i-1:i]
	return before + strings.Repeat("~", table.MaxKey-len(before))
}
