package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"slices"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// The app roles of the vendor's application in Entra ID that open /manage/v1.
const (
	operatorRole = "Handover.Operator"
	// readerRole may look at everything and change nothing.
	readerRole = "Handover.Reader"
)

// Operators says which tokens of the vendor's own directory are an operator's.
type Operators struct {
	// TenantID is the vendor's directory, a GUID.
	TenantID string
	// AppID is the application that has the app roles and to which the tokens are
	// addressed, a GUID; empty means that no token is an operator's.
	AppID string
}

// Operator is somebody who runs the deployment.
type Operator struct {
	// ID names who it is in the log: "operator" for the key, which has no name,
	// else the object id in the vendor's directory.
	ID string
	// ReadOnly means that nothing may be changed.
	ReadOnly bool
}

// Operator lets an operator pass who shows a key of the deployment, or a token
// of Entra ID with the app role Handover.Operator or Handover.Reader. Everybody
// else is fault.Unauthorized, or fault.RateLimited after many failures. It takes
// the same time for every key of one length.
func (g *Gate) Operator(ctx context.Context, presented string) (Operator, error) {
	if looksSigned(presented) && g.entra != nil && g.operators.AppID != "" {
		o, err := g.entraOperator(ctx, presented)
		return o, g.failed(ctx, "", err)
	}
	shown, same := sha256.Sum256([]byte(presented)), 0
	for _, key := range g.operatorKeys {
		same |= subtle.ConstantTimeCompare(shown[:], key[:])
	}
	if same != 1 {
		return Operator{}, g.failed(ctx, "", noOperator())
	}
	return Operator{ID: "operator"}, nil
}

func (g *Gate) entraOperator(ctx context.Context, token string) (Operator, error) {
	claims, err := g.entra.VerifyEntra(ctx, token, directory.EntraExpectation{
		Use: directory.ForOperation, TenantID: g.operators.TenantID, AppIDs: []string{g.operators.AppID},
	})
	may, look := slices.Contains(claims.Roles, operatorRole), slices.Contains(claims.Roles, readerRole)
	switch {
	case fault.Is(err, fault.Unauthorized):
		return Operator{}, noOperator().WithCause(err)
	case err != nil:
		return Operator{}, err
	case !may && !look:
		return Operator{}, noOperator()
	}
	return Operator{ID: claims.ObjectID, ReadOnly: !may}, nil
}

func noOperator() *fault.Fault {
	return fault.New(fault.Unauthorized, "the operator key is missing or wrong; send it, or a token of Entra ID with the app role Handover.Operator, as Authorization: Bearer")
}
