package openid

// RolesClaim is the claim of an ID token that lists somebody's roles.
const RolesClaim = "roles"

// Person is somebody who can sign in.
type Person struct {
	Subject, Name, Email string
	// Role is the only value of RolesClaim; empty for somebody whom the console refuses.
	Role string
}

// People returns the four of the development stack, one for each role of the console.
func People() []Person {
	return []Person{
		{Subject: "usr_vera", Name: "Vera Lindqvist", Email: "vera@farebook.example", Role: "viewer"},
		{Subject: "usr_sami", Name: "Sami Haddad", Email: "sami@farebook.example", Role: "support"},
		{Subject: "usr_farida", Name: "Farida Nasser", Email: "farida@farebook.example", Role: "finance"},
		{Subject: "usr_ada", Name: "Ada Okafor", Email: "ada@farebook.example", Role: "admin"},
	}
}

// personOf finds somebody by subject.
func personOf(people []Person, subject string) (Person, bool) {
	for _, person := range people {
		if person.Subject == subject {
			return person, true
		}
	}
	return Person{}, false
}
