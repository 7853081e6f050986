package scim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

var bulkLimits = scim.BulkLimits{MaxOperations: 1000, MaxPayloadSize: 1 << 20}

func bulkBody(operations ...string) string {
	return `{"schemas":["` + scim.BulkRequestURN + `"],"failOnErrors":2,"Operations":[` + strings.Join(operations, ",") + `]}`
}

func post(bulkID, endpoint, data string) string {
	return fmt.Sprintf(`{"method":"POST","path":"%s","bulkId":"%s","data":%s}`, endpoint, bulkID, data)
}

func parseBulk(t testing.TB, body string) *scim.Bulk {
	t.Helper()
	b, err := scim.ParseBulk([]byte(body), bulkLimits)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return b
}

// A bulk request as RFC 7644 §3.7.3 describes them: one of each method.
func TestParseBulk(t *testing.T) {
	b := parseBulk(t, bulkBody(
		post("new", "/Users", `{"userName":"Cleo"}`),
		`{"method":"PUT","path":"/Users/7b11","version":"W/\"3\"","data":{"userName":"Dora"}}`,
		`{"method":"PATCH","path":"/Groups/5e22","version":"W/\"9\"","bulkId":"p","data":{"Operations":[]}}`,
		`{"method":"DELETE","path":"/Users/c1aa","version":"W/\"0\""}`,
	))
	var got []string
	for _, o := range b.Operations {
		got = append(got, fmt.Sprintf("%s %s %s bulkId=%s version=%s %s %v", o.Method, o.Endpoint, o.ID, o.BulkID, o.Version, o.Data.Append(nil), o.Fault))
	}
	want := []string{
		`POST /Users  bulkId=new version= {"userName":"Cleo"} <nil>`,
		`PUT /Users 7b11 bulkId= version=W/"3" {"userName":"Dora"} <nil>`,
		`PATCH /Groups 5e22 bulkId=p version=W/"9" {"Operations":[]} <nil>`,
		`DELETE /Users c1aa bulkId= version=W/"0" null <nil>`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b.Enough(1) || !b.Enough(2) {
		t.Errorf("failOnErrors 2: enough after 1: %t, after 2: %t", b.Enough(1), b.Enough(2))
	}
	endless := parseBulk(t, strings.Replace(bulkBody(post("a", "/Users", "{}")), `"failOnErrors":2,`, "", 1))
	if endless.Enough(1000) {
		t.Error("without failOnErrors, failures end the request")
	}
}

func TestParseBulkRefused(t *testing.T) {
	one := post("a", "/Users", "{}")
	for _, c := range []struct {
		name, body string
		code       fault.Code
		words      string
	}{
		{"no JSON", `{"Operations"`, fault.InvalidSyntax, "a colon is expected"},
		{"an array", `[]`, fault.InvalidSyntax, "must be a JSON object"},
		{"another message", strings.Replace(bulkBody(one), "BulkRequest", "PatchOp", 1), fault.InvalidSyntax, scim.BulkRequestURN},
		{"no operations", `{"schemas":["` + scim.BulkRequestURN + `"]}`, fault.InvalidSyntax, "needs Operations"},
		{"an empty list", bulkBody(), fault.InvalidSyntax, "needs Operations"},
		{"failOnErrors is text", strings.Replace(bulkBody(one), `:2,`, `:"2",`, 1), fault.InvalidValue, "failOnErrors must be a whole number"},
		{"failOnErrors is 0", strings.Replace(bulkBody(one), `:2,`, `:0,`, 1), fault.InvalidValue, "failOnErrors must be a whole number"},
		{"too many operations", bulkBody(one, one, one), fault.TooLarge, "has 3 operations, more than maxOperations, which is 2"},
		{"too many bytes", bulkBody(one) + strings.Repeat(" ", 600), fault.TooLarge, "bytes, more than maxPayloadSize, which is 600"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := scim.ParseBulk([]byte(c.body), scim.BulkLimits{MaxOperations: 2, MaxPayloadSize: 600})
			if f := fault.Of(err); f == nil || f.Code != c.code || !strings.Contains(f.Message, c.words) {
				t.Errorf("got %v, want %s with %q", err, c.code, c.words)
			}
		})
	}
}

func TestBulkOperationAtFault(t *testing.T) {
	for _, c := range []struct {
		name, operation string
		code            fault.Code
		words           string
	}{
		{"no object", `7`, fault.InvalidSyntax, "must be an object with method and path, not a number"},
		{"no method", `{"path":"/Users"}`, fault.InvalidSyntax, "method must be POST, PUT, PATCH or DELETE"},
		{"a GET", `{"method":"GET","path":"/Users/1"}`, fault.InvalidSyntax, "method must be POST, PUT, PATCH or DELETE"},
		{"no path", `{"method":"DELETE"}`, fault.InvalidPath, "path must be that of a resource"},
		{"a full URL", `{"method":"DELETE","path":"https://h/v2/Users/1"}`, fault.InvalidPath, "path must be that of a resource"},
		{"a query", `{"method":"DELETE","path":"/Users/1?x"}`, fault.InvalidPath, "path must be that of a resource"},
		{"too deep", `{"method":"DELETE","path":"/Users/1/2"}`, fault.InvalidPath, "path must be that of a resource"},
		{"a POST to a resource", `{"method":"POST","path":"/Users/1","bulkId":"x","data":{}}`, fault.InvalidPath, "without an id"},
		{"a DELETE of all", `{"method":"DELETE","path":"/Users"}`, fault.InvalidPath, "the path of a DELETE ends in the id"},
		{"a POST without bulkId", `{"method":"POST","path":"/Users","data":{}}`, fault.InvalidValue, "a POST needs a bulkId"},
		{"a PUT without data", `{"method":"PUT","path":"/Users/1"}`, fault.InvalidSyntax, "a PUT needs data, an object, but the operation has null"},
		{"a bulkId twice", post("first", "/Users", "{}"), fault.InvalidValue, "an earlier operation has the same bulkId"},
		{"a reference to nothing", `{"method":"DELETE","path":"/Users/bulkId:nobody"}`, fault.InvalidValue, "bulkId:nobody, but no POST of the request has it"},
		{"a reference to a failure", `{"method":"DELETE","path":"/Users/bulkId:first"}`, fault.Conflict, "bulkId:first, and that operation failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := parseBulk(t, bulkBody(post("first", "/Users", `{}`), c.operation, `{"method":"DELETE","path":"/Users/2"}`))
			nothing := func(string) (string, bool) { return "", false }
			_, f := b.Resolve(scim.BulkStep{Operation: 1}, nothing)
			if f == nil || f.Code != c.code || !strings.Contains(f.Message, c.words) {
				t.Errorf("got %v, want %s with %q", f, c.code, c.words)
			}
			for _, other := range []int{0, 2} {
				if _, f := b.Resolve(scim.BulkStep{Operation: other}, nothing); f != nil {
					t.Errorf("operation %d failed, too: %v", other, f)
				}
			}
		})
	}
}

// perform does all steps as a service would, with ids in the order of creation.
func perform(b *scim.Bulk, failing ...string) []string {
	ids := map[string]string{}
	var did []string
	for _, step := range b.Order() {
		o, f := b.Resolve(step, func(bulkID string) (string, bool) { id, ok := ids[bulkID]; return id, ok })
		switch {
		case f != nil:
			did = append(did, fmt.Sprintf("%d: %s", step.Operation, f.Code))
			continue
		case o.Method == "POST" && !slices.Contains(failing, o.BulkID):
			ids[o.BulkID] = fmt.Sprintf("id-%d", len(ids)+1)
		}
		did = append(did, strings.TrimSpace(fmt.Sprintf("%s %s/%s %s", o.Method, o.Endpoint, o.ID, o.Data.Append(nil))))
	}
	return did
}

func TestBulkReferences(t *testing.T) {
	const enterprise = `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	for _, c := range []struct {
		name       string
		operations []string
		failing    []string
		want       []string
	}{
		{"a group of a user who comes before", []string{
			post("u", "/Users", `{"userName":"cleo"}`),
			post("g", "/Groups", `{"displayName":"Guides","members":[{"type":"User","value":"bulkId:u"}]}`),
		}, nil, []string{
			`POST /Users/ {"userName":"cleo"}`,
			`POST /Groups/ {"displayName":"Guides","members":[{"type":"User","value":"id-1"}]}`,
		}},
		{"a group of users who come after", []string{
			post("g", "/Groups", `{"members":[{"value":"bulkId:v","$ref":"https://h/v2/Users/bulkId:v"},{"value":"known"},{"value":"bulkId:u"}]}`),
			`{"method":"DELETE","path":"/Users/9"}`,
			post("u", "/Users", `{"userName":"u"}`), post("v", "/Users", `{"userName":"v"}`),
		}, nil, []string{
			`POST /Users/ {"userName":"v"}`, `POST /Users/ {"userName":"u"}`,
			`POST /Groups/ {"members":[{"value":"id-1","$ref":"https://h/v2/Users/id-1"},{"value":"known"},{"value":"id-2"}]}`,
			`DELETE /Users/9 null`,
		}},
		{"a manager in the extension, as object and as text", []string{
			post("a", "/Users", `{`+enterprise+`:{"manager":{"value":"bulkId:c"},"department":"Tours"}}`),
			post("b", "/Users", `{`+enterprise+`:{"manager":"bulkId:a"}}`), post("c", "/Users", `{}`),
		}, nil, []string{
			`POST /Users/ {}`, `POST /Users/ {` + enterprise + `:{"manager":{"value":"id-1"},"department":"Tours"}}`,
			`POST /Users/ {` + enterprise + `:{"manager":"id-2"}}`,
		}},
		{"paths: of the operation, and in brackets", []string{
			post("g", "/Groups", `{}`),
			`{"method":"PATCH","path":"/Groups/bulkId:g","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:u\" or value eq \"7\"]"},{"op":"add","path":"members","value":[{"value":"bulkId:u"}]}]}}`,
			post("u", "/Users", `{}`),
		}, nil, []string{
			`POST /Groups/ {}`, `POST /Users/ {}`,
			`PATCH /Groups/id-1 {"Operations":[{"op":"remove","path":"members[value eq \"id-2\" or value eq \"7\"]"},{"op":"add","path":"members","value":[{"value":"id-2"}]}]}`,
		}},
		{"two groups in each other", []string{
			post("a", "/Groups", `{"displayName":"A","members":[{"type":"Group","value":"bulkId:b"}]}`),
			post("b", "/Groups", `{"displayName":"B","members":[{"value":"known"},{"type":"Group","value":"bulkId:a"}]}`),
		}, nil, []string{
			`POST /Groups/ {"displayName":"B","members":[{"value":"known"}]}`,
			`POST /Groups/ {"displayName":"A","members":[{"type":"Group","value":"id-1"}]}`,
			`PUT /Groups/id-1 {"displayName":"B","members":[{"value":"known"},{"type":"Group","value":"id-2"}]}`,
		}},
		{"a user who is the own manager is whole before anything else happens to it", []string{
			`{"method":"PATCH","path":"/Users/bulkId:u","data":{"Operations":[]}}`,
			post("u", "/Users", `{"userName":"u",`+enterprise+`:{"manager":{"value":"bulkId:u"}}}`),
		}, nil, []string{
			`POST /Users/ {"userName":"u",` + enterprise + `:{}}`,
			`PUT /Users/id-1 {"userName":"u",` + enterprise + `:{"manager":{"value":"id-1"}}}`,
			`PATCH /Users/id-1 {"Operations":[]}`,
		}},
		{"one of a circle fails", []string{
			post("a", "/Groups", `{"members":[{"value":"bulkId:b"}]}`), post("b", "/Groups", `{"members":[{"value":"bulkId:a"}]}`),
		}, []string{"b"}, []string{`POST /Groups/ {"members":[]}`, `0: conflict`, `1: conflict`}},
		{"text that only looks like a reference", []string{
			post("u", "/Users", `{"displayName":"see bulkId:u","nickName":"a/bulkId:u","name":{"path":"bulkId"}}`),
		}, nil, []string{`POST /Users/ {"displayName":"see bulkId:u","nickName":"a/bulkId:u","name":{"path":"bulkId"}}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, perform(parseBulk(t, bulkBody(c.operations...)), c.failing...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever refers to whatever, every operation is done once, all references end
// as ids, and the order as sent is kept where nothing refers.
func TestBulkOrderHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "operations")
		var operations []string
		refers := false
		for i := range n {
			var members []string
			for _, to := range rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 3).Draw(t, fmt.Sprint("references of ", i)) {
				members, refers = append(members, fmt.Sprintf(`{"value":"bulkId:%d"}`, to)), true
			}
			operations = append(operations, post(fmt.Sprint(i), "/Groups", `{"members":[`+strings.Join(members, ",")+`]}`))
		}
		b, err := scim.ParseBulk([]byte(bulkBody(operations...)), bulkLimits)
		if err != nil {
			t.Fatal(err)
		}
		whole := map[int]int{}
		for i, step := range b.Order() {
			if step.Part != scim.BulkStart {
				whole[step.Operation]++
			}
			if !refers && step != (scim.BulkStep{Operation: i}) {
				t.Fatalf("step %d is %+v although nothing refers", i, step)
			}
		}
		for i := range n {
			if whole[i] != 1 {
				t.Fatalf("operation %d is completed %d times", i, whole[i])
			}
		}
		for _, did := range perform(b) {
			if strings.Contains(did, "conflict") || strings.Contains(did, "bulkId:") {
				t.Fatalf("a reference is left: %s", did)
			}
		}
	})
}

// A bulk request that is a chain of references as long as it may be, back to
// front, is put in order in time.
func TestBulkLongChain(t *testing.T) {
	var operations []string
	for i := range bulkLimits.MaxOperations {
		operations = append(operations, post(fmt.Sprint(i), "/Users", fmt.Sprintf(`{"manager":"bulkId:%d"}`, (i+1)%bulkLimits.MaxOperations)))
	}
	if did := perform(parseBulk(t, bulkBody(operations...))); len(did) != bulkLimits.MaxOperations+1 {
		t.Errorf("%d steps, wanted one more than operations", len(did))
	}
}

func TestAppendBulkResponse(t *testing.T) {
	got := string(scim.AppendBulkResponse(nil, []scim.BulkResult{
		{Method: "POST", BulkID: "q", Location: "https://h/v2/Users/9", Version: `W/"1"`, Status: 201, Response: []byte(`{"id":"9"}`)},
		{Method: "POST", BulkID: "r", Fault: fault.New(fault.Uniqueness, "userName is taken")},
		{Method: "DELETE", Location: "https://h/v2/Users/8", Status: 204},
	}))
	want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[` +
		`{"method":"POST","bulkId":"q","version":"W/\"1\"","location":"https://h/v2/Users/9","status":"201","response":{"id":"9"}},` +
		`{"method":"POST","bulkId":"r","status":"409","response":{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"userName is taken"}},` +
		`{"method":"DELETE","location":"https://h/v2/Users/8","status":"204"}]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever arrives, every operation comes to an end.
func FuzzBulk(f *testing.F) {
	f.Add([]byte(bulkBody(post("a", "/Users", `{"manager":"bulkId:b","members":[{"$ref":"/x/bulkId:a"}]}`), post("b", "/Users", `{"value":"bulkId:a"}`))))
	f.Add([]byte(bulkBody(`{"method":"PATCH","path":"/Users/bulkId:x","data":{"path":"a[b eq \"bulkId:x\"]"}}`, `null`)))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := scim.ParseBulk(body, bulkLimits)
		if err != nil {
			clientsFault(t, err)
			return
		}
		if steps := perform(b); len(steps) < len(b.Operations) {
			t.Fatalf("%d steps for %d operations", len(steps), len(b.Operations))
		}
	})
}
