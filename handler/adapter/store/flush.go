package store

import (
	"context"
	"slices"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
	"handover/handler/core/tally"
)

// flushDeadline bounds the work on one batch: no caller may end it for the others.
const flushDeadline = 30 * time.Second

// guarded flushes a batch. A panic, which would end the process in this goroutine,
// becomes the fault of all that are not decided.
func (w *writer) guarded(batch []*submission) {
	all := slices.Clone(batch)
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		w.counter.known = false
		for _, sub := range all {
			if !sub.decided {
				sub.finish("", fault.Panicked(p))
			}
		}
	}()
	w.flush(batch)
}

// flush decides every submission of a batch.
func (w *writer) flush(batch []*submission) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(batch[0].ctx), flushDeadline)
	defer cancel()
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			failAll(batch, overdue(ctx.Err()))
			return
		}
		batch = w.admit(ctx, batch)
		if len(batch) == 0 {
			return
		}
		err := w.send(ctx, batch)
		if err == nil {
			return
		}
		if batch, err = w.settle(ctx, batch, err); len(batch) == 0 {
			return
		}
		switch {
		case err == nil:
			try = 0
		case try >= maxTries || pause(ctx, try) != nil:
			failAll(batch, err)
			return
		}
	}
}

// send transacts a batch with one merge of the counter row, which comes last so
// that the operations of the first submission keep their places.
func (w *writer) send(ctx context.Context, batch []*submission) error {
	next := w.counter
	var operations []table.Operation
	for i, sub := range batch {
		operations = append(operations, sub.operations...)
		next.apply(sub.delta)
		if i > 0 {
			tally.Trip(sub.ctx)
		}
	}
	operations = append(operations, next.merge(batch[0].tx))
	etags, err := w.store.directory.Transact(ctx, w.tenant, operations)
	if err != nil {
		return err
	}
	next.etag = etags[len(etags)-1]
	w.counter = next
	for _, sub := range batch {
		sub.finish(etags[sub.main], nil)
		etags = etags[len(sub.operations):]
	}
	return nil
}

// settle deals with a failed transaction and returns what must go again: the
// submission at fault gets its own error, and does not spoil the others. doubt is
// set while it is not known whether the batch was written.
func (w *writer) settle(ctx context.Context, batch []*submission, err error) (rest []*submission, doubt error) {
	culprit, index := locate(batch, table.FailedOperation(err))
	lost := unanswered(err)
	if lost || batch[0].doubtful {
		w.counter.known = false
		is := w.landed(ctx, batch)
		if is == committed {
			return nil, nil
		}
		lost = lost || is == undecided
	}
	switch {
	case lost:
		for _, sub := range batch {
			sub.doubtful = true
		}
		return batch, overdue(err)
	case culprit == len(batch) && fault.Is(err, fault.RowChanged):
		w.counter.known = false
		return batch, nil
	case culprit < 0 || culprit == len(batch):
		w.counter.known = false
		failAll(batch, err)
		return nil, nil
	}
	err = &table.Error{Index: index, Fault: fault.Of(err)}
	if batch[culprit].mustBeOurs(err) {
		err = nil
	}
	batch[culprit].finish("", err)
	return append(batch[:culprit:culprit], batch[culprit+1:]...), nil
}

// locate finds whose operation failed: the submission and the index among its
// operations; len(batch) for the counter row, -1 for none.
func locate(batch []*submission, failed int) (culprit, index int) {
	if failed == table.NoOperation {
		return -1, table.NoOperation
	}
	for i, sub := range batch {
		if failed < len(sub.operations) {
			return i, failed
		}
		failed -= len(sub.operations)
	}
	return len(batch), table.NoOperation
}

func (sub *submission) finish(etag string, err error) {
	sub.etag, sub.err, sub.decided = etag, err, true
	close(sub.done)
}

func failAll(batch []*submission, err error) {
	for _, sub := range batch {
		sub.finish("", err)
	}
}
