package scimapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/scim"
)

// atOnce sends n requests side by side and counts the answers by status.
func atOnce(n int, request func(i int) int) map[int]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	statuses := map[int]int{}
	for i := range n {
		all.Go(func() {
			status := request(i)
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	all.Wait()
	return statuses
}

func TestOneOfManyCreatesWins(t *testing.T) {
	w := newWorld(t)
	got := atOnce(20, func(int) int {
		return send(w, w.token, "POST", "/scim/acme/v2/Users", annBody).Code
	})
	if diff := cmp.Diff(map[int]int{201: 1, 409: 19}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestTheCapHoldsInParallel(t *testing.T) {
	w := newWorld(t)
	token := w.tenant(t, directory.Tenant{ID: "small", Name: "Small", Country: "US", Domains: []string{"*"}}, 5)
	got := atOnce(20, func(i int) int {
		return send(w, token, "POST", "/scim/small/v2/Users", fmt.Sprintf(`{"userName":"user%d"}`, i)).Code
	})
	if diff := cmp.Diff(map[int]int{201: 5, 403: 15}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestChangesInParallelLoseNothing(t *testing.T) {
	w := newWorld(t)
	path := w.ann(t)
	group := w.do("POST", "/scim/acme/v2/Groups", `{"displayName":"Everyone"}`)
	everyone := strings.TrimPrefix(group.Header().Get("Location"), "https://scim.example.com")
	attributes := []string{"title", "nickName", "displayName", "locale", "timezone", "userType"}
	got := atOnce(len(attributes), func(i int) int {
		body := fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"add","path":%q,"value":"x"}]}`, scim.PatchOpURN, attributes[i])
		return send(w, w.token, "PATCH", path, body).Code
	})
	if diff := cmp.Diff(map[int]int{200: len(attributes)}, got); diff != "" {
		t.Errorf("answers to changes of a user (-want +got):\n%s", diff)
	}
	var user map[string]any
	if err := json.Unmarshal(w.do("GET", path, "").Body.Bytes(), &user); err != nil {
		t.Fatal(err)
	}
	for _, a := range attributes {
		if user[a] != "x" {
			t.Errorf("%s is lost: %v", a, user[a])
		}
	}
	got = atOnce(10, func(i int) int {
		created := send(w, w.token, "POST", "/scim/acme/v2/Users", fmt.Sprintf(`{"userName":"member%d"}`, i))
		location := created.Header().Get("Location")
		body := fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"add","path":"members","value":[{"value":%q}]}]}`, scim.PatchOpURN, location[len(location)-36:])
		return send(w, w.token, "PATCH", everyone, body).Code
	})
	if diff := cmp.Diff(map[int]int{204: 10}, got); diff != "" {
		t.Errorf("answers to changes of a group (-want +got):\n%s", diff)
	}
	if n := strings.Count(w.do("GET", everyone, "").Body.String(), `"type":"User"`); n != 10 {
		t.Errorf("%d members, want 10", n)
	}
}

// What a leaver's deactivation leaves behind in the store: the leave, and a
// history that names attributes and no values.
func TestHistory(t *testing.T) {
	w := newWorld(t)
	path := w.ann(t)
	patch := func(path, value string) {
		t.Helper()
		body := fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"replace","path":%q,"value":%q}]}`, scim.PatchOpURN, path[strings.LastIndexByte(path, ' ')+1:], value)
		if answer := w.do("PATCH", strings.Fields(path)[0], body); answer.Code != http.StatusOK {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
	}
	patch(path+" title", "CEO")
	patch(path+" active", "False")
	if len(w.leaves) != 1 {
		t.Fatalf("%d leaves were announced", len(w.leaves))
	}
	leave, err := w.Leave(t.Context(), "acme", w.leaves[0])
	if err != nil || leave.State != directory.Pending || leave.Leaver.UserName != "ann@acme.com" || !leave.Due.Equal(w.now()) {
		t.Errorf("the leave is %+v, %v", leave, err)
	}
	patch(path+" active", "True")
	w.do("DELETE", path, "")
	activities, err := w.Activities(t.Context(), "acme", directory.ActivityQuery{Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range activities.Lines {
		if a.Actor == "" || a.Target.String() != path[len(path)-36:] {
			t.Errorf("activity %+v", a)
		}
		got = append(got, strings.TrimSpace(string(a.Kind)+" "+a.Detail))
	}
	want := []string{"user.deleted", "user.reactivated active", "user.disabled active", "user.changed title", "user.created"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("history, newest first (-want +got):\n%s", diff)
	}
}

// group creates a group and returns its path.
func (w *world) group(t *testing.T, name string, members ...string) string {
	t.Helper()
	list := make([]map[string]string, len(members))
	for i, m := range members {
		list[i] = map[string]string{"value": m[len(m)-36:]}
	}
	body, err := json.Marshal(map[string]any{"displayName": name, "members": list})
	if err != nil {
		t.Fatal(err)
	}
	answer := w.do("POST", "/scim/acme/v2/Groups", string(body))
	if answer.Code != http.StatusCreated {
		t.Fatalf("create group: %d %s", answer.Code, answer.Body)
	}
	return strings.TrimPrefix(answer.Header().Get("Location"), "https://scim.example.com")
}

func TestDeletedMembersLeaveTheirGroups(t *testing.T) {
	w := newWorld(t)
	ann := w.ann(t)
	inner := w.group(t, "Inner", ann)
	outer := w.group(t, "Outer", ann, inner)
	for _, deleted := range []string{ann, inner} {
		if answer := w.do("DELETE", deleted, ""); answer.Code != http.StatusNoContent {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		if body := w.do("GET", outer, "").Body.String(); strings.Contains(body, deleted[len(deleted)-36:]) {
			t.Errorf("%s was deleted and is still a member: %s", deleted, body)
		}
	}
}

func TestPutOfTheSameGroup(t *testing.T) {
	w := newWorld(t)
	ann := w.ann(t)
	sales := w.group(t, "Sales", ann)
	body := `{"displayName":"Sales","members":[{"value":"` + ann[len(ann)-36:] + `"}]}`
	if answer := w.do("PUT", sales, body); answer.Code != http.StatusOK || answer.Header().Get("ETag") != `W/"1"` {
		t.Errorf("%d, ETag %s: %s", answer.Code, answer.Header().Get("ETag"), answer.Body)
	}
}

func TestNamesOfGroupsAreUnique(t *testing.T) {
	w := newWorld(t)
	w.group(t, "Sales")
	support := w.group(t, "Support")
	rename := fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"replace","path":"displayName","value":"SALES"}]}`, scim.PatchOpURN)
	if answer := w.do("PATCH", support, rename); answer.Code != http.StatusConflict {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

func TestAThousandMembersInOneOperation(t *testing.T) {
	w := newWorld(t)
	list := make([]string, 1000)
	for i := range list {
		location := send(w, w.token, "POST", "/scim/acme/v2/Users?attributes=id", fmt.Sprintf(`{"userName":"user%d"}`, i)).Header().Get("Location")
		list[i] = `{"value":"` + location[len(location)-36:] + `"}`
	}
	everyone := w.group(t, "Everyone")
	for _, op := range []string{"add", "remove"} {
		body := fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":%q,"path":"members","value":[%s]}]}`, scim.PatchOpURN, op, strings.Join(list, ","))
		if answer := w.do("PATCH", everyone, body); answer.Code != http.StatusNoContent {
			t.Fatalf("%s: %d %s", op, answer.Code, answer.Body)
		}
		want := map[string]int{"add": 1000, "remove": 0}[op]
		if got := strings.Count(w.do("GET", everyone, "").Body.String(), `"type":"User"`); got != want {
			t.Errorf("after %s: %d members, want %d", op, got, want)
		}
	}
}
