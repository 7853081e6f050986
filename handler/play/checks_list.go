package play

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// hits wants a list of exactly n resources, and totals that are JSON integers.
func hits(n int) check {
	return func(a answer) string {
		if wrong := hasSchema(listSchema)(a); wrong != "" {
			return wrong
		}
		for _, name := range []string{"totalResults", "itemsPerPage", "startIndex"} {
			value, there := a.body[name]
			number, ok := value.(json.Number)
			if _, err := number.Int64(); (there || name == "totalResults") && (!ok || err != nil) {
				return fmt.Sprintf("%s %s, wanted an integer", name, kind(value))
			}
		}
		list, _ := a.body["Resources"].([]any)
		if total := a.body["totalResults"]; total != json.Number(strconv.Itoa(n)) || len(list) != n {
			return fmt.Sprintf("totalResults %s and %d Resources, wanted %d", kind(total), len(list), n)
		}
		return ""
	}
}

// hit applies checks of a resource to the only one of a list.
func hit(checks ...check) check {
	return func(a answer) string {
		list, _ := a.body["Resources"].([]any)
		if len(list) != 1 {
			return fmt.Sprintf("%d Resources, wanted 1", len(list))
		}
		a.body, _ = list[0].(object)
		return firstWrong(a, checks)
	}
}

// atMostOne wants a list of nothing or of one: names are unique.
func atMostOne(a answer) string {
	list, _ := a.body["Resources"].([]any)
	return hits(min(len(list), 1))(a)
}

// firstID is the id of a list's first resource, "" where there is none.
func firstID(a answer) string {
	list, _ := a.body["Resources"].([]any)
	if len(list) == 0 {
		return ""
	}
	id, _ := at(list[0], "id").(string)
	return id
}

// eachHit applies a check to every resource of a list.
func eachHit(c check) check {
	return func(a answer) string {
		list, _ := a.body["Resources"].([]any)
		for _, resource := range list {
			a.body, _ = resource.(object)
			if wrong := c(a); wrong != "" {
				return wrong
			}
		}
		return ""
	}
}

// noMembers wants a group without its members, as excludedAttributes asked.
func noMembers(a answer) string {
	if _, there := a.body["members"]; there {
		return "with members, although excludedAttributes=members was asked"
	}
	return ""
}

// members wants these members and, if only, no others, each once.
func members(wanted []string, only bool) check {
	return func(a answer) string {
		list, _ := a.body["members"].([]any)
		count := map[string]int{}
		for _, m := range list {
			entry, _ := m.(object)
			id, _ := entry["value"].(string)
			if count[id]++; id == "" || count[id] > 1 {
				return fmt.Sprintf("members with %q %d times", id, count[id])
			}
		}
		if only && len(list) != len(wanted) {
			return fmt.Sprintf("%d members, wanted %d", len(list), len(wanted))
		}
		for _, id := range wanted {
			if count[id] == 0 {
				return fmt.Sprintf("members without %q", id)
			}
		}
		return ""
	}
}
