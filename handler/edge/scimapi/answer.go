package scimapi

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
	"handover/handler/edge/exchange"
)

// plainJSON is the other media type that bodies may have (RFC 7644 §3.8).
const plainJSON = "application/json"

// answer is what an operation came to.
type answer struct {
	status int
	// location and version become headers, unless they are empty.
	location, version string
	body              []byte
}

// send writes the answer. Of an answer to HEAD it writes the headers.
func (a *answer) send(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	if a.location != "" {
		h.Set("Location", a.location)
	}
	if a.version != "" {
		h.Set("ETag", a.version)
	}
	if h.Set("Content-Type", mediaType(r)); h.Get("Content-Type") == "" {
		h.Set("Content-Type", scim.ContentType)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return nil
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		// A client that went away is no fault of the service.
		_, _ = w.Write(a.body)
	}
	return nil
}

// mediaType is application/scim+json, unless Accept asks for application/json
// and not for that; it is "" when Accept takes neither. What cannot be read
// asks for nothing.
func mediaType(r *http.Request) string {
	accept := r.Header.Get("Accept")
	if accept == "" || accept == scim.ContentType {
		return scim.ContentType
	}
	chosen, readable := "", false
	for part := range strings.SplitSeq(accept, ",") {
		wanted, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		readable = true
		quality, err := strconv.ParseFloat(parameters["q"], 64)
		switch refused := err == nil && quality == 0; {
		case refused:
		case wanted == scim.ContentType || wanted == "*/*" || wanted == "application/*":
			return scim.ContentType
		case wanted == plainJSON:
			chosen = plainJSON
		}
	}
	if !readable {
		return scim.ContentType
	}
	return chosen
}

// render writes a fault as a SCIM Error.
func render(w http.ResponseWriter, r *http.Request, f *fault.Fault, reference string) {
	h := w.Header()
	if f.Code == fault.Unauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	exchange.RetryAfter(h, f)
	if reference != "" {
		f = fault.New(f.Code, "%s (reference %s)", f.Message, reference)
	}
	failed := answer{status: f.Code.Status(), body: scim.AppendError(nil, f)}
	_ = failed.send(w, r)
}
