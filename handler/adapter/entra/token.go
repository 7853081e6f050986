package entra

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"handover/handler/core/directory"
)

// maxToken is the most bytes of a token that is looked at. Entra's stay below
// 8 KB, or they would not fit into a header.
const maxToken = 16 << 10

// statement is what a token says, before anything of it is believed.
type statement struct {
	keyID, issuer, tenantID string
	audiences               []string
	directory.EntraClaims
}

// read takes a token apart. It is stricter than a JWT may be, and as strict as
// Entra's are: compact form, RS256, a key id, no name twice.
func read(token string) (statement, error) {
	parts := strings.Split(token, ".")
	// Line breaks are refused here because decoders of base64 pass over them.
	if len(token) > maxToken || len(parts) != 3 || strings.ContainsAny(token, "\r\n") {
		return statement{}, refused("no JWT in compact form")
	}
	header, err := readObject(parts[0])
	if err != nil {
		return statement{}, refused("the header cannot be read").WithCause(err)
	}
	claims, err := readObject(parts[1])
	if err != nil {
		return statement{}, refused("the claims cannot be read").WithCause(err)
	}
	// A key in the header (jwk, jku, x5c, x5u) is not even looked at.
	if algorithm, _ := header.text("alg"); algorithm != "RS256" || header["crit"] != nil {
		return statement{}, refused("another algorithm than RS256, or critical extensions")
	}
	s, ok := claims.statement()
	keyID, named := header.text("kid")
	if !ok || !named || keyID == "" {
		return statement{}, refused("a member is missing or of another type")
	}
	s.keyID = keyID
	return s, nil
}

// object is the members of a JSON object.
type object map[string]json.RawMessage

// readObject decodes one part of a token. A name that stands twice, also in
// another letter case, is refused: two readers could take different ones.
func readObject(part string) (object, error) {
	content, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("no JSON object")
	}
	members, seen := object{}, map[string]bool{}
	for decoder.More() {
		name, value, err := readMember(decoder)
		if err != nil {
			return nil, err
		}
		folded := strings.ToLower(strings.ToUpper(name))
		if seen[folded] {
			return nil, errors.New("a name twice")
		}
		seen[folded], members[name] = true, value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return members, nil
}

func readMember(decoder *json.Decoder) (name string, value json.RawMessage, err error) {
	token, err := decoder.Token()
	if err != nil {
		return "", nil, err
	}
	name, _ = token.(string)
	return name, value, decoder.Decode(&value)
}

// statement reads the claims that count. A claim that must be there, and every one of
// a type that Entra does not give it, makes it false.
func (o object) statement() (statement, bool) {
	var s statement
	var application, party string
	ok := o.into("iss", &s.issuer) && o.into("tid", &s.tenantID) && o["iss"] != nil && o["tid"] != nil && o["exp"] != nil &&
		o.into("sub", &s.Subject) && o.into("oid", &s.ObjectID) && o.into("roles", &s.Roles) &&
		o.into("appid", &application) && o.into("azp", &party)
	s.AppID = application
	if application == "" {
		s.AppID = party // version 2.0 calls it so
	}
	if audience, single := o.text("aud"); single {
		s.audiences = []string{audience}
		return s, ok
	}
	return s, ok && o["aud"] != nil && o.into("aud", &s.audiences)
}

// text is a member that is a string.
func (o object) text(name string) (string, bool) {
	var text string
	ok := o[name] != nil && json.Unmarshal(o[name], &text) == nil
	return text, ok
}

// into decodes a member if it is there.
func (o object) into(name string, value any) bool {
	return o[name] == nil || json.Unmarshal(o[name], value) == nil
}
