package reassign

import (
	"cmp"
	"context"
	"slices"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// previewRecords is at how many records a preview stops counting, ours.
	previewRecords = 10_000
	// previewPages is how often it asks the connector at most.
	previewPages = 100
)

// Preview is what a leave of a user would move at this moment.
type Preview struct {
	User directory.Person `json:"user"`
	// Recipient is who would receive; zero where nobody can, so that the leave
	// would be blocked.
	Recipient directory.Person `json:"recipient,omitzero"`
	// Types counts open records, in order of the types' names; it is a list even
	// when it is empty.
	Types []TypeCount `json:"types"`
	// Records is their sum.
	Records int `json:"records"`
	// AtLeast says that the counting stopped early: there may be more.
	AtLeast bool `json:"atLeast"`
}

// TypeCount is how many records there are of a type.
type TypeCount struct {
	Type    string `json:"type"`
	Records int    `json:"records"`
}

// Preview tells what a leave of a user would move to whom, and touches nothing.
// A user who does not exist is fault.NotFound.
func (s *Service) Preview(ctx context.Context, tenant string, user directory.ID) (Preview, error) {
	if _, err := s.living(ctx, tenant); err != nil {
		return Preview{}, err
	}
	leaver, err := s.Users.User(ctx, tenant, user)
	if err != nil {
		return Preview{}, err
	}
	recipient, err := s.Recipient(ctx, tenant, user)
	if err != nil && !fault.Is(err, fault.NoRecipient) {
		return Preview{}, err
	}
	preview := Preview{User: leaver.Person(), Recipient: recipient.Person()}
	return preview, s.count(ctx, tenant, &preview)
}

// count asks the connector what it would move, page by page.
func (s *Service) count(ctx context.Context, tenant string, p *Preview) error {
	move := directory.Move{Tenant: tenant, From: p.User, To: p.Recipient, At: s.Now(), DryRun: true}
	counts := map[string]int{}
	for page := 1; ; page++ {
		would, err := s.Connector.Move(ctx, move)
		if err != nil {
			return err
		}
		for _, r := range would.Records {
			counts[r.Type]++
		}
		p.Records += len(would.Records)
		// A connector that goes on without a cursor would begin anew.
		if would.Finished || would.Cursor == "" {
			break
		}
		if page == previewPages || p.Records >= previewRecords {
			p.AtLeast = true
			break
		}
		move.Cursor = would.Cursor
	}
	p.Types = make([]TypeCount, 0, len(counts))
	for kind, n := range counts {
		p.Types = append(p.Types, TypeCount{kind, n})
	}
	slices.SortFunc(p.Types, func(a, b TypeCount) int { return cmp.Compare(a.Type, b.Type) })
	return nil
}
