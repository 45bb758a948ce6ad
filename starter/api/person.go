package api

import (
	"context"

	"farebook/store"
)

// personKey is the context key of who asks through the console. It is unexported, and no request from the network has a value under it:
// only a handler of the same process calls As.
type personKey struct{}

// As returns a context whose requests the API answers as those of somebody who has signed in to the console, without an API key. The
// person has the scopes of the role, and the audit log has the person's name.
func As(ctx context.Context, person store.Person) context.Context {
	return context.WithValue(ctx, personKey{}, person)
}

// personOf is who asks through the console, if anybody does.
func personOf(ctx context.Context) (store.Person, bool) {
	person, signedIn := ctx.Value(personKey{}).(store.Person)
	return person, signedIn
}
