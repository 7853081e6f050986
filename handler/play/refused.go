package play

import (
	"context"
	"fmt"
	"net/http"
)

// Refusal is a user whom the endpoint must not take.
type Refusal struct {
	UserName string
	// Status is the answer that is wanted.
	Status int
}

// Refused creates users who must be refused with an error in SCIM's form that
// says why; afterwards nobody may be there. It returns how many were refused as
// wanted.
func (c *Cycle) Refused(ctx context.Context, refusals ...Refusal) (int, error) {
	err := c.play(ctx, phase{"refusals", len(refusals), func(s *step, i int) {
		r := refusals[i]
		p := &Person{
			UserName: r.UserName, ExternalID: fmt.Sprintf("refused-%d", i+1), GivenName: "Sam", FamilyName: "Stranger",
			DisplayName: "Sam Stranger", Title: "Consultant", Department: "Sales", EmployeeNumber: "99999",
		}
		if _, ok := s.ask(createUser(p), anyStatus(r.Status), scimError(r.Status), explained); ok {
			s.ask(matchUser(r.UserName), anyStatus(http.StatusOK), scimJSON, hits(0))
		}
	}})
	if err != nil {
		return 0, err
	}
	return len(refusals) - c.phases[len(c.phases)-1].Wrong, nil
}

// explained wants an error's detail (RFC 7644 §3.12), which is what the
// administrator of the directory gets to see.
func explained(a answer) string {
	if detail, _ := a.body["detail"].(string); detail == "" {
		return "without a detail that says why"
	}
	return ""
}
