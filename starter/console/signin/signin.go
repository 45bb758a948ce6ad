// Package signin signs people in to the console by OpenID Connect (authorisation code with PKCE, state and nonce), and keeps their sessions
// in the books' database. It imports access, store, internal/correlation, the page package of the console, go-oidc, oauth2 and scs.
package signin

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"farebook/access"
	"farebook/starter/console/page"
	"farebook/store"
)

// Config says who signs people in, and for how long.
type Config struct {
	// URL is where browsers reach the console, without the path: https://farebook.example.com.
	URL string
	// Issuer signs people in. ClientID and ClientSecret are what it calls the console; the secret is empty for a public client.
	Issuer, ClientID, ClientSecret string
	// Scopes are asked of the issuer; openid is one of them.
	Scopes []string
	// RoleClaim is the claim that has the roles of somebody: its name, or a path of names with dots between them.
	RoleClaim string
	// Roles are the roles by the names that the issuer has for them.
	Roles map[string]access.Role
	// Idle is how long a session lives without a request, Limit how long at most.
	Idle, Limit time.Duration
}

// Secure reports whether browsers reach the console by https.
func (c Config) Secure() bool { return strings.HasPrefix(c.URL, "https://") }

// callbackPath is where the issuer sends browsers back to.
const (
	startPath    = page.SignInPath + "/start"
	callbackPath = page.SignInPath + "/callback"
	// outPath is where somebody who has signed out arrives, from the issuer as well.
	outPath = page.SignInPath + "/out"
)

// CallbackURL is the address to register at the issuer.
func (c Config) CallbackURL() string { return strings.TrimSuffix(c.URL, "/") + callbackPath }

// OutURL is the address to register at the issuer for the way back after a sign-out.
func (c Config) OutURL() string { return strings.TrimSuffix(c.URL, "/") + outPath }

// issuerTimeout bounds one exchange with the issuer.
const issuerTimeout = 10 * time.Second

// SignIn signs people in.
type SignIn struct {
	config   Config
	books    *store.Store
	sessions *scs.SessionManager
	site     *page.Site
	client   *http.Client
	log      *slog.Logger

	// found is the issuer once it has answered.
	mutex sync.Mutex
	found *provider
}

// New returns a sign-in. The issuer is asked at the first sign-in, so that the console starts while it is away.
func New(config Config, books *store.Store, log *slog.Logger) *SignIn {
	return &SignIn{
		config: config, books: books, sessions: newSessions(books, config), client: &http.Client{Timeout: issuerTimeout}, log: log,
	}
}

// Handler reads the session of a request before next, and writes it after it. unavailable answers when the database does not.
func (s *SignIn) Handler(next http.Handler, unavailable func(http.ResponseWriter, *http.Request, error)) http.Handler {
	s.sessions.ErrorFunc = unavailable
	return s.sessions.LoadAndSave(next)
}

// Routes adds the pages of the sign-in.
func (s *SignIn) Routes(site *page.Site) {
	s.site = site
	site.Open(http.MethodGet, page.SignInPath, s.welcome)
	site.Open(http.MethodGet, startPath, s.start)
	site.Open(http.MethodGet, callbackPath, s.callback)
	site.Open(http.MethodPost, page.SignOutPath, s.signOut)
	site.Open(http.MethodGet, outPath, s.out)
}

// welcome is the page of a stranger, with the link that begins the sign-in.
func (s *SignIn) welcome(w http.ResponseWriter, r *page.Request) {
	next := page.Local(r.Q("next"))
	if _, signedIn := s.Person(r.Context()); signedIn {
		http.Redirect(w, r.Request, next, http.StatusSeeOther)
		return
	}
	s.show(w, r, http.StatusOK, r.T("signin.title"), "", next)
}

// out is the page of somebody who has signed out.
func (s *SignIn) out(w http.ResponseWriter, r *page.Request) {
	text := r.T("signin.out")
	if r.Q("state") != "" { // the issuer has sent the browser back
		text = r.T("signin.out-everywhere")
	}
	s.show(w, r, http.StatusOK, r.T("signin.title"), text, page.Home)
}

// signOut ends the session here, and then that of the issuer. Whoever signs out without one has nothing to lose.
func (s *SignIn) signOut(w http.ResponseWriter, r *page.Request) {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		s.log.ErrorContext(r.Context(), "session not ended", "error", err)
		s.show(w, r, http.StatusServiceUnavailable, r.T("signin.title"), r.T("signin.not-out"), page.Home)
		return
	}
	http.Redirect(w, r.Request, s.afterSignOut(r.Context()), http.StatusSeeOther)
}

// show writes the page of the sign-in with a message.
func (s *SignIn) show(w http.ResponseWriter, r *page.Request, status int, title, message, next string) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "10")
	}
	s.site.Show(w, r, status, page.Bare(r, title, welcomePage(r, s.config, status, message, next)))
}
