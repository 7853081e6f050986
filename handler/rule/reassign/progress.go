package reassign

import (
	"context"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// resume takes from the journal how far a leave is: what an attempt moved that
// was killed stands nowhere else. number is that of the latest chunk.
func (s *Service) resume(ctx context.Context, tenant string, leave directory.Leave) (resumed directory.Leave, number int, err error) {
	if number, err = s.Journal.LastChunk(ctx, tenant, leave.ID); err != nil || number == 0 {
		return leave, 0, err
	}
	journal, err := s.Journal.Chunks(ctx, tenant, leave.ID)
	if err != nil {
		return leave, 0, err
	}
	last := journal[len(journal)-1]
	leave.Moved = 0
	for i := range journal {
		leave.Moved += len(journal[i].Moved)
	}
	if leave.Recipient.ID != last.To {
		leave.Recipient, err = s.person(ctx, tenant, last.To)
	}
	return leave, last.Number, err
}

// person names a user; one who is gone by the id alone.
func (s *Service) person(ctx context.Context, tenant string, id directory.ID) (directory.Person, error) {
	user, err := s.Users.User(ctx, tenant, id)
	if fault.Is(err, fault.NotFound) {
		return directory.Person{ID: id}, nil
	}
	return user.Person(), err
}
