package play_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// patch applies operations as RFC 7644 and the directories have them, and fails
// in the way of the defect.
func (e *endpoint) patch(w http.ResponseWriter, r *http.Request, resource object) {
	var body struct {
		Operations []struct {
			Op, Path string
			Value    any
		}
	}
	_ = json.NewDecoder(r.Body).Decode(&body)
	for _, o := range body.Operations {
		attributes, _ := o.Value.(object)
		switch {
		case o.Path == "" && attributes["id"] != nil && e.is("the own id is refused"):
			e.refuse(w, 400, "mutability")
			return
		case e.is("brackets must find") && !finds(resource, o.Path):
			e.refuse(w, 400, "noTarget")
			return
		case o.Path != "":
			e.apply(resource, strings.ToLower(o.Op), o.Path, o.Value)
		default:
			for name, value := range attributes {
				e.apply(resource, strings.ToLower(o.Op), name, value)
			}
		}
	}
	if e.is("patch fails") {
		e.refuse(w, 500, "")
		return
	}
	if e.next%2 == 0 && !e.is("patch answers html") {
		w.WriteHeader(204)
		return
	}
	e.answer(w, 200, e.shown(resource, ""))
}

var inBrackets = regexp.MustCompile(`^(\w+)\[(\w+) eq "(.*)"\]\.?(\w*)$`)

// finds tells whether a path without brackets, or an entry for its brackets, is
// there.
func finds(resource object, path string) bool {
	brackets := inBrackets.FindStringSubmatch(path)
	if brackets == nil {
		return true
	}
	entries, _ := resource[brackets[1]].([]any)
	return slices.ContainsFunc(entries, func(v any) bool { return v.(object)[brackets[2]] == brackets[3] })
}

// apply changes one attribute.
func (e *endpoint) apply(resource object, op, path string, value any) {
	extension, _ := resource[enterprise].(object)
	attribute, extended := strings.CutPrefix(path, enterprise+":")
	brackets := inBrackets.FindStringSubmatch(path)
	dotted, sub, isDotted := strings.Cut(path, ".")
	switch {
	case brackets != nil && brackets[1] == "members":
		e.changeMembers(resource, op, []any{object{"value": brackets[3]}})
	case path == "members":
		list, _ := value.([]any)
		e.changeMembers(resource, op, list)
	case e.is("patch changes nothing"):
	case path == "id":
	case brackets != nil:
		e.changeEntry(resource, brackets[1], brackets[2], brackets[3], brackets[4], value)
	case attribute == "manager":
		e.setManager(extension, value)
	case extended:
		extension[attribute] = value
	case isDotted && !e.is("dotted names are kept"):
		resource[dotted].(object)[sub] = value
		if e.is("dotted names are kept as well") {
			resource[path] = value
		}
	case path == "active" && !e.is("active stays text"):
		resource["active"] = value == "True" || value == true
	case path == "userName" && e.is("old name stays"):
		e.users["old"] = object{"id": "old", "userName": resource["userName"]}
		resource[path] = value
	case path == "displayName" && resource["userName"] == nil && e.is("groups keep their name"):
	case value == "" && e.is("clearing is ignored"):
	case path == "roles":
		e.changeRoles(resource, op, value.([]any))
	default:
		resource[path] = value
	}
}

func (e *endpoint) setManager(extension object, value any) {
	if list, ok := value.([]any); ok && !e.is("a manager in a list is lost") {
		value = list[0]
	}
	if entry, ok := value.(object); ok {
		value = entry["value"]
	}
	switch {
	case value == "" && !e.is("managers stay"):
		delete(extension, "manager")
	case value == "":
	case e.is("manager is text"):
		extension["manager"] = value
	default:
		extension["manager"] = object{"value": value}
	}
}

// changeEntry changes a part of the value of a list that brackets select.
func (e *endpoint) changeEntry(resource object, list, by, wanted, part string, value any) {
	entries, _ := resource[list].([]any)
	at := slices.IndexFunc(entries, func(v any) bool {
		have := v.(object)[by]
		return have == wanted || have == true && wanted == "True"
	})
	if at < 0 || e.is("each operation makes an entry") {
		entry := object{by: wanted}
		if wanted == "True" && !e.is("primary stays text") {
			entry[by] = true
		}
		entries, at = append(entries, entry), len(entries)
	}
	part = strings.ToLower(part[:1]) + part[1:]
	if value == "" {
		delete(entries[at].(object), part)
	} else if entries[at].(object)[part] = value; part == "locality" && e.is("a part of the address is lost") {
		delete(entries[at].(object), part)
	}
	resource[list] = entries
}

func (e *endpoint) changeRoles(resource object, op string, value []any) {
	have, _ := resource["roles"].([]any)
	switch {
	case op == "replace" && !e.is("roles are never replaced"), e.is("roles are always replaced"):
		have = value
	case op == "add" || e.is("roles are never replaced"):
		for _, r := range value {
			if !slices.ContainsFunc(have, func(v any) bool { return v.(object)["value"] == r.(object)["value"] }) {
				have = append(have, r)
			}
		}
	}
	resource["roles"] = have
}

func (e *endpoint) changeMembers(resource object, op string, value []any) {
	list, _ := resource["members"].([]any)
	switch {
	case op == "remove" && (len(value) == 0 || e.is("remove with a value empties the group")):
		if list = nil; e.is("nobody is removed without a value") {
			return
		}
	case op == "replace" && (len(value) > 0 || !e.is("members are never emptied")):
		list = nil
	}
	for _, m := range value {
		same := func(other any) bool { return other.(object)["value"] == m.(object)["value"] }
		switch {
		case op == "remove":
			list = slices.DeleteFunc(slices.Clone(list), same)
		case e.is("members are lost") && len(list) > 3:
		case !slices.ContainsFunc(list, same) || e.is("members are doubled"):
			list = append(list, m)
		}
	}
	resource["members"] = list
}

// put replaces a resource but for its id; a password is taken and not kept.
func (e *endpoint) put(w http.ResponseWriter, r *http.Request, resource object) {
	var body object
	_ = json.NewDecoder(r.Body).Decode(&body)
	switch {
	case e.is("there is no PUT"):
		e.refuse(w, 501, "")
		return
	case !e.is("put changes nothing"):
		for name := range resource {
			if name != "id" {
				delete(resource, name)
			}
		}
		for name, value := range body {
			if name != "id" {
				resource[name] = value
			}
		}
	}
	shown := e.shown(resource, "")
	if e.is("put answers before it acts") {
		delete(resource, "title")
	}
	e.answer(w, 200, shown)
}
