package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"farebook/internal/correlation"
	"farebook/starter/console/page"
	"farebook/store"
)

// flow is a sign-in that has begun. It is kept in a cookie of the browser and not in the database, so that strangers write no rows. Only
// the browser that has begun it can end it: state and nonce are compared with what comes back, and the verifier shows whose the code is.
type flow struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Next     string `json:"next"`
}

// flowTime is how long somebody may take to sign in at the issuer.
const flowTime = 15 * time.Minute

func (s *SignIn) keep(w http.ResponseWriter, f flow) error {
	content, err := json.Marshal(f)
	if err != nil {
		return err
	}
	http.SetCookie(w, s.flowCookie(base64.RawURLEncoding.EncodeToString(content), int(flowTime/time.Second)))
	return nil
}

func (s *SignIn) flowCookie(value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(s.config, "signin"), Value: value, Path: "/", MaxAge: age, Secure: s.config.Secure(), HttpOnly: true,
		// The issuer sends the browser back by a link, with which a Lax cookie is sent and a Strict one is not.
		SameSite: http.SameSiteLaxMode,
	}
}

// taken is the flow of a browser, which is worth nothing afterwards.
func (s *SignIn) taken(w http.ResponseWriter, r *page.Request) (flow, bool) {
	cookie, err := r.Cookie(cookieName(s.config, "signin"))
	http.SetCookie(w, s.flowCookie("", -1))
	if err != nil {
		return flow{}, false
	}
	content, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return flow{}, false
	}
	var f flow
	err = json.Unmarshal(content, &f)
	if err != nil || f.State == "" || f.Nonce == "" || f.Verifier == "" {
		return flow{}, false
	}
	return f, true
}

// start sends the browser to the issuer.
func (s *SignIn) start(w http.ResponseWriter, r *page.Request) {
	next := page.Local(r.Q("next"))
	found, err := s.discover(r.Context())
	if err != nil {
		s.refuse(w, r, next, errors.Join(errNotAnswered, err))
		return
	}
	begun := flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next}
	if err := s.keep(w, begun); err != nil {
		s.refuse(w, r, next, err)
		return
	}
	http.Redirect(w, r.Request, found.client.AuthCodeURL(begun.State, oidc.Nonce(begun.Nonce), oauth2.S256ChallengeOption(begun.Verifier)),
		http.StatusSeeOther)
}

// Reasons for which nobody is signed in.
var (
	errState    = errors.New("the sign-in was not begun in this browser, or too long ago")
	errDenied   = errors.New("the issuer says that access was denied")
	errRefused  = errors.New("the issuer refuses the sign-in")
	errNoRole   = errors.New("the issuer gives no role")
	errDisabled = errors.New("the person was disabled")
)

// callback is where the issuer sends the browser back to.
func (s *SignIn) callback(w http.ResponseWriter, r *page.Request) {
	begun, known := s.taken(w, r)
	next := page.Local(begun.Next)
	query := r.URL.Query()
	if !known || subtle.ConstantTimeCompare([]byte(begun.State), []byte(query.Get("state"))) != 1 {
		s.refuse(w, r, next, errState)
		return
	}
	if issuer := query.Get("iss"); issuer != "" && issuer != s.config.Issuer { // RFC 9207
		s.refuse(w, r, next, errState)
		return
	}
	if code := query.Get("error"); code != "" {
		s.refuse(w, r, next, answered(code))
		return
	}
	person, err := s.identify(r.Context(), begun, query.Get("code"))
	if err == nil {
		err = s.begin(r.Context(), person)
	}
	if err != nil {
		s.refuse(w, r, next, err)
		return
	}
	s.log.InfoContext(r.Context(), "signed in to the console", "key", person.Key, "role", string(person.Role))
	http.Redirect(w, r.Request, next, http.StatusSeeOther)
}

// answered is the reason of an issuer that has sent the browser back with an error (RFC 6749, 4.1.2.1).
func answered(code string) error {
	switch code {
	case "access_denied":
		return errDenied
	case "server_error", "temporarily_unavailable":
		return errNotAnswered
	}
	return errRefused
}

// identify finds who has signed in, and records it.
func (s *SignIn) identify(ctx context.Context, begun flow, code string) (store.Person, error) {
	found, err := s.discover(ctx)
	if err != nil {
		return store.Person{}, errors.Join(errNotAnswered, err)
	}
	bounded, cancel := context.WithTimeout(ctx, issuerTimeout)
	defer cancel()
	who, err := s.redeem(bounded, found, code, begun.Verifier)
	switch {
	case errors.Is(err, errNotAnswered):
		return store.Person{}, err
	case err != nil:
		return store.Person{}, errors.Join(errRefused, err)
	case subtle.ConstantTimeCompare([]byte(who.nonce), []byte(begun.Nonce)) != 1:
		return store.Person{}, errState
	}
	role := s.config.roleOf(who.claims)
	if role == "" {
		return store.Person{}, errNoRole
	}
	person, err := s.books.SignIn(ctx, store.Person{
		Issuer: s.config.Issuer, Subject: who.subject, Name: nameOf(who), Role: role,
	}, correlation.From(ctx))
	if err != nil {
		return store.Person{}, err
	}
	if _, err := s.books.CallerOf(ctx, person); errors.Is(err, store.ErrNotFound) {
		return store.Person{}, errDisabled
	} else if err != nil {
		return store.Person{}, err
	}
	return person, s.books.EndExpiredSessions(ctx)
}

// refusal is how a reason is shown.
type refusal struct {
	reason error
	status int
	text   string
}

var refusals = []refusal{
	{errState, http.StatusBadRequest, "signin.state"},
	{errDenied, http.StatusForbidden, "signin.denied"},
	{errNoRole, http.StatusForbidden, "signin.no-role"},
	{errDisabled, http.StatusForbidden, "signin.disabled"},
	{errNotAnswered, http.StatusServiceUnavailable, "signin.issuer-down"},
	{errRefused, http.StatusBadGateway, "signin.refused"},
}

// refuse says why nobody is signed in. What the operators have to know is in the log, without what the issuer has sent.
func (s *SignIn) refuse(w http.ResponseWriter, r *page.Request, next string, err error) {
	shown := refusal{err, http.StatusServiceUnavailable, "signin.unavailable"}
	for _, one := range refusals {
		if errors.Is(err, one.reason) {
			shown = one
			break
		}
	}
	s.log.WarnContext(r.Context(), "nobody was signed in", "reason", shown.text, "error", err)
	s.show(w, r, shown.status, r.T("signin.failed"), r.T(shown.text, "Host", hostOf(s.config.Issuer), "Claim", s.config.RoleClaim), next)
}
