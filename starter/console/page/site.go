// Package page is what all pages of the console share: their frame, components, navigation, language and time zone, and how a handler
// answers. It imports access, money, internal/correlation, templ, and caller, words and assets of the console; it must not import
// starter/api, store, or a group of pages.
package page

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/starter/console/caller"
)

// Root is the path below which the console is. Home is its first page.
const (
	Root = "/console"
	Home = Root + "/"
)

// SignInPath is where somebody signs in, and a form is posted to SignOutPath to sign out.
const (
	SignInPath  = Root + "/signin"
	SignOutPath = Root + "/signout"
	// SearchPath finds what a reference or an id of Stripe names: ?q=.
	SearchPath = Root + "/search"
)

// Config is what the pages share.
type Config struct {
	API *caller.API
	// Person is who has signed in, by the session of a request.
	Person func(context.Context) (Person, bool)
	// As has the API answer for somebody who has signed in.
	As func(context.Context, Person) context.Context
	// BooksZone is the time zone of the books' months.
	BooksZone *time.Location
	// Secure says that browsers reach the console by https.
	Secure bool
	// Live says that money is real.
	Live  bool
	Links Links
	// Now is the time of the books.
	Now func() time.Time
	Log *slog.Logger
}

// Links are the addresses of other programs, without a slash at the end.
type Links struct {
	// Stripe is its dashboard, Temporal its UI with the namespace; Temporal is empty where nobody has named it.
	Stripe, Temporal string
}

// Site collects the pages.
type Site struct {
	Config

	mux *http.ServeMux
	nav []entry
}

// entry is a line of the navigation.
type entry struct {
	order    int
	id, path string
	scope    access.Scope
}

// NewSite returns a site without pages.
func NewSite(config Config) *Site {
	if config.BooksZone == nil {
		config.BooksZone = time.UTC
	}
	site := &Site{Config: config, mux: http.NewServeMux()}
	site.mux.HandleFunc(Home, site.unknown)
	return site
}

// Nav adds an entry to the navigation, for people whose role has the scope. id is that of its text. Entries are in the order of their
// numbers.
func (s *Site) Nav(order int, id, path string, scope access.Scope) {
	s.nav = append(s.nav, entry{order, id, path, scope})
	slices.SortStableFunc(s.nav, func(a, b entry) int { return a.order - b.order })
}

// Get adds a page. Its pattern is a path as net/http has it, such as /console/bookings/{reference}. show returns the whole page, usually by
// Request.Page; a *caller.Problem is shown as such.
func (s *Site) Get(pattern string, show func(*Request) (templ.Component, error)) {
	s.signedIn("GET "+exact(pattern), func(w http.ResponseWriter, r *Request) {
		content, err := show(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.Show(w, r, http.StatusOK, content)
	})
}

// Download adds what is no page: a report in CSV, or a chart. send writes its headers and its content, and returns an error only before
// that.
func (s *Site) Download(pattern string, send func(*Request, http.ResponseWriter) error) {
	s.signedIn("GET "+exact(pattern), func(w http.ResponseWriter, r *Request) {
		if err := send(r, w); err != nil {
			s.fail(w, r, err)
		}
	})
}

// Once adds what a form does whose result is shown once, in the answer to the form: no address has it, so that neither the history of the
// browser nor going back shows it again. With a *caller.Problem, it is as Post.
func (s *Site) Once(pattern string, do func(*Request) (templ.Component, error)) {
	s.form(pattern, maxForm, func(w http.ResponseWriter, r *Request) error {
		content, err := do(r)
		if err == nil {
			s.Show(w, r, http.StatusOK, content)
		}
		return err
	})
}

// Post adds what a form does. do returns where to go then, which the browser opens by GET. With a *caller.Problem, the page that has the
// form is shown again with its fields and what is wrong with them.
func (s *Site) Post(pattern string, do func(*Request) (next string, err error)) {
	s.PostFiles(pattern, maxForm, do)
}

// PostFiles is Post for a form with files, which are in memory; limit is how many bytes the whole form has at most.
func (s *Site) PostFiles(pattern string, limit int64, do func(*Request) (next string, err error)) {
	s.form(pattern, limit, func(w http.ResponseWriter, r *Request) error {
		next, err := do(r)
		if err == nil {
			http.Redirect(w, r.Request, Local(next), http.StatusSeeOther)
		}
		return err
	})
}

// maxForm is far above the longest form.
const maxForm = 256 << 10

// form adds what a form does. act answers, unless it returns an error.
func (s *Site) form(pattern string, limit int64, act func(http.ResponseWriter, *Request) error) {
	s.signedIn("POST "+exact(pattern), func(w http.ResponseWriter, r *Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if err := readForm(r.Request, limit); err != nil {
			s.fail(w, r, err)
			return
		}
		if err := act(w, r); err != nil {
			s.again(w, r, err)
		}
	})
}

// Open adds what is answered without a session, such as the sign-in; method is GET or POST. Person is empty in its request.
func (s *Site) Open(method, pattern string, handle func(http.ResponseWriter, *Request)) {
	s.mux.HandleFunc(method+" "+exact(pattern), func(w http.ResponseWriter, r *http.Request) {
		if s.prefer(w, r) {
			return
		}
		handle(w, s.request(r, Person{}))
	})
}

// exact has a path that ends in a slash stand for itself and not for all below it.
func exact(pattern string) string {
	if pattern[len(pattern)-1] == '/' {
		return pattern + "{$}"
	}
	return pattern
}

// signedIn adds a handler that needs somebody who has signed in.
func (s *Site) signedIn(pattern string, handle func(http.ResponseWriter, *Request)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if s.prefer(w, r) {
			return
		}
		person, found := s.Person(r.Context())
		if !found {
			toSignIn(w, r)
			return
		}
		handle(w, s.request(r.WithContext(s.As(r.Context(), person)), person))
	})
}

// ServeHTTP answers a request for a page.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := s.mux.Handler(r)
	note(r.Context(), pattern)
	s.mux.ServeHTTP(w, r)
}

// Refuse answers a request that no page has seen, without a session.
func (s *Site) Refuse(w http.ResponseWriter, r *http.Request, problem *caller.Problem) {
	made := s.request(r, Person{})
	if problem.RetryAfter != "" {
		w.Header().Set("Retry-After", problem.RetryAfter)
	}
	s.Show(w, made, problem.Status, Bare(made, made.problemTitle(problem), problemPage(made, problem)))
}

// unknown answers for paths without a page. A stranger learns nothing about which exist. Whoever may not see the overview, or opens a
// console without one, gets the first page of the navigation.
func (s *Site) unknown(w http.ResponseWriter, r *http.Request) {
	if s.prefer(w, r) {
		return
	}
	person, found := s.Person(r.Context())
	if !found {
		toSignIn(w, r)
		return
	}
	for _, e := range s.nav {
		if r.URL.Path == Home && e.path != Home && (e.scope == "" || person.May(e.scope)) {
			http.Redirect(w, r, e.path, http.StatusSeeOther)
			return
		}
	}
	s.fail(w, s.request(r.WithContext(s.As(r.Context(), person)), person), caller.Missing())
}

// toSignIn sends a browser to the sign-in, and back to the page afterwards. A form that was sent has done nothing: its page is opened
// again. htmx follows its own header, because a redirect would put the sign-in into a part of the page.
func toSignIn(w http.ResponseWriter, r *http.Request) {
	back := r.URL.RequestURI()
	if r.Method != http.MethodGet {
		back = referer(r)
	}
	if r.Header.Get("HX-Request") == "true" {
		back = local(r.Header.Get("HX-Current-URL"), r.Host)
		w.Header().Set("HX-Redirect", signInFor(back))
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, signInFor(back), http.StatusSeeOther)
}
