package signin

import (
	"context"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"farebook/access"
	"farebook/starter/console/page"
	"farebook/store"
)

// sessionStore keeps sessions in the books' database. It is ours because scs's stores for MySQL take the whole pool of connections and keep
// the token itself.
type sessionStore struct{ books *store.Store }

func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	return s.books.Session(ctx, token)
}

func (s sessionStore) CommitCtx(ctx context.Context, token string, content []byte, expires time.Time) error {
	return s.books.KeepSession(ctx, token, content, expires)
}

func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.books.EndSession(ctx, token)
}

// The three below are for callers without a context, of which scs has none where a store has those above.

func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s sessionStore) Commit(token string, content []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, content, expires)
}

func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// newSessions returns sessions that end after a time without a request, and at a limit whatever happens.
func newSessions(books *store.Store, config Config) *scs.SessionManager {
	sessions := scs.New()
	// scs begins with a store in memory. Its cleaning goroutine cannot be stopped without a data race, and finds nothing.
	sessions.Store = sessionStore{books}
	sessions.IdleTimeout, sessions.Lifetime = config.Idle, config.Limit
	sessions.Cookie = scs.SessionCookie{
		Name: cookieName(config, "session"), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: config.Secure(),
	}
	return sessions
}

// cookieName is that of a cookie. Browsers take a __Host- cookie only over https, from this host, and for this host.
func cookieName(config Config, name string) string {
	if config.Secure() {
		return "__Host-farebook-" + name
	}
	return "farebook-" + name
}

// What a session has.
const (
	keyIssuer  = "issuer"
	keySubject = "subject"
	keyKey     = "key"
	keyName    = "name"
	keyRole    = "role"
)

// begin starts the session of somebody, under a new token: one that somebody else may have put into the browser is worth nothing.
func (s *SignIn) begin(ctx context.Context, person store.Person) error {
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	for key, value := range map[string]string{
		keyIssuer: person.Issuer, keySubject: person.Subject, keyKey: person.Key, keyName: person.Name, keyRole: string(person.Role),
	} {
		s.sessions.Put(ctx, key, value)
	}
	return nil
}

// Person is who has signed in, by the session that Handler has put into the context.
func (s *SignIn) Person(ctx context.Context) (page.Person, bool) {
	role, err := access.ParseRole(s.sessions.GetString(ctx, keyRole))
	if err != nil {
		return page.Person{}, false
	}
	return page.Person{
		Issuer: s.sessions.GetString(ctx, keyIssuer), Subject: s.sessions.GetString(ctx, keySubject),
		Key: s.sessions.GetString(ctx, keyKey), Name: s.sessions.GetString(ctx, keyName), Role: string(role), Scopes: role.Scopes(),
	}, true
}
