package directory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
)

func TestHoldings(t *testing.T) {
	eve, ann, bob := directory.ID{15: 1}, directory.ID{15: 2}, directory.ID{15: 3}
	records := func(ids ...string) (list []directory.MovedRecord) {
		for _, id := range ids {
			list = append(list, directory.MovedRecord{Type: "quote", ID: id})
		}
		return list
	}
	chunk := func(from, to directory.ID, ids ...string) directory.Chunk {
		return directory.Chunk{From: from, To: to, Moved: records(ids...)}
	}
	tests := []struct {
		name     string
		journal  []directory.Chunk
		holdings []directory.Holding
		returned []directory.MovedRecord
	}{
		{"nothing was moved", nil, nil, nil},
		{
			"to one after the other",
			[]directory.Chunk{chunk(eve, ann, "1", "2"), chunk(eve, bob, "3")},
			[]directory.Holding{{Holder: ann, Records: records("1", "2")}, {Holder: bob, Records: records("3")}},
			nil,
		},
		{
			"a part is back",
			[]directory.Chunk{chunk(eve, ann, "1", "2", "3"), chunk(ann, eve, "2")},
			[]directory.Holding{{Holder: ann, Records: records("1", "3")}},
			records("2"),
		},
		{
			"all of it is back", []directory.Chunk{chunk(eve, ann, "1"), chunk(ann, eve, "1")}, nil, records("1"),
		},
		{
			"moved once more",
			[]directory.Chunk{chunk(eve, ann, "1"), chunk(eve, bob, "1")},
			[]directory.Holding{{Holder: bob, Records: records("1")}},
			nil,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.holdings, directory.Holdings(eve, test.journal)); diff != "" {
				t.Errorf("holdings (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.returned, directory.HandedBackBy(eve, test.journal)); diff != "" {
				t.Errorf("returned (-want +got):\n%s", diff)
			}
		})
	}
}
