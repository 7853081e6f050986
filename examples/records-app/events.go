package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// tolerance is how old an event's signature may be: one that was recorded cannot
// be played again later.
const tolerance = 5 * time.Minute

// event is what Handover tells of a leave.
type event struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// takeEvent is the webhook. It keeps an event before it answers, and each once:
// one whose answer was lost comes again under the same id.
func (a *application) takeEvent(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "too large, or broken off", http.StatusBadRequest)
		return
	}
	if !a.signed(r.Header, body) {
		http.Error(w, "no valid signature", http.StatusUnauthorized)
		return
	}
	var told event
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&told); err != nil {
		http.Error(w, "no event", http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.book.Events[r.Header.Get("Webhook-Id")] = told
	if err := a.save(); err != nil {
		http.Error(w, "the event cannot be saved", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// signed tells whether Handover has sent a body, and lately. The secret is read
// each time, so that a new one needs no restart.
func (a *application) signed(header http.Header, body []byte) bool {
	secret, err := os.ReadFile(a.webhookSecret)
	if err != nil {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(string(secret)), "whsec_"))
	if err != nil || len(key) == 0 {
		return false
	}
	id, at := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || a.now().Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	wanted := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for _, signature := range strings.Fields(header.Get("Webhook-Signature")) {
		if hmac.Equal([]byte(signature), wanted) {
			return true
		}
	}
	return false
}

func (a *application) listEvents(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	write(w, http.StatusOK, map[string]any{"events": a.book.Events})
}
