package main

import (
	"bytes"
	"fmt"
)

func userName(prefix string, i int) string { return fmt.Sprintf("%s.%06d@contoso.example", prefix, i) }

// userBody is a user of 0.9 kB, as Entra sends one.
func userBody(prefix string, i int) []byte {
	name := userName(prefix, i)
	return fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],`+
		`"externalId":"%s-x-%d","userName":"%s","active":true,"displayName":"Person %d",`+
		`"name":{"formatted":"Given%d Family%d","familyName":"Family%d","givenName":"Given%d"},`+
		`"emails":[{"primary":true,"type":"work","value":"%s"}],`+
		`"addresses":[{"type":"work","streetAddress":"%d Main Street","locality":"Redmond","region":"WA","postalCode":"98052","country":"US"}],`+
		`"phoneNumbers":[{"type":"work","value":"+1 425 555 %04d"},{"type":"mobile","value":"+1 206 555 %04d"}],`+
		`"preferredLanguage":"en-US","title":"Engineer","meta":{"resourceType":"User"},`+
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"%06d","department":"Department %d","costCenter":"%d","organization":"Contoso","division":"Division"}}`,
		prefix, i, name, i, i, i, i, i, name, i, i%10000, i%10000, i, i%50, i%20)
}

func patchBody(operation string) []byte {
	return []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operation + `]}`)
}

// idOf finds the id of an answered resource.
func idOf(answer []byte) string {
	_, rest, found := bytes.Cut(answer, []byte(`"id":"`))
	if !found {
		return ""
	}
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(id)
}
