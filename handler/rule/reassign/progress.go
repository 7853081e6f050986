package reassign

import (
	"context"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// resume takes from the journal how far a leave is: what an attempt moved that
// was killed stands nowhere else. number is that of the latest chunk.
func (s *Service) resume(ctx context.Context, tenant string, leave directory.Leave) (resumed directory.Leave, number int, err error) {
	progress, err := s.Journal.Progress(ctx, tenant, leave.ID)
	if err != nil || progress.Number == 0 {
		return leave, 0, err
	}
	leave.Moved = progress.Records
	if leave.Recipient.ID != progress.To {
		leave.Recipient, err = s.person(ctx, tenant, progress.To)
	}
	return leave, progress.Number, err
}

// person names a user; one who is gone by the id alone.
func (s *Service) person(ctx context.Context, tenant string, id directory.ID) (directory.Person, error) {
	user, err := s.Users.User(ctx, tenant, id)
	if fault.Is(err, fault.NotFound) {
		return directory.Person{ID: id}, nil
	}
	return user.Person(), err
}
