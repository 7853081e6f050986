package play

import (
	"net/url"
)

// The schemas that Entra names.
const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	adscimSchema     = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
	patchSchema      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	listSchema       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	errorSchema      = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// object is a JSON object.
type object = map[string]any

// matchUser asks for a user as every step of a cycle begins: blanks as "+",
// the value escaped, the quotes bare.
func matchUser(userName string) request {
	return request{method: "GET", path: "/Users", query: `filter=userName+eq+"` + url.QueryEscape(userName) + `"`}
}

// matchGroup asks for a group; its members are never wanted.
func matchGroup(displayName string) request {
	return request{method: "GET", path: "/Groups", query: `excludedAttributes=members&filter=displayName+eq+"` + url.QueryEscape(displayName) + `"`}
}

func readUser(id string) request { return request{method: "GET", path: "/Users/" + url.PathEscape(id)} }

func readGroup(id, query string) request {
	return request{method: "GET", path: "/Groups/" + url.PathEscape(id), query: query}
}

func deleteUser(id string) request {
	return request{method: "DELETE", path: "/Users/" + url.PathEscape(id)}
}

// createUser is the POST of a user. Entra names the enterprise extension and
// sends roles and meta along; where a user has nulls, it sends those, too.
func createUser(p *Person) request {
	body := object{
		"schemas":     []string{userSchema, enterpriseSchema},
		"externalId":  p.ExternalID,
		"userName":    p.UserName,
		"active":      true,
		"displayName": p.DisplayName,
		"title":       p.Title,
		"emails":      []object{{"primary": true, "type": "work", "value": p.UserName}},
		"name": object{
			"formatted": p.GivenName + " " + p.FamilyName, "familyName": p.FamilyName, "givenName": p.GivenName,
		},
		"roles":          []object{},
		"meta":           object{"resourceType": "User"},
		enterpriseSchema: object{"employeeNumber": p.EmployeeNumber, "department": p.Department},
	}
	if p.nulls {
		body["addresses"], body["phoneNumbers"], body["preferredLanguage"] = nil, nil, nil
	}
	return request{method: "POST", path: "/Users", body: body}
}

// createGroup is the POST of a group, without members.
func createGroup(t *team) request {
	return request{method: "POST", path: "/Groups", body: object{
		"schemas":     []string{groupSchema, adscimSchema},
		"externalId":  t.externalID,
		"displayName": t.displayName,
		"meta":        object{"resourceType": "Group"},
	}}
}

// operation is one element of a PATCH.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// member is how Entra names a group's member: the reference is always null.
type member struct {
	Ref   *string `json:"$ref"`
	Value string  `json:"value"`
}

func patch(path string, operations ...operation) request {
	return request{method: "PATCH", path: path, body: struct {
		Schemas    []string    `json:"schemas"`
		Operations []operation `json:"Operations"`
	}{[]string{patchSchema}, operations}}
}

func patchUser(id string, operations ...operation) request {
	return patch("/Users/"+url.PathEscape(id), operations...)
}

// setActive sends the boolean as text, as the default dialect does.
func setActive(id string, active bool) request {
	value := "False"
	if active {
		value = "True"
	}
	return patchUser(id, operation{"Replace", "active", value})
}

func setManager(id, manager string) request {
	return patchUser(id, operation{"Add", enterpriseSchema + ":manager", manager})
}

// changeMembers is one operation, Add or Remove, over many members.
func changeMembers(group, op string, ids []string) request {
	value := make([]member, len(ids))
	for i, id := range ids {
		value[i] = member{Value: id}
	}
	return patch("/Groups/"+url.PathEscape(group), operation{op, "members", value})
}
