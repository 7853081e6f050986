package play

import (
	"fmt"
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

// matchMember asks whether somebody is in a group: a list compared with an id
// (1.2 row 3).
func matchMember(group, user string) request {
	return request{method: "GET", path: "/Groups", query: fmt.Sprintf(`filter=id+eq+"%s"+and+members+eq+"%s"&attributes=id`,
		url.QueryEscape(group), url.QueryEscape(user))}
}

func userPath(id string) string { return "/Users/" + url.PathEscape(id) }

func groupPath(id string) string { return "/Groups/" + url.PathEscape(id) }

func readUser(id string) request { return request{method: "GET", path: userPath(id)} }

func readGroup(id, query string) request {
	return request{method: "GET", path: groupPath(id), query: query}
}

func deleteUser(id string) request { return request{method: "DELETE", path: userPath(id)} }

func deleteGroup(id string) request { return request{method: "DELETE", path: groupPath(id)} }

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
	if p.hiredUnder != "" {
		body[enterpriseSchema].(object)["manager"] = p.hiredUnder // 1.1 row 24
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

// member is how Entra names a group's member: the reference is always null
// (1.2 rows 7 and 9).
type member struct {
	Ref   *string `json:"$ref"`
	Value string  `json:"value"`
}

// entraMembers are members as a value. It is never nil, so that it is sent.
func entraMembers(ids []string) []member {
	value := make([]member, len(ids))
	for i, id := range ids {
		value[i] = member{Value: id}
	}
	return value
}
