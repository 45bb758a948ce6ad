package page

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/a-h/templ"

	"farebook/internal/correlation"
	"farebook/starter/console/caller"
)

// Show writes a component as an answer. It is rendered whole before, so that a fault is answered as one.
func (s *Site) Show(w http.ResponseWriter, r *Request, status int, content templ.Component) {
	var body bytes.Buffer
	if err := content.Render(r.Context(), &body); err != nil {
		s.Log.ErrorContext(r.Context(), "page not rendered", "route", r.Pattern, "error", err)
		http.Error(w, r.T("problem.internal"), http.StatusInternalServerError)
		return
	}
	refused, isAgain := r.Context().Value(againKey{}).(*again)
	if isAgain && status == http.StatusOK {
		status = refused.problem.Status
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser may have gone
}

// fail answers with what went wrong.
func (s *Site) fail(w http.ResponseWriter, r *Request, err error) {
	problem := s.problem(r.Context(), err)
	if problem.RetryAfter != "" {
		w.Header().Set("Retry-After", problem.RetryAfter)
	}
	s.Show(w, r, problem.Status, r.Page(r.problemTitle(problem), problemPage(r, problem)))
}

// problem is what went wrong, as people read it. What is no refusal of the API is a fault of the console, which the log has.
func (s *Site) problem(ctx context.Context, err error) *caller.Problem {
	var problem *caller.Problem
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &problem) && problem.Status == http.StatusUnauthorized:
		// The session is good and the API does not know the person: the client that stands for it was disabled.
		return &caller.Problem{Status: http.StatusForbidden, Type: "person-disabled", Title: http.StatusText(http.StatusForbidden)}
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &large):
		return &caller.Problem{
			Status: http.StatusRequestEntityTooLarge, Type: "form-too-large", Title: http.StatusText(http.StatusRequestEntityTooLarge),
		}
	case errors.Is(err, errForm):
		return &caller.Problem{Status: http.StatusBadRequest, Type: "form-unreadable", Title: http.StatusText(http.StatusBadRequest)}
	}
	s.Log.ErrorContext(ctx, "page failed", "error", err)
	return &caller.Problem{
		Status: http.StatusInternalServerError, Type: "internal", Title: http.StatusText(http.StatusInternalServerError),
		Instance: "urn:farebook:request:" + correlation.From(ctx),
	}
}

// again is a form that was refused, for the page that shows it again.
type again struct {
	problem *caller.Problem
	sent    url.Values
	action  string
}

type againKey struct{}

// again shows the page that has the refused form, with its fields and the problem. A form that does not say where it is gets the problem
// alone.
func (s *Site) again(w http.ResponseWriter, r *Request, err error) {
	problem := s.problem(r.Context(), err)
	at := Local(r.PostFormValue(pageField))
	if r.PostFormValue(pageField) == "" {
		at = referer(r.Request)
	}
	if at == Home || problem.Status == http.StatusForbidden {
		s.fail(w, r, problem)
		return
	}
	target, err := url.Parse(at)
	if err != nil { // Local has parsed it
		s.fail(w, r, problem)
		return
	}
	ctx := context.WithValue(r.Context(), againKey{}, &again{problem, r.PostForm, r.URL.Path})
	shown := r.Clone(ctx)
	shown.Method, shown.URL, shown.Body, shown.ContentLength = http.MethodGet, target, http.NoBody, 0
	shown.RequestURI, shown.Form, shown.PostForm, shown.MultipartForm = target.RequestURI(), nil, nil, nil
	if problem.RetryAfter != "" {
		w.Header().Set("Retry-After", problem.RetryAfter)
	}
	s.mux.ServeHTTP(w, shown)
}

// errForm is a form that cannot be read.
var errForm = errors.New("the form cannot be read")

// readForm reads the fields of a form, and its files up to a size.
func readForm(r *http.Request, limit int64) error {
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(limit)
	} else {
		err = r.ParseForm()
	}
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) {
		return err
	}
	return errForm
}

// Local is a path of the console, or its first page if the text is anything else: no address that came with a request leads to another
// site.
func Local(text string) string {
	parsed, err := url.Parse(text)
	switch {
	case err != nil, parsed.IsAbs(), parsed.Host != "", parsed.User != nil, parsed.Opaque != "":
		return Home
	case strings.ContainsAny(text, "\\\r\n\t"), path.Clean(parsed.Path) != strings.TrimSuffix(parsed.Path, "/"):
		return Home
	case !strings.HasPrefix(parsed.Path, Home):
		return Home
	case parsed.Path == SignInPath || strings.HasPrefix(parsed.Path, SignInPath+"/"):
		return Home // after the sign-in, to the sign-in
	}
	return relative(parsed)
}

// relative is the path and the query of a URL.
func relative(u *url.URL) string {
	local := url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery, Fragment: u.Fragment}
	return local.String()
}

// local is the path of an address of this host, or the console's first page.
func local(address, host string) string {
	parsed, err := url.Parse(address)
	if err != nil || (parsed.Host != "" && parsed.Host != host) {
		return Home
	}
	parsed.Scheme, parsed.Host, parsed.User = "", "", nil
	return Local(parsed.String())
}

// referer is the page that a request came from, or the console's first page.
func referer(r *http.Request) string { return local(r.Referer(), r.Host) }

func signInFor(next string) string {
	return SignInPath + "?" + url.Values{"next": {Local(next)}}.Encode()
}
