package play_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

type object = map[string]any

// endpoint is a SCIM server in memory that knows what a cycle sends, and can be
// told to be wrong in one way.
type endpoint struct {
	mu            sync.Mutex
	defect        string
	users, groups map[string]object
	next          int
	seen          []string
	url           string
	// forbids is a userName that is refused with 403.
	forbids string
}

func newEndpoint(t *testing.T, defect string) (*endpoint, string) {
	e := &endpoint{defect: defect, users: map[string]object{}, groups: map[string]object{}}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	e.url = server.URL + "/v2?aadOptscim062020"
	return e, e.url
}

func (e *endpoint) is(defect string) bool { return e.defect == defect }

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, r.Method+" "+r.RequestURI)
	if r.Header.Get("Authorization") != "Bearer good" {
		e.refuse(w, 401, "")
		return
	}
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v2/"), "/")
	store := e.users
	if kind == "Groups" {
		store = e.groups
	}
	resource, there := store[id]
	switch {
	case id == "" && r.Method == "GET":
		e.list(w, r, store)
	case id == "" && r.Method == "POST":
		e.create(w, r, kind, store)
	case !there && !(e.is("deleted users are answered") && r.Method == "GET"):
		e.refuse(w, 404, "")
	case r.Method == "GET":
		e.answer(w, 200, e.shown(resource, r.URL.Query().Get("excludedAttributes")))
	case r.Method == "PATCH":
		e.patch(w, r, resource)
	case r.Method == "PUT":
		e.put(w, r, resource)
	case r.Method == "DELETE":
		if !e.is("delete keeps the user") && !(kind == "Groups" && e.is("groups are not deleted")) {
			delete(store, id)
		}
		w.WriteHeader(map[bool]int{true: 200, false: 204}[e.is("delete answers 200")])
	}
}

var (
	equals   = regexp.MustCompile(`^(\w+) eq "(.*)"$`)
	isMember = regexp.MustCompile(`^id eq "(.*)" and members eq "(.*)"$`)
)

// matches knows the filters of a cycle; without one, everything matches.
func (e *endpoint) matches(filter string, resource object) bool {
	if of := isMember.FindStringSubmatch(filter); of != nil {
		list, _ := resource["members"].([]any)
		is := func(m any) bool { return m.(object)["value"] == of[2] }
		return resource["id"] == of[1] && (slices.ContainsFunc(list, is) || e.is("everybody is a member"))
	}
	of := equals.FindStringSubmatch(filter)
	if of == nil {
		return true
	}
	name, _ := resource[of[1]].(string)
	same := strings.EqualFold(name, of[2])
	if e.is("filter is case-sensitive") {
		same = name == of[2]
	}
	return same && !(e.is("filter hides the disabled") && resource["active"] == false)
}

func (e *endpoint) list(w http.ResponseWriter, r *http.Request, store map[string]object) {
	found := []object{}
	for _, resource := range store {
		if e.matches(r.URL.Query().Get("filter"), resource) {
			found = append(found, e.shown(resource, r.URL.Query().Get("excludedAttributes")))
		}
	}
	if len(found) == 0 && e.is("no hit is 404") {
		e.refuse(w, 404, "")
		return
	}
	list := object{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "totalResults": len(found), "Resources": found}
	switch {
	case e.is("totalResults is text"):
		list["totalResults"] = strconv.Itoa(len(found))
	case e.is("totalResults has a fraction"):
		list["totalResults"] = json.RawMessage(strconv.Itoa(len(found)) + ".0")
	case e.is("totalResults is wrong"):
		list["totalResults"] = len(found) + 1
	case e.is("list has no schema"):
		delete(list, "schemas")
	}
	e.answer(w, 200, list)
}

func (e *endpoint) create(w http.ResponseWriter, r *http.Request, kind string, store map[string]object) {
	var resource object
	_ = json.NewDecoder(r.Body).Decode(&resource)
	if e.forbids != "" && resource["userName"] == e.forbids {
		e.refuse(w, 403, "")
		return
	}
	unique := map[string]string{"Users": "userName", "Groups": "displayName"}[kind]
	for _, other := range store {
		if other[unique] == resource[unique] && !e.is("duplicates are taken") && !(kind == "Groups" && e.is("group names repeat")) {
			e.refuse(w, 409, "uniqueness")
			return
		}
	}
	if extension, _ := resource[enterprise].(object); extension["manager"] != nil && !e.is("a created manager stays text") {
		e.setManager(extension, extension["manager"])
	}
	e.next++
	id := fmt.Sprint(kind, "-", e.next)
	if resource["id"] = id; e.is("no id") {
		delete(resource, "id")
	}
	store[id] = resource
	if !e.is("no Location") {
		w.Header().Set("Location", "https://example.com/v2/"+kind+"/"+id)
	}
	status := 201
	if e.is("create answers 200") {
		status = 200
	}
	e.answer(w, status, e.shown(resource, ""))
}

func (e *endpoint) shown(resource object, excluded string) object {
	copied := object{}
	for name, value := range resource {
		if name == "members" && excluded == "members" && !e.is("excludedAttributes is ignored") {
			continue
		}
		if name != "password" || e.is("the password is told") {
			copied[name] = value
		}
	}
	switch {
	case e.is("id changes"):
		e.next++
		copied["id"] = fmt.Sprint(copied["id"], "-", e.next)
	case e.is("values are trimmed") && copied["displayName"] != nil:
		copied["displayName"] = strings.ToLower(copied["displayName"].(string))
	case e.is("no schemas"):
		delete(copied, "schemas")
	case e.is("no enterprise extension"):
		delete(copied, enterprise)
	case e.is("no e-mail addresses"):
		delete(copied, "emails")
	case e.is("another userName") && copied["userName"] != nil:
		copied["userName"] = "somebody"
	}
	return copied
}

func (e *endpoint) answer(w http.ResponseWriter, status int, body object) {
	if body == nil {
		body = object{"schemas": []string{}}
	}
	mediaType := "application/scim+json; charset=utf-8"
	if e.is("application/json") {
		mediaType = "application/json"
	}
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	if e.is("patch answers html") && status == 200 && body["meta"] != nil {
		fmt.Fprint(w, "<html>")
		return
	}
	_ = json.NewEncoder(w).Encode(body)
}

func (e *endpoint) refuse(w http.ResponseWriter, status int, scimType string) {
	body := object{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": strconv.Itoa(status),
		"scimType": scimType, "detail": "it is so",
	}
	switch {
	case e.is("error status is a number"):
		body["status"] = status
	case e.is("errors are not SCIM"):
		delete(body, "schemas")
	case e.is("no scimType"):
		delete(body, "scimType")
	}
	e.answer(w, status, body)
}
