package directory

// Holding is what one user received by a leave and was not asked to give back.
type Holding struct {
	Holder  ID
	Records []MovedRecord
}

// HandsBack tells whether the chunk returned records to the leaver; any other
// took them away.
func (c *Chunk) HandsBack(leaver ID) bool { return c.To == leaver }

// Holdings reads from a leave's journal, in order, who received which records
// last, without those that were handed back. Whether they still have them the
// journal does not know.
func Holdings(leaver ID, journal []Chunk) []Holding {
	holder := map[[2]string]ID{}
	for i := range journal {
		for _, r := range journal[i].Moved {
			holder[[2]string{r.Type, r.ID}] = journal[i].To
		}
	}
	var holdings []Holding
	at := map[ID]int{}
	for i := range journal {
		for _, r := range journal[i].Moved {
			key, to := [2]string{r.Type, r.ID}, journal[i].To
			if to == leaver || holder[key] != to {
				continue
			}
			delete(holder, key)
			if _, known := at[to]; !known {
				at[to] = len(holdings)
				holdings = append(holdings, Holding{Holder: to})
			}
			holdings[at[to]].Records = append(holdings[at[to]].Records, r)
		}
	}
	return holdings
}

// HandedBackBy lists what a leave's journal says was returned to the leaver.
func HandedBackBy(leaver ID, journal []Chunk) (returned []MovedRecord) {
	for i := range journal {
		if journal[i].HandsBack(leaver) {
			returned = append(returned, journal[i].Moved...)
		}
	}
	return returned
}
