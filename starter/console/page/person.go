package page

import "farebook/access"

// Person is who has signed in.
type Person struct {
	// Issuer and Subject identify the person.
	Issuer, Subject string
	// Key is the key of the person in the audit log (ak_...).
	Key    string
	Name   string
	Role   string
	Scopes access.Scopes
}

// May reports whether the person's role has a scope. It decides what a page shows; what is allowed is decided by the API.
func (p Person) May(scope access.Scope) bool { return p.Scopes.Has(scope) }
