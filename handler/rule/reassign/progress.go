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

// closeJournal is resume for a leave whose user is back. A process that has stood
// still since before its claim expired may still hold a chunk in its hands: an
// empty one takes the number at which that would be written, so that nothing
// moves after the end. A message that nobody ever took needs none.
func (s *Service) closeJournal(ctx context.Context, tenant string, leave directory.Leave) (closed directory.Leave, number int, err error) {
	for ctx.Err() == nil {
		closed, number, err = s.resume(ctx, tenant, leave)
		if err != nil || leave.State == directory.Queued && leave.Attempt == 1 {
			return closed, number, err
		}
		err = s.Journal.AppendChunk(ctx, tenant, directory.Chunk{
			Leave: leave.ID, Number: number + 1, From: leave.Leaver.ID, To: closed.Recipient.ID, At: s.Now(),
		})
		if !fault.Is(err, fault.RowExists) {
			return closed, number, err
		}
	}
	return leave, 0, ctx.Err()
}

// person names a user; one who is gone by the id alone.
func (s *Service) person(ctx context.Context, tenant string, id directory.ID) (directory.Person, error) {
	user, err := s.Users.User(ctx, tenant, id)
	if fault.Is(err, fault.NotFound) {
		return directory.Person{ID: id}, nil
	}
	return user.Person(), err
}
