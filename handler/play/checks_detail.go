package play

import (
	"fmt"
	"slices"
	"strings"
)

// oneEntry wants a list to have one entry of a type, with these parts.
func oneEntry(list, entryType string, parts object) check {
	return func(a answer) string {
		var found []object
		entries, _ := a.body[list].([]any)
		for _, e := range entries {
			if entry, _ := e.(object); entry["type"] == entryType {
				found = append(found, entry)
			}
		}
		if len(found) != 1 {
			return fmt.Sprintf("%s with %d entries of type %q, wanted one", list, len(found), entryType)
		}
		for _, name := range sortedNames(parts) {
			if found[0][name] != parts[name] {
				return fmt.Sprintf("%s of type %q with %s %s, wanted %q", list, entryType, name, kind(found[0][name]), parts[name])
			}
		}
		return ""
	}
}

func sortedNames(o object) []string {
	var names []string
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// unassigned wants no value at a path, or an empty text.
func unassigned(path ...string) check {
	return func(a answer) string {
		if got := at(a.body, path...); got != nil && got != "" {
			return fmt.Sprintf("%s %s, although it was cleared", strings.Join(path, "."), kind(got))
		}
		return ""
	}
}

// noPathAsName wants no attribute whose name is a path: a server that does not
// read the names of an operation without a path keeps name.givenName as it is.
func noPathAsName(a answer) string {
	for _, name := range sortedNames(a.body) {
		if !strings.Contains(name, ":") && strings.Contains(name, ".") || strings.HasPrefix(name, enterpriseSchema+":") {
			return fmt.Sprintf("an attribute named %q, which is a path", name)
		}
	}
	return ""
}

// hasRoles wants these roles and, if only, no others, each once.
func hasRoles(only bool, wanted ...string) check {
	return func(a answer) string {
		count := map[string]int{}
		list, _ := a.body["roles"].([]any)
		for _, r := range list {
			value, _ := at(r, "value").(string)
			count[value]++
		}
		for _, w := range wanted {
			if count[w] != 1 {
				return fmt.Sprintf("the role %q %d times, wanted once", w, count[w])
			}
		}
		if only && len(list) != len(wanted) {
			return fmt.Sprintf("%d roles, wanted %d: what was there before is replaced", len(list), len(wanted))
		}
		return ""
	}
}

// primaryRole wants one role that is primary, by a boolean, and has the name.
func primaryRole(name string) check {
	return func(a answer) string {
		list, _ := a.body["roles"].([]any)
		found := 0
		for _, r := range list {
			entry, _ := r.(object)
			switch primary := entry["primary"].(type) {
			case string:
				return fmt.Sprintf("a role whose primary is the text %q, wanted a boolean", primary)
			case bool:
				if primary && entry["value"] == name && entry["display"] == name {
					found++
				}
			}
		}
		if found != 1 {
			return fmt.Sprintf("%d primary roles with value and display %q, wanted one", found, name)
		}
		return ""
	}
}

// noPassword wants that a password is never told.
func noPassword(a answer) string {
	if _, there := a.body["password"]; there {
		return "with a password, which is never returned"
	}
	return ""
}
