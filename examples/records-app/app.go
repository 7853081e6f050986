package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxChunk is the most records that one answer may list; maxBody bounds a
// request in bytes.
const (
	maxChunk = 1000
	maxBody  = 1 << 20
)

// person is a user as Handover names them.
type person struct {
	ID         string `json:"id"`
	UserName   string `json:"userName"`
	ExternalID string `json:"externalId"`
}

// name names a record.
type name struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// reassignBody is what Handover asks for.
type reassignBody struct {
	Tenant  string   `json:"tenant"`
	Leave   string   `json:"leave"`
	From    person   `json:"from"`
	To      person   `json:"to"`
	Types   []string `json:"types"`
	Cursor  string   `json:"cursor"`
	Records []name   `json:"records"`
	DryRun  bool     `json:"dryRun"`
}

// isAbout tells whether a call means a record.
func (b *reassignBody) isAbout(r record) bool {
	return (len(b.Types) == 0 || slices.Contains(b.Types, r.Type)) &&
		(len(b.Records) == 0 || slices.Contains(b.Records, name{r.Type, r.ID}))
}

// movedRecord is a record in an answer.
type movedRecord struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Title string `json:"title"`
}

// movedBody is the answer.
type movedBody struct {
	Moved      []movedRecord `json:"moved"`
	NextCursor string        `json:"nextCursor"`
	To         string        `json:"to,omitempty"`
}

// application is the business application of one customer.
type application struct {
	mu   sync.Mutex
	book *book
	// key is what a caller must show; webhookSecret is the file with the secret
	// that signs events.
	key, webhookSecret string

	chunk    int
	mischief *mischief
	now      func() time.Time
}

func (a *application) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /ownership:reassign", a.mischief.around(a.reassign))
	mux.HandleFunc("PUT /records/{type}/{id}", a.putRecord)
	mux.HandleFunc("GET /records", a.listRecords)
	mux.HandleFunc("GET /events", a.listEvents)
	events := http.NewServeMux()
	events.HandleFunc("POST /events", a.takeEvent)
	events.Handle("/", a.keyed(mux))
	return events
}

// keyed lets through who shows the key.
func (a *application) keyed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := sha256.Sum256([]byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
		wanted := sha256.Sum256([]byte(a.key))
		if subtle.ConstantTimeCompare(shown[:], wanted[:]) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// reassign is the call. What it moves, and the answer about it, are saved before
// it answers; asked again with the same key, it answers the same.
func (a *application) reassign(w http.ResponseWriter, r *http.Request) {
	var ask reassignBody
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || ask.From.ID == "" || ask.To.ID == "" && !ask.DryRun {
		http.Error(w, "from and to are needed", http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	if given, again := a.book.Answers[key]; again {
		write(w, http.StatusOK, given.Answer)
		return
	}
	if !a.book.knows(ask.From.ID) {
		write(w, http.StatusNotFound, map[string]string{"code": "unknownOwner"})
		return
	}
	answer, err := a.move(&ask, key)
	if err != nil {
		http.Error(w, "the records cannot be saved", http.StatusInternalServerError)
		return
	}
	write(w, http.StatusOK, answer)
}

// move gives the next records to the recipient. An answer that moves nothing is
// not kept: asked again, there may be something to move.
func (a *application) move(ask *reassignBody, key string) (movedBody, error) {
	places, next := a.book.open(ask, a.chunk)
	answer := movedBody{Moved: []movedRecord{}, NextCursor: next, To: ask.To.ID}
	for _, i := range places {
		r := &a.book.Records[i]
		answer.Moved = append(answer.Moved, movedRecord{r.Type, r.ID, r.Title})
		if !ask.DryRun {
			r.Owner = ask.To.ID
		}
	}
	if ask.DryRun || len(places) == 0 {
		return answer, nil
	}
	a.book.Answers[key] = answered{a.now(), answer}
	return answer, a.save()
}

// save writes the book down; if that fails, what stands in the file counts.
func (a *application) save() error {
	err := a.book.save(a.now())
	if err == nil {
		return nil
	}
	if kept, readErr := openBook(a.book.file); readErr == nil {
		a.book = kept
	}
	return err
}

func (a *application) putRecord(w http.ResponseWriter, r *http.Request) {
	var given record
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil || given.Owner == "" {
		http.Error(w, "owner is needed", http.StatusBadRequest)
		return
	}
	given.Type, given.ID = r.PathValue("type"), r.PathValue("id")
	a.mu.Lock()
	defer a.mu.Unlock()
	a.book.put(given)
	if err := a.save(); err != nil {
		http.Error(w, "the record cannot be saved", http.StatusInternalServerError)
		return
	}
	write(w, http.StatusOK, given)
}

func (a *application) listRecords(w http.ResponseWriter, r *http.Request) {
	owner := r.URL.Query().Get("owner")
	a.mu.Lock()
	defer a.mu.Unlock()
	listed := []record{}
	for _, one := range a.book.Records {
		if one.Owner == owner {
			listed = append(listed, one)
		}
	}
	write(w, http.StatusOK, map[string]any{"records": listed})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who hangs up asks again
}
