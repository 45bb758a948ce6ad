package fakestripe

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// browserFiles are what a browser loads from the stand-in: the script in place of Stripe.js, the frame of the Payment Element, and the
// page of a bank that asks for authentication.
//
//go:embed browser
var browserFiles embed.FS

// ScriptPath is where the script is, as at https://js.stripe.com.
const ScriptPath = "/v3/"

// ScriptURL is the address of the script in place of Stripe.js, for STRIPE_JS_URL.
func (s *Server) ScriptURL() string { return s.URL() + ScriptPath }

// authenticatePath is where banks ask for authentication, as at https://hooks.stripe.com.
const authenticatePath = "/redirect/authenticate/"

var securePage = template.Must(template.ParseFS(browserFiles, "browser/secure.html"))

// browserRoutes registers what browsers load.
func (s *Server) browserRoutes(mux *http.ServeMux) {
	for path, file := range map[string]struct{ name, kind string }{
		"GET /v3/{$}":                         {"stripe.js", "text/javascript; charset=utf-8"},
		"GET /v3/element.js":                  {"element.js", "text/javascript; charset=utf-8"},
		"GET /v3/elements-inner-payment.html": {"element.html", "text/html; charset=utf-8"},
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			content, err := browserFiles.ReadFile("browser/" + file.name)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", file.kind)
			w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
			_, _ = w.Write(content) // a browser that has gone needs nothing
		})
	}
	mux.HandleFunc("GET "+authenticatePath+"{id}", s.askForAuthentication)
	for name, move := range map[string]func(string) error{"complete": s.CompleteAction, "fail": s.FailAction} {
		mux.HandleFunc("POST "+authenticatePath+"{id}/"+name, func(w http.ResponseWriter, r *http.Request) {
			_ = move(r.PathValue("id")) // nothing awaited any more: the traveller came back to the bank's page
			s.leadBack(w, r)
		})
	}
}

// askForAuthentication is the page of the bank.
func (s *Server) askForAuthentication(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	i := s.intents.get(r.PathValue("id"))
	var shown struct{ ID, Amount string }
	if i != nil {
		shown.ID, shown.Amount = i.id, strconv.FormatInt(i.amount, 10)+" minor units of "+strings.ToUpper(i.currency)
	}
	s.mu.Unlock()
	if i == nil {
		http.NotFound(w, r)
		return
	}
	var page bytes.Buffer
	if err := securePage.Execute(&page, shown); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page.Bytes()) // a browser that has gone needs nothing
}

// leadBack leads to return_url with the parameters that Stripe adds (docs.stripe.com/js/payment_intents/confirm_payment).
func (s *Server) leadBack(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	i := s.intents.get(r.PathValue("id"))
	var address, id, secret, status string
	if i != nil {
		address, id, secret, status = i.returnURL, i.id, i.secret, i.status
	}
	s.mu.Unlock()
	back, err := url.Parse(address)
	if err != nil || address == "" {
		http.Error(w, "the PaymentIntent was confirmed without a return_url", http.StatusNotFound)
		return
	}
	outcome := "failed"
	if status == succeeded || status == needsCapture || status == processing {
		outcome = "succeeded"
	}
	query := back.Query()
	query.Set("payment_intent", id)
	query.Set("payment_intent_client_secret", secret)
	query.Set("redirect_status", outcome)
	back.RawQuery = query.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// authenticationURL is where the bank of a PaymentIntent asks for authentication. A stand-in that does not listen has Stripe's.
func (s *Server) authenticationURL(id string) string {
	if s.address == "" {
		return "https://hooks.stripe.com" + authenticatePath + id
	}
	return s.URL() + authenticatePath + id
}
