package play

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// check tells in words what is wrong with an answer; "" when nothing is. The
// words follow "GET /Users/1 answered".
type check func(a answer) string

// anyStatus wants one of the statuses. Of a refusal it quotes the detail.
func anyStatus(wanted ...int) check {
	return func(a answer) string {
		if slices.Contains(wanted, a.status) {
			return ""
		}
		words := make([]string, len(wanted))
		for i, w := range wanted {
			words[i] = strconv.Itoa(w)
		}
		text := fmt.Sprintf("%d, wanted %s", a.status, strings.Join(words, " or "))
		if detail, ok := a.body["detail"].(string); ok {
			text += "; its detail says: " + detail
		}
		return text
	}
}

// scimJSON wants a SCIM body: Entra reports any other Content-Type as
// UnsupportedMediaType.
func scimJSON(a answer) string {
	switch {
	case a.mediaType() != "application/scim+json":
		return fmt.Sprintf("with Content-Type %q, wanted application/scim+json", a.header.Get("Content-Type"))
	case a.body == nil:
		return "with a body that is no JSON object"
	}
	return ""
}

// hasSchema wants the URN among the body's schemas (RFC 7643 §3); letter case
// does not matter.
func hasSchema(urn string) check {
	return func(a answer) string {
		list, _ := a.body["schemas"].([]any)
		for _, s := range list {
			if text, ok := s.(string); ok && strings.EqualFold(text, urn) {
				return ""
			}
		}
		return "without " + urn + " in schemas"
	}
}

// hasID wants the id; with "" any non-empty text will do.
func hasID(wanted string) check {
	return func(a answer) string {
		id, ok := a.body["id"].(string)
		switch {
		case !ok || id == "":
			return "without an id"
		case wanted != "" && id != wanted:
			return fmt.Sprintf("with id %q, wanted %q", id, wanted)
		}
		return ""
	}
}

// located wants a Location that names the new resource (RFC 7644 §3.3).
func located(a answer) string {
	id, _ := a.body["id"].(string)
	if location := a.header.Get("Location"); id != "" && !strings.HasSuffix(location, "/"+id) {
		return fmt.Sprintf("with Location %q, wanted the address of the new resource", location)
	}
	return ""
}

// text wants a value at a path of attribute names. userName is compared
// without letter case, which is not its meaning (RFC 7643 §4.1.1).
func text(wanted string, path ...string) check {
	return func(a answer) string {
		name := strings.Join(path, ".")
		got, ok := at(a.body, path...).(string)
		switch {
		case !ok:
			return fmt.Sprintf("%s %s, wanted %q", name, kind(at(a.body, path...)), wanted)
		case got == wanted, name == "userName" && strings.EqualFold(got, wanted):
			return ""
		}
		return fmt.Sprintf("%s %q, wanted %q", name, got, wanted)
	}
}

// isActive wants a JSON boolean: text would stop Entra's provisioning.
func isActive(wanted bool) check {
	return func(a answer) string {
		if got, ok := a.body["active"].(bool); !ok || got != wanted {
			return fmt.Sprintf("active %s, wanted the boolean %t", kind(a.body["active"]), wanted)
		}
		return ""
	}
}

// hasWorkEmail wants the address in the entry of type work.
func hasWorkEmail(address string) check {
	return func(a answer) string {
		list, _ := a.body["emails"].([]any)
		for _, e := range list {
			if entry, ok := e.(object); ok && entry["type"] == "work" && entry["value"] == address {
				return ""
			}
		}
		return fmt.Sprintf("emails without the work address %q", address)
	}
}

// ifBody applies checks to a PATCH's answer where it has a body: 204 has none.
func ifBody(checks ...check) check {
	return func(a answer) string {
		if a.status == http.StatusNoContent {
			return ""
		}
		return firstWrong(a, append([]check{scimJSON}, checks...))
	}
}

// scimError wants an error in SCIM's form (RFC 7644 §3.12): the status is text.
func scimError(status int) check {
	return func(a answer) string {
		if wrong := firstWrong(a, []check{scimJSON, hasSchema(errorSchema)}); wrong != "" {
			return wrong
		}
		if a.body["status"] != strconv.Itoa(status) {
			return fmt.Sprintf("status %s in the body, wanted the text %q", kind(a.body["status"]), strconv.Itoa(status))
		}
		return ""
	}
}

func firstWrong(a answer, checks []check) string {
	for _, c := range checks {
		if wrong := c(a); wrong != "" {
			return wrong
		}
	}
	return ""
}

// at follows a path of names; names of attributes match in any letter case
// (RFC 7643 §2.1) only where the spelling is not there.
func at(value any, path ...string) any {
	for _, name := range path {
		o, _ := value.(object)
		found, there := o[name]
		if !there {
			for k, v := range o {
				if strings.EqualFold(k, name) {
					found = v
				}
			}
		}
		value = found
	}
	return value
}

// kind shows a JSON value in words: what it is and, if short, what it says.
func kind(value any) string {
	switch v := value.(type) {
	case nil:
		return "missing"
	case string:
		return fmt.Sprintf("as text %q", v)
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case []any:
		return "as an array"
	}
	return "as an object"
}
