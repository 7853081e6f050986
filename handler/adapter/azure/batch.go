package azure

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"handover/handler/adapter/table"
)

// refusal is an answer that says no.
type refusal struct {
	status int
	// code is the service's name for the reason, "" where something between us
	// and the service answered.
	code string
	// message begins with the index of the failed operation inside a
	// transaction. Nobody else is shown it.
	message string
	header  http.Header
}

// decodeBatch reads the answer to a transaction: either one ETag an operation,
// "" for a delete, or the one refusal that stands for all of it. Both are empty
// where the answer is malformed.
//
//	--changesetresponse_1
//	Content-Type: application/http
//
//	HTTP/1.1 204 No Content
//	ETag: W/"datetime'2026-03-02T10%3A00%3A00.1234567Z'"
func decodeBatch(body []byte) (etags []string, refused *refusal) {
	_, rest, more := strings.Cut(string(body), "\nHTTP/1.1 ")
	for more {
		var part string
		part, rest, more = strings.Cut(rest, "\nHTTP/1.1 ")
		head, content, _ := strings.Cut(part, "\r\n\r\n")
		line, fields, _ := strings.Cut(head, "\r\n")
		number, _, _ := strings.Cut(line, " ")
		status, err := strconv.Atoi(number)
		if err != nil {
			return nil, nil
		}
		if status < 200 || status > 299 {
			return nil, newRefusal(status, http.Header{}, []byte(content))
		}
		etags = append(etags, field(fields, "ETag"))
	}
	return etags, nil
}

// field finds a header field in the lines of one part.
func field(lines, name string) string {
	for line := range strings.SplitSeq(lines, "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// newRefusal reads the reason out of an error's body, behind which the rest of
// a multipart answer may follow.
func newRefusal(status int, header http.Header, body []byte) *refusal {
	var reason struct {
		Error struct {
			Code    string `json:"code"`
			Message struct {
				Value string `json:"value"`
			} `json:"message"`
		} `json:"odata.error"`
	}
	r := &refusal{status: status, header: header}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&reason); err == nil {
		r.code, r.message = reason.Error.Code, reason.Error.Message.Value
	}
	if r.code == "" {
		r.code = header.Get("x-ms-error-code")
	}
	return r
}

// index is the operation that failed. A transaction of one needs no number.
func (r *refusal) index(operations int) int {
	number, _, ok := strings.Cut(r.message, ":")
	i, err := strconv.Atoi(number)
	switch {
	case ok && err == nil && 0 <= i && i < operations:
		return i
	case operations == 1:
		return 0
	}
	return table.NoOperation
}
