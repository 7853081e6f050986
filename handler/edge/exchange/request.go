package exchange

import (
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"handover/handler/core/fault"
)

// Methods dispatches by method. HEAD is served by GET; a method that is not
// there is MethodNotAllowed with the Allow header set.
type Methods map[string]Handler

// Serve is the Handler of the methods.
func (m Methods) Serve(w http.ResponseWriter, r *http.Request) error {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if h, ok := m[method]; ok {
		return h(w, r)
	}
	allowed := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	w.Header().Set("Allow", allowed)
	return fault.New(fault.MethodNotAllowed, "%s is not served here; allowed: %s", r.Method, allowed)
}

// Bearer is the token of the Authorization header, "" if there is none.
func Bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Body reads a request's body of at most limit bytes, whose Content-Type must
// be one of the given media types (absent counts as the first).
func Body(w http.ResponseWriter, r *http.Request, limit int64, mediaTypes ...string) ([]byte, error) {
	if sent := r.Header.Get("Content-Type"); sent != "" {
		mediaType, _, err := mime.ParseMediaType(sent)
		if err != nil || !slices.Contains(mediaTypes, mediaType) {
			return nil, fault.New(fault.MediaType, "Content-Type must be %s", strings.Join(mediaTypes, " or ")).WithCause(err)
		}
	}
	var body []byte
	var err error
	if reader := http.MaxBytesReader(w, r.Body, limit); r.ContentLength > 0 && r.ContentLength <= limit {
		body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(reader, body)
	} else {
		body, err = io.ReadAll(reader)
	}
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fault.New(fault.TooLarge, "the body is over the limit of %d bytes", limit).WithCause(err)
	}
	return nil, fault.New(fault.InvalidSyntax, "the body ended before it was complete").WithCause(err)
}
