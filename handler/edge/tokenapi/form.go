package tokenapi

import (
	"net/http"
	"net/url"
	"strings"

	"handover/handler/core/fault"
)

// jwtBearer is the one type of assertion that there is (RFC 7523 §2.2).
const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// maxScope bounds a scope, in bytes.
const maxScope = 1024

// request is what a client asks for, and by what it proves itself: a secret or
// an assertion.
type request struct{ clientID, clientSecret, assertion string }

// read reads a request. Members that nobody knows, such as Entra's baseAddress,
// are passed over (RFC 6749 §3.2), and those without a value count as absent.
func read(r *http.Request, body string) (request, error) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return request{}, fault.New(fault.InvalidValue, "the body is not a form in application/x-www-form-urlencoded").WithCause(err)
	}
	for _, name := range []string{"grant_type", "scope", "client_id", "client_secret", "client_assertion", "client_assertion_type"} {
		if len(form[name]) > 1 {
			return request{}, fault.New(fault.InvalidValue, "%s is given twice; give it once", name)
		}
	}
	switch kind := form.Get("grant_type"); {
	case kind == "":
		return request{}, fault.New(fault.InvalidValue, "grant_type is missing; it must be client_credentials")
	case kind != "client_credentials":
		return request{}, fault.New(fault.UnsupportedGrantType, "grant_type must be client_credentials")
	case !isScope(form.Get("scope")):
		return request{}, fault.New(fault.InvalidScope, "scope must be words of printable ASCII with single blanks between them")
	}
	return client(r, form)
}

// client reads who asks. Entra may send a secret in the header, in the body, or
// in both at once; then both must say the same.
func client(r *http.Request, form url.Values) (request, error) {
	asked := request{form.Get("client_id"), form.Get("client_secret"), form.Get("client_assertion")}
	id, password, basic, err := basicAuth(r)
	if err != nil {
		return request{}, err
	}
	switch {
	case form.Get("client_assertion_type") != "" && form.Get("client_assertion_type") != jwtBearer:
		return request{}, fault.New(fault.InvalidValue, "client_assertion_type must be %s", jwtBearer)
	case (asked.assertion == "") != (form.Get("client_assertion_type") == ""):
		return request{}, fault.New(fault.InvalidValue, "client_assertion and client_assertion_type must be given together")
	case asked.assertion != "" && (basic || asked.clientSecret != ""):
		return request{}, fault.New(fault.InvalidValue, "a client proves itself by a secret or by an assertion; give one of them")
	case basic && (differ(asked.clientID, id) || differ(asked.clientSecret, password)):
		return request{}, fault.New(fault.InvalidValue, "the client in the Authorization header and the one in the body are not the same")
	case basic:
		asked.clientID, asked.clientSecret = id, password
	}
	return asked, nil
}

// differ tells whether the body contradicts the header.
func differ(inBody, inHeader string) bool { return inBody != "" && inBody != inHeader }

// basicAuth reads the header, whose two halves are written as in a form
// (RFC 6749 §2.3.1). Another scheme than Basic is left to be no proof.
func basicAuth(r *http.Request) (id, password string, basic bool, err error) {
	id, password, basic = r.BasicAuth()
	id, errID := url.QueryUnescape(id)
	password, errPassword := url.QueryUnescape(password)
	if errID != nil || errPassword != nil {
		return "", "", false, fault.New(fault.InvalidValue, "client id and secret in the Authorization header must be written as in a form (RFC 6749, section 2.3.1)")
	}
	return id, password, basic, nil
}

// isScope tells whether text is a scope (RFC 6749 §3.3), or none.
func isScope(text string) bool {
	if text == "" {
		return true
	}
	for word := range strings.SplitSeq(text, " ") {
		outside := func(c rune) bool { return c < '!' || c > '~' || c == '"' || c == '\\' }
		if word == "" || strings.ContainsFunc(word, outside) {
			return false
		}
	}
	return len(text) <= maxScope
}
