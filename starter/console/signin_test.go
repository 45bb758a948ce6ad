package console_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
	"farebook/internal/dev/openid"
	"farebook/starter/console/page"
)

// zitadel's provider is one that others run: discovery, PKCE, client authentication and claims are those of the protocol.
func TestTheSignInWorksWithARealProvider(t *testing.T) {
	t.Parallel()
	provider, err := openid.Start(openid.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, provider.Close()) })
	k := consolekit.New(t, func(deps *consolekit.Deps) {
		deps.SignIn.Issuer, deps.SignIn.ClientID, deps.SignIn.ClientSecret = provider.Issuer(), provider.ClientID(), provider.ClientSecret()
		provider.Register(deps.SignIn.URL)
	})
	for _, person := range openid.People() {
		b := k.Stranger()
		shown := b.Get(provider.Link(person, k.URL+openid.BeginPath+"?next=/console/no-such-page"))
		require.Equal(t, "/console/no-such-page", shown.URL.Path, "%s: %s", person.Name, shown.Text("main"))
		require.Contains(t, shown.Text(".person"), person.Name)
	}
	require.Equal(t, 4, k.DB.Count(t, "SELECT COUNT(DISTINCT role) FROM console_people WHERE issuer = ?", provider.Issuer()))
}

func TestSigningInGivesTheRoleOfTheIssuer(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	b := k.Stranger()
	b.SignIn(consolekit.Claims{"sub": "1", "name": "Dana Haddad", "roles": []string{"viewer", "finance", "pilots"}})
	shown := b.Get("/console/no-such-page").Require(http.StatusNotFound)
	require.Equal(t, "Dana Haddad Finance", shown.Text(".person"))
	require.Equal(t, 1, k.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'console.sign-in' AND detail = 'role finance'"))

	b.SignIn(consolekit.Claims{"sub": "1", "name": "dana@example.com", "roles": "support"})
	shown = b.Get("/console/no-such-page")
	require.Equal(t, "1 Support", shown.Text(".person"), "a mail address is no name")
	require.Equal(t, 1, k.DB.Count(t, "SELECT COUNT(*) FROM console_people"), "the same subject is the same person")
}

// Each reason has a text for people, and nobody is signed in.
func TestWhoCannotSignInReadsWhy(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	viewer := consolekit.Somebody(access.Viewer)
	for name, c := range map[string]struct {
		prepare func()
		who     consolekit.Claims
		status  int
		text    string
	}{
		"no role":        {nil, consolekit.Claims{"sub": "1", "name": "Dana", "roles": []string{"pilots"}}, http.StatusForbidden, "no role"},
		"no claim":       {nil, consolekit.Claims{"sub": "1"}, http.StatusForbidden, "the claim roles"},
		"denied":         {func() { k.Issuer.Refuse("access_denied") }, viewer, http.StatusForbidden, "denied"},
		"refused":        {func() { k.Issuer.Refuse("invalid_scope") }, viewer, http.StatusBadGateway, "refuses"},
		"other audience": {func() { k.Issuer.Lie(set("aud", "another")) }, viewer, http.StatusBadGateway, "trusted"},
		"other issuer":   {func() { k.Issuer.Lie(set("iss", "https://evil.example")) }, viewer, http.StatusBadGateway, "trusted"},
		"expired":        {func() { k.Issuer.Lie(set("exp", 1)) }, viewer, http.StatusBadGateway, "trusted"},
		"other nonce":    {func() { k.Issuer.Lie(set("nonce", "another")) }, viewer, http.StatusBadRequest, "not begun"},
	} {
		k.Issuer.Refuse("")
		k.Issuer.Lie(nil)
		if c.prepare != nil {
			c.prepare()
		}
		b := k.Stranger()
		shown := b.SignIn(c.who)
		require.Equal(t, c.status, shown.Status, name)
		require.Contains(t, shown.Text("main"), c.text, name)
		require.Equal(t, page.SignInPath, b.Get(page.Home).URL.Path, name)
	}
	require.Zero(t, k.DB.Count(t, "SELECT COUNT(*) FROM console_sessions"))
	require.Zero(t, k.DB.Count(t, "SELECT COUNT(*) FROM console_people"))
}

func set(name string, value any) func(consolekit.Claims) {
	return func(token consolekit.Claims) { token[name] = value }
}

// A code that somebody else has got, or an answer that no sign-in has asked for, signs nobody in.
func TestAForgedAnswerOfTheIssuerIsRefused(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	for _, path := range []string{
		page.SignInPath + "/callback?code=1&state=1", page.SignInPath + "/callback", page.SignInPath + "/callback?error=access_denied&state=1",
	} {
		shown := k.Stranger().Get(path)
		require.Equal(t, http.StatusBadRequest, shown.Status, path)
		require.Contains(t, shown.Text("main"), "not begun in this browser")
	}
	b := k.Stranger()
	b.SetCookie(&http.Cookie{Name: "farebook-signin", Value: "bm90aGluZw", Path: "/"})
	b.Get(page.SignInPath + "/callback?code=1&state=").Require(http.StatusBadRequest)
}

// The token that a browser had before the sign-in is worth nothing after it.
func TestTheSessionsTokenIsRenewedAtTheSignIn(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	b := k.As(access.Viewer)
	before := sessionOf(t, b)
	b.SignIn(consolekit.Somebody(access.Administrator))
	after := sessionOf(t, b)
	require.NotEqual(t, before, after)
	thief := k.Stranger()
	thief.SetCookie(&http.Cookie{Name: "farebook-session", Value: before, Path: "/"})
	require.Equal(t, page.SignInPath, thief.Get(page.Home).URL.Path)
	thief.SetCookie(&http.Cookie{Name: "farebook-session", Value: "chosen", Path: "/"})
	thief.SignIn(consolekit.Somebody(access.Viewer))
	require.NotEqual(t, "chosen", sessionOf(t, thief))
	require.Zero(t, k.DB.Count(t, "SELECT COUNT(*) FROM console_sessions WHERE content LIKE ? OR token_sha256 = ?", "%"+after+"%", after),
		"the database has no token")
}

func sessionOf(t *testing.T, b *consolekit.Browser) string {
	t.Helper()
	for _, cookie := range b.Cookies() {
		if cookie.Name == "farebook-session" {
			return cookie.Value
		}
	}
	require.Fail(t, "no session")
	return ""
}

func TestASessionEndsAtItsLimitWhateverHappens(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, func(deps *consolekit.Deps) { deps.SignIn.Idle, deps.SignIn.Limit = 30*time.Minute, 20*time.Minute })
	b := k.As(access.Viewer)
	b.Get("/console/no-such-page").Require(http.StatusNotFound)
	k.DB.Clock.Advance(21 * time.Minute)
	require.Equal(t, page.SignInPath, b.Get(page.Home).URL.Path)
}

func TestTheSignInLeadsToNoOtherSite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"/console/bookings?status=paid#top": "/console/bookings?status=paid#top",
		"https://evil.example/console/":     page.Home,
		"//evil.example/console/":           page.Home,
		"/\\evil.example":                   page.Home,
		"/console/..//evil.example":         page.Home,
		"/console/../v1/bookings":           page.Home,
		"/console/%2e%2e/v1":                page.Home,
		"/console\t//evil.example":          page.Home,
		"javascript:alert(1)":               page.Home,
		"/v1/bookings":                      page.Home,
		"console/bookings":                  page.Home,
		"/console/signin/start":             page.Home,
		"/consoles":                         page.Home,
		"":                                  page.Home,
	} {
		require.Equal(t, want, page.Local(text), "%q", text)
	}
	k := consolekit.New(t, nil)
	b := k.Stranger()
	shown := b.Get(page.SignInPath + "?" + url.Values{"next": {"https://evil.example/"}}.Encode())
	link, _ := shown.Find("main a.button").Attr("href")
	require.Equal(t, page.SignInPath+"/start?next=%2Fconsole%2F", link)
}

func TestAnIssuerThatDoesNotAnswerIsSaidSo(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	k.Issuer.Stop()
	shown := k.Stranger().Get(page.SignInPath + "/start").Require(http.StatusServiceUnavailable)
	require.Contains(t, shown.Text("main"), "does not answer")
	require.NotEmpty(t, shown.Header.Get("Retry-After"))
}

// Two people are two clients, and one is the same whichever browser is used; an administrator can disable one.
func TestAPersonIsAClientThatCanBeDisabled(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	support := k.As(access.Support)
	k.As(access.Support)
	k.As(access.Viewer)
	require.Equal(t, 2, k.DB.Count(t, "SELECT COUNT(DISTINCT client_id) FROM audit_log WHERE action = 'console.sign-in'"))
	require.Equal(t, 2, k.DB.Count(t, "SELECT COUNT(*) FROM console_people"))
	require.Equal(t, 2, k.DB.Count(t, "SELECT COUNT(*) FROM api_keys WHERE revoked_at IS NOT NULL AND scopes = ''"), "no key can be used")

	var client string
	require.NoError(t, k.DB.SQL.QueryRowContext(t.Context(),
		"SELECT c.client_id FROM api_clients c WHERE c.name LIKE 'Dana Support (console cl\\_%'").Scan(&client))
	found, err := k.DB.Store.Client(t.Context(), client)
	require.NoError(t, err)
	require.NoError(t, k.DB.Store.DisableClient(t.Context(), found.ID, true, access.Actor{Name: "tester"}))
	b := k.Stranger()
	shown := b.SignIn(consolekit.Somebody(access.Support))
	require.Equal(t, http.StatusForbidden, shown.Status)
	require.Contains(t, shown.Text("main"), "disabled your access")
	_ = support
}

// Whoever signs out here signs out at the issuer, if it offers that; it learns the client and nobody's token. The session has ended before.
func TestSigningOutEndsTheIssuersSession(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	k.Issuer.OfferSignOut()
	b := k.As(access.Viewer)
	shown := b.Post(page.SignOutPath, nil).Require(http.StatusOK)
	require.Equal(t, page.SignInPath+"/out", shown.URL.Path)
	require.Contains(t, shown.Text("main"), "and of the sign-in service")
	asked := k.Issuer.SignOuts()
	require.Len(t, asked, 1)
	require.Equal(t, consolekit.ClientID, asked[0].Get("client_id"))
	require.Equal(t, k.URL+page.SignInPath+"/out", asked[0].Get("post_logout_redirect_uri"))
	require.Empty(t, asked[0].Get("id_token_hint"))
	require.Equal(t, page.SignInPath, b.Get(page.Home).URL.Path)
	require.Zero(t, k.DB.Count(t, "SELECT COUNT(*) FROM console_sessions"))
}

// An issuer without a sign-out, or one that is away, keeps nobody from signing out here.
func TestSigningOutNeedsNoIssuer(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	b := k.As(access.Viewer)
	k.Issuer.Stop()
	shown := b.Post(page.SignOutPath, nil).Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "may still be open")
	require.Equal(t, page.SignInPath, b.Get(page.Home).URL.Path)
}
