package openid

import (
	"crypto/rand"
	"sync"
	"time"
)

const (
	// LinkLife is how long a link of Provider.Link can be followed.
	LinkLife = 15 * time.Minute
	// ticketLife is how long a browser that has followed one has until it comes back from the console to be signed in.
	ticketLife = time.Minute
)

// promise is who is signed in for a token, until when.
type promise struct {
	person  Person
	next    string // where the browser is sent; empty for a ticket
	expires time.Time
}

// links are the tokens of links and of the browsers that have followed one. Each can be taken once.
type links struct {
	now func() time.Time

	mu       sync.Mutex
	promises map[string]promise
}

func newLinks(now func() time.Time) *links { return &links{now: now, promises: map[string]promise{}} }

func (l *links) give(person Person, next string, life time.Duration) (token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	token = rand.Text()
	l.promises[token] = promise{person: person, next: next, expires: l.now().Add(life)}
	return token
}

func (l *links) take(token string) (promise, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, known := l.promises[token]
	delete(l.promises, token)
	return found, known && l.now().Before(found.expires)
}
