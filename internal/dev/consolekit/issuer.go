// Package consolekit signs tests in to the console and reads its pages: an issuer of OpenID Connect that says what a test wants, browsers
// without scripts, and a console with the real API on its own database. It imports access, testdb, testkit, starter/api, starter/console
// and what these need.
package consolekit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// The console at the issuer.
const (
	ClientID     = "farebook"
	ClientSecret = "console-" + "secret" // put together, so that no scanner takes it for a real one
)

// Claims are what the issuer says of somebody: sub, name and roles, and whatever a test adds.
type Claims map[string]any

// Issuer is an issuer of OpenID Connect. It signs in whoever comes, without a page: SignIn says who that is.
type Issuer struct {
	t      testing.TB
	server *httptest.Server
	key    *ecdsa.PrivateKey

	// signing lets one browser sign in at a time.
	signing sync.Mutex
	mutex   sync.Mutex
	who     Claims
	lie     func(token Claims)
	refusal string
	grants  map[string]grant
	// logouts are the sign-outs that browsers have come for; nil until it offers them.
	logouts []url.Values
}

// grant is what a code stands for.
type grant struct {
	challenge, nonce, redirect string
	who                        Claims
}

// NewIssuer starts an issuer until the test ends.
func NewIssuer(t testing.TB) *Issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	i := &Issuer{t: t, key: key, grants: map[string]grant{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.describe)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("GET /logout", i.logout)
	i.server = httptest.NewServer(mux)
	t.Cleanup(i.server.Close)
	return i
}

// URL is the issuer's address.
func (i *Issuer) URL() string { return i.server.URL }

// Stop closes the issuer: nobody can sign in any more.
func (i *Issuer) Stop() { i.server.Close() }

// Env is the configuration of a console that the issuer signs people in to.
func (i *Issuer) Env() []string {
	return []string{"CONSOLE_ISSUER=" + i.URL(), "CONSOLE_CLIENT_ID=" + ClientID, "CONSOLE_CLIENT_SECRET=" + ClientSecret}
}

// Lie has the issuer change the ID tokens of the next sign-ins; nil ends it.
func (i *Issuer) Lie(change func(token Claims)) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.lie = change
}

// Refuse has the issuer send browsers back with an error, such as access_denied; empty ends it.
func (i *Issuer) Refuse(code string) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.refusal = code
}

// as has the issuer sign in somebody while a browser does what it does.
func (i *Issuer) as(who Claims, do func()) {
	i.signing.Lock()
	defer i.signing.Unlock()
	i.mutex.Lock()
	i.who = who
	i.mutex.Unlock()
	do()
}

// OfferSignOut has the issuer's description name where its own session ends. A console reads it once.
func (i *Issuer) OfferSignOut() {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.logouts = []url.Values{}
}

// SignOuts are the parameters of the sign-outs that browsers have come for.
func (i *Issuer) SignOuts() []url.Values {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return slices.Clone(i.logouts)
}

// logout sends the browser back to where it says, as an issuer does with an address that is registered.
func (i *Issuer) logout(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	i.mutex.Lock()
	i.logouts = append(i.logouts, query)
	i.mutex.Unlock()
	back, err := url.Parse(query.Get("post_logout_redirect_uri"))
	if err != nil || query.Get("client_id") != ClientID {
		http.Error(w, "not a request of the console", http.StatusBadRequest)
		return
	}
	back.RawQuery = url.Values{"state": {query.Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

func (i *Issuer) describe(w http.ResponseWriter, _ *http.Request) {
	i.mutex.Lock()
	offers := i.logouts != nil
	i.mutex.Unlock()
	described := map[string]any{
		"issuer": i.URL(), "authorization_endpoint": i.URL() + "/authorize", "token_endpoint": i.URL() + "/token", "jwks_uri": i.URL() + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{string(jose.ES256)}, "code_challenge_methods_supported": []string{"S256"},
	}
	if offers {
		described["end_session_endpoint"] = i.URL() + "/logout"
	}
	i.answer(w, http.StatusOK, described)
}

// authorize sends the browser back with a code. It accepts nothing without PKCE, state and nonce.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	for _, name := range []string{"state", "nonce", "code_challenge", "redirect_uri"} {
		if query.Get(name) == "" {
			http.Error(w, "no "+name, http.StatusBadRequest)
			return
		}
	}
	if query.Get("client_id") != ClientID || query.Get("code_challenge_method") != "S256" || query.Get("response_type") != "code" {
		http.Error(w, "not a request of the console", http.StatusBadRequest)
		return
	}
	i.mutex.Lock()
	code := rand.Text()
	i.grants[code] = grant{query.Get("code_challenge"), query.Get("nonce"), query.Get("redirect_uri"), maps.Clone(i.who)}
	answer := url.Values{"code": {code}, "state": {query.Get("state")}, "iss": {i.URL()}}
	if i.refusal != "" {
		answer = url.Values{"error": {i.refusal}, "state": {query.Get("state")}}
	}
	i.mutex.Unlock()
	http.Redirect(w, r, query.Get("redirect_uri")+"?"+answer.Encode(), http.StatusSeeOther)
}

// token redeems a code once, for whoever has its verifier.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mutex.Lock()
	given, known := i.grants[r.FormValue("code")]
	delete(i.grants, r.FormValue("code"))
	lie := i.lie
	i.mutex.Unlock()
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	switch {
	case id != ClientID || secret != ClientSecret:
		i.answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	case !known, given.redirect != r.FormValue("redirect_uri"),
		given.challenge != base64.RawURLEncoding.EncodeToString(challenge[:]):
		i.answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	now := time.Now()
	claims := Claims{"iss": i.URL(), "aud": ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": given.nonce}
	maps.Copy(claims, given.who)
	if lie != nil {
		lie(claims)
	}
	i.answer(w, http.StatusOK, map[string]any{
		"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 3600, "id_token": i.sign(claims),
	})
}

func (i *Issuer) sign(claims Claims) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: i.key}, (&jose.SignerOptions{}).WithHeader("kid", "1"))
	require.NoError(i.t, err)
	content, err := json.Marshal(claims)
	require.NoError(i.t, err)
	signed, err := signer.Sign(content)
	require.NoError(i.t, err)
	text, err := signed.CompactSerialize()
	require.NoError(i.t, err)
	return text
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	i.answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: i.key.Public(), KeyID: "1", Algorithm: string(jose.ES256), Use: "sig"},
	}})
}

func (i *Issuer) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the console may have gone
}
