package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
	"farebook/starter/console/page"
	"farebook/starter/console/words"
)

func TestAStrangerIsSentToTheSignInAndBack(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	stranger := k.Stranger()
	shown := stranger.Get("/console/bookings?status=paid").Require(http.StatusOK)
	require.Equal(t, page.SignInPath, shown.URL.Path)
	require.Equal(t, "/console/bookings?status=paid", shown.URL.Query().Get("next"))
	link, _ := shown.Find("main a.button").Attr("href")
	require.Equal(t, page.SignInPath+"/start?next=%2Fconsole%2Fbookings%3Fstatus%3Dpaid", link)
	require.Equal(t, page.SignInPath, stranger.Get("/console/no-such-page").URL.Path, "a stranger learns nothing about pages")
	require.Empty(t, k.DB.Count(t, "SELECT COUNT(*) FROM console_sessions"), "a stranger writes no rows")

	partly := stranger.Request(http.MethodGet, "/console/bookings", nil)
	partly.Header.Set("HX-Request", "true")
	partly.Header.Set("HX-Current-URL", k.URL+"/console/bookings?status=paid")
	answer := stranger.Do(partly)
	require.Equal(t, http.StatusUnauthorized, answer.Status)
	require.Equal(t, page.SignInPath+"?next=%2Fconsole%2Fbookings%3Fstatus%3Dpaid", answer.Header.Get("HX-Redirect"))
}

// Every answer of the console has the same headers, whoever asks and whatever comes.
func TestEveryAnswerHasAStrictPolicy(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	for name, b := range map[string]*consolekit.Browser{"stranger": k.Stranger(), "viewer": k.As(access.Viewer)} {
		for _, path := range []string{
			page.Home, "/console/no-such-page", page.SignInPath, "/console/assets/none.css", "/console/signin/callback",
		} {
			shown := b.Get(path)
			require.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "+
				"form-action 'self' "+k.Issuer.URL()+"; base-uri 'none'; frame-ancestors 'none'", shown.Header.Get("Content-Security-Policy"),
				"%s: %s", name, path)
			require.Equal(t, "nosniff", shown.Header.Get("X-Content-Type-Options"), path)
			require.Equal(t, "same-origin", shown.Header.Get("Referrer-Policy"), path)
			require.Equal(t, "no-store", shown.Header.Get("Cache-Control"), path)
			requireNothingInline(t, shown)
		}
	}
}

// requireNothingInline checks what the policy would refuse, and that nothing comes from another host.
func requireNothingInline(t *testing.T, shown *consolekit.Page) {
	t.Helper()
	require.Zero(t, shown.Find("style, [style], script:not([src])").Length(), shown.Body)
	for _, attribute := range []string{"onclick", "onchange", "onsubmit", "onload", "hx-on", "hx-vals"} {
		require.Zero(t, shown.Find("["+attribute+"]").Length(), attribute)
	}
	shown.Find("script[src], link[href], img[src]").Each(func(_ int, part *consolekit.Selection) {
		source := part.AttrOr("src", part.AttrOr("href", ""))
		require.True(t, strings.HasPrefix(source, "/console/"), source)
	})
}

func TestAssetsAreServedForEver(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	stranger := k.Stranger()
	shown := stranger.Get(page.SignInPath)
	parts := shown.Find("script[src], link[href]")
	require.Equal(t, 4, parts.Length())
	parts.Each(func(_ int, part *consolekit.Selection) {
		file := stranger.Get(part.AttrOr("src", part.AttrOr("href", ""))).Require(http.StatusOK)
		require.Contains(t, file.Header.Get("Cache-Control"), "immutable")
		require.NotEmpty(t, file.Body)
	})
}

func TestTheFrameFollowsRoleLanguageAndZone(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	b := k.As(access.Viewer)
	shown := b.Get("/console/no-such-page").Require(http.StatusNotFound)
	require.Equal(t, "No such page", shown.Text("h1"))
	require.Equal(t, "Dana Viewer Viewer", shown.Text(".person"))
	require.Equal(t, 1, shown.Find("a.skip[href='#main']").Length())
	require.Equal(t, 1, shown.Find("form[role=search] input[name=q]").Length())
	require.Equal(t, "Test mode", shown.Text(".mode"))

	shown = b.Get("/console/no-such-page?lang=ar&q=1").Require(http.StatusNotFound)
	require.Equal(t, "/console/no-such-page?q=1", shown.URL.RequestURI(), "the choice is kept, and the filters stay")
	require.Equal(t, "rtl", shown.Find("html").AttrOr("dir", ""))
	require.Equal(t, "ar", shown.Find("html").AttrOr("lang", ""))
	require.Equal(t, "لا توجد صفحة كهذه", shown.Text("h1"))

	shown = b.Get("/console/no-such-page?tz=Asia/Dubai&lang=en")
	require.Equal(t, "Asia/Dubai", shown.Find("#zone option[selected]").AttrOr("value", ""))
	shown = b.Get("/console/no-such-page?tz=Local")
	require.Equal(t, "Asia/Dubai", shown.Find("#zone option[selected]").AttrOr("value", ""), "the machine's time zone is nobody's")
}

// textID is a text that has no translation, or whose id was mistyped.
var textID = regexp.MustCompile(`\b[a-z]+(\.[a-z][a-z-]+)+\b`)

// Each page of the navigation is opened by a link alone, in both languages and for each role, and keeps the rules of all pages.
func TestEachPageOfTheNavigationKeepsTheRules(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	for _, role := range access.Roles() {
		b := k.As(role)
		for _, language := range words.Languages {
			var paths []string
			b.Get("/console/no-such-page?lang=" + language).Find(".side nav a").Each(func(_ int, link *consolekit.Selection) {
				paths = append(paths, link.AttrOr("href", ""))
			})
			require.NotEmpty(t, paths, role)
			for _, path := range paths {
				shown := b.Get(path)
				about := string(role) + ", " + language + ": " + path
				assert.Equal(t, http.StatusOK, shown.Status, "%s: %s", about, shown.Text("main"))
				assert.Equal(t, 1, shown.Find("h1").Length(), about)
				assert.Equal(t, language, shown.Find("html").AttrOr("lang", ""), about)
				assert.Equal(t, path, shown.Find(".side nav a[aria-current=page]").AttrOr("href", ""), about)
				assert.NotRegexp(t, textID, shown.Text("h1, h2, h3, th, label, button, .side nav"), about)
				requireNothingInline(t, shown)
				checkAccessible(t, shown, about)
			}
		}
	}
}

// checkAccessible checks what needs no browser: the rest is checked by axe-core in the tests of the browser.
func checkAccessible(t *testing.T, shown *consolekit.Page, about string) {
	t.Helper()
	ids := map[string]bool{}
	shown.Find("[id]").Each(func(_ int, part *consolekit.Selection) {
		id := part.AttrOr("id", "")
		assert.False(t, ids[id], "%s: two parts have the id %s", about, id)
		ids[id] = true
	})
	assert.Zero(t, shown.Find("th:not([scope])").Length(), about)
	shown.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, field *consolekit.Selection) {
		_, named := field.Attr("aria-label")
		wrapped := field.ParentsFiltered("label").Length() > 0
		labelled := shown.Find("label[for='"+field.AttrOr("id", "")+"']").Length() > 0
		assert.True(t, named || wrapped || labelled, "%s: the field %s has no label", about, field.AttrOr("name", ""))
	})
	shown.Find("form[method=post]").Each(func(_ int, form *consolekit.Selection) {
		action := form.AttrOr("action", "")
		assert.True(t, action == page.SignOutPath || form.Find("input[name=_key]").Length() == 1, "%s: the form to %s has no key", about, action)
	})
}

// Another site can send a form with somebody's session; it does nothing.
func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	b := k.As(access.Support)
	forged := b.Request(http.MethodPost, page.SignOutPath, url.Values{})
	forged.Header.Set("Sec-Fetch-Site", "cross-site")
	shown := b.Do(forged).Require(http.StatusForbidden)
	require.Contains(t, shown.Text("main"), "Another site")
	forged = b.Request(http.MethodPost, page.SignOutPath, url.Values{})
	forged.Header.Del("Sec-Fetch-Site")
	forged.Header.Set("Origin", "https://evil.example")
	b.Do(forged).Require(http.StatusForbidden)
	b.Get("/console/no-such-page").Require(http.StatusNotFound) // still signed in
}

func TestAnAddressIsLimited(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, func(deps *consolekit.Deps) { deps.Requests.PerSecond, deps.Requests.Burst = 0.001, 2 })
	stranger := k.Stranger()
	stranger.Get(page.SignInPath).Require(http.StatusOK)
	stranger.Get(page.SignInPath).Require(http.StatusOK)
	shown := stranger.Get(page.SignInPath).Require(http.StatusTooManyRequests)
	require.NotEmpty(t, shown.Header.Get("Retry-After"))
	require.NotEmpty(t, shown.Text("main h1"), "a page, which htmx can show in its place")
}

// A page that was written against the API shows its refusals, and a form that was refused keeps what was typed.
func TestARefusedFormIsShownAgain(t *testing.T) {
	t.Parallel()
	var sent []string
	k := consolekit.New(t, func(deps *consolekit.Deps) {
		deps.Pages = append(deps.Pages, func(site *page.Site) {
			site.Get("/console/test/{id}", func(r *page.Request) (templ.Component, error) {
				var audit struct{ Entries []struct{ Action string } }
				if r.Q("audit") != "" {
					return templ.NopComponent, r.API.Get(r.Context(), "/v1/audit", nil, &audit)
				}
				return r.Page("Test", testForm(r)), nil
			})
			site.Post("/console/test/{id}", func(r *page.Request) (string, error) {
				sent = append(sent, r.Key())
				body := map[string]string{"name": r.Field("name")}
				return "/console/test/done", r.API.Send(r.Context(), http.MethodPost, "/v1/clients", r.Key(), body, nil)
			})
		})
	})
	b := k.As(access.Administrator)
	shown := b.Get("/console/test/1").Require(http.StatusOK)
	refused := b.Submit(shown, "main form", "name", strings.Repeat("x", 200)).Require(http.StatusUnprocessableEntity)
	require.Equal(t, strings.Repeat("x", 200), refused.Find("input[name=name]").AttrOr("value", ""))
	require.Equal(t, 1, refused.Find("#problem[role=alert]").Length())
	described := refused.Find("input[name=name]").AttrOr("aria-describedby", "")
	require.NotEmpty(t, refused.Text("#"+described))
	done := b.Submit(refused, "main form", "name", "shop").Require(http.StatusOK)
	require.Equal(t, "/console/test/done", done.URL.Path)
	require.NotEqual(t, sent[0], sent[1], "a refused form gets a new key")
	require.Equal(t, 1, k.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'client.create' AND subject LIKE 'cl_%' AND "+
		"actor LIKE 'Dana Admin (console ak\\_%' AND detail = 'shop'"), "the audit log has the person")

	b.Get("/console/test/1?audit=1").Require(http.StatusOK)
	viewer := k.As(access.Viewer)
	require.Equal(t, "Your role does not allow this", viewer.Get("/console/test/1?audit=1").Require(http.StatusForbidden).Text("h1"))
	refused = viewer.Submit(viewer.Get("/console/test/1"), "main form", "name", "other").Require(http.StatusForbidden)
	require.Equal(t, "Your role does not allow this", refused.Text("h1"))
	require.Zero(t, k.DB.Count(t, "SELECT COUNT(*) FROM api_clients WHERE name = 'other'"))
}

func TestASessionEndsWithTheSignOut(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	b := k.As(access.Viewer)
	out := b.Post(page.SignOutPath, url.Values{}).Require(http.StatusOK)
	require.Contains(t, out.Text("main"), "signed out")
	require.Equal(t, page.SignInPath, b.Get("/console/no-such-page").URL.Path)
	require.Zero(t, k.DB.Count(t, "SELECT COUNT(*) FROM console_sessions"), "the session is gone, and not only the cookie")
}

func TestASessionEndsWithoutRequests(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	b := k.As(access.Viewer)
	expiry := func() (at string) {
		require.NoError(t, k.DB.SQL.QueryRowContext(t.Context(), "SELECT CAST(expires_at AS CHAR) FROM console_sessions").Scan(&at))
		return at
	}
	before := expiry()
	k.DB.Clock.Advance(29 * time.Minute)
	b.Get("/console/no-such-page").Require(http.StatusNotFound)
	require.Greater(t, expiry(), before, "each request lets the session live on")
	k.DB.Clock.Advance(2 * time.Minute)
	require.Equal(t, page.SignInPath, b.Get("/console/no-such-page").URL.Path)
}
