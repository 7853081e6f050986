package scim

import (
	"slices"
	"strings"

	"handover/handler/core/fault"
)

// bulkPrefix begins a reference to what another operation makes.
const bulkPrefix = "bulkId:"

// BulkPart is how much of an operation a step does.
type BulkPart uint8

// The parts. Two resources that refer to each other cannot both be made whole:
// one is made without those references (BulkStart), and completed after the
// other (BulkRest).
const (
	BulkWhole BulkPart = iota
	BulkStart
	BulkRest
)

// BulkStep is one thing to do for an operation, by its place in Operations.
type BulkStep struct {
	Operation int
	Part      BulkPart
}

// Order tells in which order to do the operations: as they were sent, but for
// those that another one refers to, which come before it.
func (b *Bulk) Order() []BulkStep {
	o := ordering{bulk: b, state: make([]visit, len(b.Operations))}
	for i := range b.Operations {
		o.visit(i)
		o.complete()
	}
	return o.steps
}

type visit uint8

const (
	unseen visit = iota
	open
	done
)

// ordering is a walk over the references, depth first. It goes at most as deep
// as there are operations.
type ordering struct {
	bulk         *Bulk
	state        []visit
	steps, later []BulkStep
}

func (o *ordering) visit(i int) {
	if o.state[i] != unseen {
		return
	}
	o.state[i] = open
	part := BulkWhole
	for _, needed := range o.bulk.Operations[i].needs {
		if o.visit(needed); o.state[needed] == open {
			part = BulkStart
		}
	}
	if part == BulkStart {
		o.later = append(o.later, BulkStep{i, BulkRest})
	}
	if o.bulk.Operations[i].Method != "POST" {
		o.complete() // or the rest would take back what this operation does
	}
	o.steps = append(o.steps, BulkStep{i, part})
	o.state[i] = done
}

// complete appends what is left of resources that were started. Nothing refers
// to other operations than POSTs, so behind one, and before any other
// operation, no circle is open.
func (o *ordering) complete() {
	o.steps = append(o.steps, o.later...)
	o.later = o.later[:0]
}

// Resolve is the operation that a step does, with ids in place of references.
// ids tells the id that the POST with a bulkId has been given; ok is false as
// long as it has none. A BulkStart leaves out what refers to a resource that is
// not there yet; a BulkRest is a PUT of the whole data to the resource that the
// BulkStart made, and is to be left out when that failed. The caller may hand the Data over: it is a copy wherever the
// operation is needed again.
//
// A fault says which reference cannot be resolved: invalidValue when no POST
// has the bulkId, conflict when that POST failed (RFC 7644 §3.7.1).
func (b *Bulk) Resolve(step BulkStep, ids func(bulkID string) (id string, ok bool)) (BulkOperation, *fault.Fault) {
	o := b.Operations[step.Operation]
	if o.Fault != nil {
		return o, o.Fault
	}
	r := resolver{bulk: b, ids: ids, leaveOut: step.Part == BulkStart}
	if step.Part == BulkRest {
		o.Method, o.ID = "PUT", bulkPrefix+o.BulkID
	}
	if o.ID = r.text(o.ID, "id"); len(o.needs) > 0 || step.Part != BulkWhole {
		o.Data = o.Data.clone()
	}
	r.value(&o.Data, "")
	return o, r.fault
}

// refer fills in which operations one refers to.
func (b *Bulk) refer(i int) {
	o := &b.Operations[i]
	note := func(bulkID string) (string, bool) {
		if at, there := b.created[bulkID]; there && !slices.Contains(o.needs, at) {
			o.needs = append(o.needs, at)
		}
		return bulkPrefix + bulkID, true
	}
	r := resolver{bulk: b, ids: note}
	o.ID = r.text(o.ID, "id")
	r.value(&o.Data, "")
}

// resolver puts ids in the place of references.
type resolver struct {
	bulk *Bulk
	ids  func(bulkID string) (string, bool)
	// leaveOut takes a value away whose reference has no id yet.
	leaveOut bool
	// missing says that the value just read has such a reference.
	missing bool
	fault   *fault.Fault
}

// value resolves the references in a value that stands under a name. The object
// that a missing reference stands in goes whole, so that no entry is left
// without its value.
func (r *resolver) value(v *Value, name string) {
	switch v.kind {
	case String:
		v.text = r.text(v.text, name)
	case Array:
		kept := v.items[:0]
		for i := range v.items {
			if r.value(&v.items[i], name); !r.takeMissing() {
				kept = append(kept, v.items[i])
			}
		}
		v.items = kept
	case Object:
		r.object(v)
	}
}

func (r *resolver) object(v *Value) {
	kept, whole := v.fields[:0], true
	for i := range v.fields {
		f := &v.fields[i]
		r.value(&f.Value, f.Name)
		switch {
		case !r.takeMissing():
			kept = append(kept, *f)
		case equalFold(f.Name, "value") || equalFold(f.Name, "$ref"):
			whole = false
		}
	}
	v.fields = kept
	r.missing = !whole
}

func (r *resolver) takeMissing() bool {
	missing := r.missing
	r.missing = false
	return missing
}

// text resolves the references in a string. What a reference looks like depends
// on where it stands: it is the whole of a value or of an id, the last segment
// of a $ref, and a quoted word in the brackets of a PATCH path.
func (r *resolver) text(s, name string) string {
	if !strings.Contains(s, bulkPrefix) {
		return s
	}
	switch {
	case strings.HasPrefix(s, bulkPrefix):
		return r.reference(s[len(bulkPrefix):])
	case equalFold(name, "$ref"):
		if at := strings.LastIndexByte(s, '/') + 1; strings.HasPrefix(s[at:], bulkPrefix) {
			return s[:at] + r.reference(s[at+len(bulkPrefix):])
		}
	case equalFold(name, "path"):
		return r.quoted(s)
	}
	return s
}

func (r *resolver) quoted(s string) string {
	words := strings.Split(s, `"`)
	for i := 1; i < len(words); i += 2 {
		if id, is := strings.CutPrefix(words[i], bulkPrefix); is {
			words[i] = r.reference(id)
		}
	}
	return strings.Join(words, `"`)
}

// reference is the id of what the POST with a bulkId has made.
func (r *resolver) reference(bulkID string) string {
	id, ok := r.ids(bulkID)
	switch _, there := r.bulk.created[bulkID]; {
	case ok:
		return id
	case !there:
		r.fault = fault.New(fault.InvalidValue, "the operation refers to bulkId:%s, but no POST of the request has it", brief(bulkID))
	case r.leaveOut:
		r.missing = true
	default:
		r.fault = fault.New(fault.Conflict, "the operation refers to bulkId:%s, and that operation failed", brief(bulkID))
	}
	return ""
}
