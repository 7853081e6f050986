package play

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Person is a user of the played directory.
type Person struct {
	// ID is the endpoint's name for the user; empty until it is known.
	ID                                                              string
	UserName, GivenName, FamilyName, DisplayName, Title, Department string
	ExternalID, EmployeeNumber                                      string
	// mail is an e-mail address that came later; empty while there is none.
	mail   string
	Active bool
	// manager is the index of who this person reports to, -1 for nobody.
	manager int
	// hiredUnder is the id of a manager whom the create already names.
	hiredUnder string
	// nulls sends unassigned attributes as explicit nulls, as Entra sometimes
	// does.
	nulls bool
}

// team is a group of the played directory.
type team struct {
	id, displayName, externalID string
	// found says that the group was there before, with members we do not know.
	found bool
	// members are indexes of people.
	members []int
}

// reportsPerManager is how many people report to one.
const reportsPerManager = 8

func cast(options Options, random *rand.Rand) []*Person {
	given := []string{"Ava", "Noah", "Mia", "Liam", "Zoë", "Omar", "Ines", "Ravi", "Chloé", "Jun", "Sofia", "Kofi", "Elena", "Björn", "Aiko", "Luca"}
	family := []string{"Jones", "O'Brien", "Müller", "Okafor", "Silva", "Novak", "Haddad", "Lindqvist", "Tanaka", "Moreau", "Kaur", "Rossi", "Van Dyke", "Peña", "Smith", "Ivanova"}
	titles := []string{"Account Executive", "Engineer", "Analyst", "Sales Manager", "Consultant"}
	departments := []string{"Sales", "Engineering", "Finance", "R&D", "Customer Care"}
	people := make([]*Person, options.Users)
	for i := range people {
		p := &Person{
			GivenName: given[random.IntN(len(given))], FamilyName: family[random.IntN(len(family))],
			Title: titles[random.IntN(len(titles))], Department: departments[random.IntN(len(departments))],
			EmployeeNumber: fmt.Sprintf("%05d", i+1), Active: true, manager: i/reportsPerManager - 1, nulls: i%3 == 2,
		}
		p.DisplayName = p.GivenName + " " + p.FamilyName
		nickname := fmt.Sprintf("%s.%s%d", plainLetters(p.GivenName), plainLetters(p.FamilyName), i+1)
		p.ExternalID, p.UserName = nickname, nickname+"@"+options.Domain
		people[i] = p
	}
	return people
}

func teams(options Options, random *rand.Rand) []*team {
	places := []string{"Sales", "Engineering", "Finance", "Support", "Everyone in", "Projects"}
	list := make([]*team, options.Groups)
	for i := range list {
		list[i] = &team{displayName: fmt.Sprintf("%s %02d", places[i%len(places)], i+1), externalID: guid(random)}
		if options.Users > 0 {
			list[i].members = random.Perm(options.Users)[:min(options.Users, 5+random.IntN(36))]
		}
	}
	return list
}

// plainLetters is a name as it stands in an address: an apostrophe may stay.
func plainLetters(name string) string {
	return strings.ToLower(strings.NewReplacer("ë", "e", "é", "e", "ö", "o", "ü", "u", "ñ", "n", " ", "").Replace(name))
}

// guid is a random UUIDv4 in text.
func guid(random *rand.Rand) string {
	high, low := random.Uint64(), random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", high>>32, high>>16&0xffff, high&0xfff, 0x8000|low>>48&0x3fff, low&0xffffffffffff)
}
