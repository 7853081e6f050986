package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"time"
)

// mischief is what an application may do wrong; each n-th call means the n-th,
// the 2n-th and so on, and 0 never.
type mischief struct {
	slow                            time.Duration
	failEvery, limitEvery, dieEvery int
	// twice lists each record twice.
	twice bool
	calls atomic.Int64
}

func (m *mischief) around(call http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := int(m.calls.Add(1))
		due := func(every int) bool { return every > 0 && n%every == 0 }
		time.Sleep(m.slow)
		if due(m.failEvery) {
			http.Error(w, "out of order", http.StatusServiceUnavailable)
			return
		}
		if due(m.limitEvery) {
			w.Header().Set("Retry-After", "7")
			http.Error(w, "too many", http.StatusTooManyRequests)
			return
		}
		answer := httptest.NewRecorder()
		call(answer, r)
		if due(m.dieEvery) {
			os.Exit(1)
		}
		m.pass(w, answer)
	}
}

// pass hands an answer on, with its records once or twice.
func (m *mischief) pass(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	var body movedBody
	if m.twice && json.Unmarshal(answer.Body.Bytes(), &body) == nil && len(body.Moved) > 0 {
		body.Moved = append(body.Moved, body.Moved...)
		write(w, answer.Code, body)
		return
	}
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	w.WriteHeader(answer.Code)
	_, _ = answer.Body.WriteTo(w)
}
