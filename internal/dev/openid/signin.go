package openid

import (
	_ "embed"
	"html/template"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	choosePath = "/choose"
	oncePath   = "/once/"
	// ticketCookie carries the ticket of a browser that has followed a link.
	ticketCookie = "openid_once"
)

//go:embed page/choose.html
var choosePage string

var choose = template.Must(template.New("choose").Parse(choosePage))

// Link returns an address that signs a browser in as person: once, within LinkLife. next is where the console begins a sign-in; the
// protocol then takes its usual course, except that nobody is asked.
func (p *Provider) Link(person Person, next string) string {
	return p.issuer + oncePath + p.links.give(person, next, LinkLife)
}

func (p *Provider) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+choosePath, p.ask)
	mux.HandleFunc("POST "+choosePath, p.choose)
	mux.HandleFunc("GET "+oncePath+"{token}", p.follow)
	mux.Handle("/", p.protocol)
	return mux
}

// ask shows who can be chosen, unless the browser comes from a link.
func (p *Provider) ask(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("request")
	if cookie, err := r.Cookie(ticketCookie); err == nil {
		if ticket, valid := p.links.take(cookie.Value); valid {
			p.finish(w, r, id, ticket.person)
			return
		}
	}
	if _, err := p.storage.AuthRequestByID(r.Context(), id); err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	header(w)
	_ = choose.Execute(w, map[string]any{"Request": id, "People": p.options.People}) // fails only if the browser has disconnected
}

func (p *Provider) choose(w http.ResponseWriter, r *http.Request) {
	chosen, found := personOf(p.options.People, r.PostFormValue("person"))
	if !found {
		refuse(w, http.StatusBadRequest, "nobody has this subject")
		return
	}
	p.finish(w, r, r.PostFormValue("request"), chosen)
}

// finish sends the browser back to the protocol, which sends it to the console with a code.
func (p *Provider) finish(w http.ResponseWriter, r *http.Request, id string, chosen Person) {
	if err := p.storage.signIn(id, chosen); err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	callback := op.AuthCallbackURL(p.protocol)(op.ContextWithIssuer(r.Context(), p.issuer), id)
	http.Redirect(w, r, callback, http.StatusSeeOther)
}

// follow exchanges a link for a ticket in a cookie, and sends the browser to the console.
func (p *Provider) follow(w http.ResponseWriter, r *http.Request) {
	link, valid := p.links.take(r.PathValue("token"))
	if !valid {
		refuse(w, http.StatusGone, "This link has been used, or is older than "+LinkLife.String()+". `make up` prints a new one at each start.")
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: ticketCookie, Value: p.links.give(link.person, "", ticketLife), Path: choosePath,
		MaxAge: int(ticketLife.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, link.next, http.StatusSeeOther)
}

func header(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
}

func refuse(w http.ResponseWriter, status int, why string) {
	header(w)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(why + "\n")) // fails only if the browser has disconnected
}
