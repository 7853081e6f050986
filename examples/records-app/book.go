package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"
)

// keepAnswers is how long an answer can be given again.
const keepAnswers = 30 * 24 * time.Hour

// record is something that a user owns.
type record struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Owner string `json:"owner"`
	Title string `json:"title"`
	Open  bool   `json:"open"`
}

// answered is an answer that was given, by the key of its call.
type answered struct {
	At     time.Time `json:"at"`
	Answer movedBody `json:"answer"`
}

// book is the records and the answers that were given about them. Both are one
// file, so that what was moved and what was said about it cannot differ.
type book struct {
	Records []record            `json:"records"`
	Answers map[string]answered `json:"answers"`
	// Events are what a webhook was told, by id.
	Events map[string]event `json:"events"`
	file   string
}

func openBook(file string) (*book, error) {
	b := &book{Answers: map[string]answered{}, Events: map[string]event{}, file: file}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, b); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", file, err)
	}
	return b, nil
}

// save replaces the file: whoever reads it finds the old book or the new one.
func (b *book) save(now time.Time) error {
	for key, a := range b.Answers {
		if now.Sub(a.At) > keepAnswers {
			delete(b.Answers, key)
		}
	}
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if err := os.WriteFile(b.file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(b.file+".new", b.file)
}

// put adds a record or replaces it.
func (b *book) put(r record) {
	same := func(other record) bool { return other.Type == r.Type && other.ID == r.ID }
	if i := slices.IndexFunc(b.Records, same); i >= 0 {
		b.Records[i] = r
		return
	}
	b.Records = append(b.Records, r)
}

// knows tells whether somebody owns a record.
func (b *book) knows(owner string) bool {
	owns := func(r record) bool { return r.Owner == owner }
	return slices.ContainsFunc(b.Records, owns)
}

// open finds the places of up to limit open records of an owner that a call is
// about, from its cursor on; next is the cursor of the others, if there are any.
func (b *book) open(ask *reassignBody, limit int) (places []int, next string) {
	from, _ := strconv.Atoi(ask.Cursor) // the empty cursor begins
	for i := max(from, 0); i < len(b.Records); i++ {
		r := b.Records[i]
		if r.Owner != ask.From.ID || !r.Open || !ask.isAbout(r) {
			continue
		}
		if len(places) == limit {
			return places, strconv.Itoa(i)
		}
		places = append(places, i)
	}
	return places, ""
}
