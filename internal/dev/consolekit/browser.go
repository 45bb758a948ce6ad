package consolekit

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testkit"
	"farebook/starter/console/page"
)

// Browser is a browser without scripts, with cookies.
type Browser struct {
	t      testing.TB
	base   string
	issuer *Issuer
	client *http.Client
	// Language is Accept-Language.
	Language string
}

// Browse returns a browser of a console for somebody who has not signed in.
func Browse(t testing.TB, base string, issuer *Issuer) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &Browser{t: t, base: base, issuer: issuer, client: &http.Client{Jar: jar, Transport: transport}, Language: "en"}
}

// Somebody are the claims of somebody with a role, who is always the same subject.
func Somebody(role access.Role) Claims {
	name := "Dana " + strings.ToUpper(string(role[:1])) + string(role[1:])
	return Claims{"sub": "sub-" + string(role), "name": name, "roles": []string{string(role)}}
}

// SignIn signs somebody in, and returns the page that the browser shows then.
func (b *Browser) SignIn(who Claims) *Page {
	b.t.Helper()
	var shown *Page
	b.issuer.as(who, func() { shown = b.Get(page.SignInPath + "/start") })
	return shown
}

// Page is an answer, read whole after all redirects.
type Page struct {
	*goquery.Document

	t      testing.TB
	Status int
	Header http.Header
	URL    *url.URL
	Body   string
}

// Get opens a path of the console.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	return b.do(b.Request(http.MethodGet, path, nil))
}

// Post sends a form, as a browser sends one of the console.
func (b *Browser) Post(path string, fields url.Values) *Page {
	b.t.Helper()
	return b.do(b.Request(http.MethodPost, path, fields))
}

// Submit sends a form of a page with its fields as they are, and some changed: names and values in pairs.
func (b *Browser) Submit(p *Page, selector string, changed ...string) *Page {
	b.t.Helper()
	form := p.Find(selector)
	require.Equal(b.t, 1, form.Length(), "%s in %s", selector, p.Body)
	fields := fieldsOf(form)
	for i := 0; i+1 < len(changed); i += 2 {
		fields.Set(changed[i], changed[i+1])
	}
	action, _ := form.Attr("action")
	if form.AttrOr("method", "get") == "post" {
		return b.Post(action, fields)
	}
	return b.Get(action + "?" + fields.Encode())
}

func fieldsOf(form *goquery.Selection) url.Values {
	fields := url.Values{}
	form.Find("input[name], textarea[name], select[name]").Each(func(_ int, field *goquery.Selection) {
		name := field.AttrOr("name", "")
		_, checked := field.Attr("checked")
		switch kind := field.AttrOr("type", ""); {
		case goquery.NodeName(field) == "textarea":
			fields.Add(name, field.Text())
		case goquery.NodeName(field) == "select":
			chosen := field.Find("option[selected]").First()
			if chosen.Length() == 0 {
				chosen = field.Find("option").First()
			}
			fields.Add(name, chosen.AttrOr("value", chosen.Text()))
		case (kind == "checkbox" || kind == "radio") && !checked:
		default:
			fields.Add(name, field.AttrOr("value", ""))
		}
	})
	return fields
}

// Request is a request as a browser makes it, for tests that change it and send it by Do.
func (b *Browser) Request(method, path string, fields url.Values) *http.Request {
	b.t.Helper()
	var body io.Reader
	if fields != nil {
		body = strings.NewReader(fields.Encode())
	}
	target := path
	if strings.HasPrefix(path, "/") {
		target = b.base + path
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, target, body)
	require.NoError(b.t, err)
	request.Header.Set("Accept-Language", b.Language)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	if fields != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return request
}

// Do sends a request.
func (b *Browser) Do(request *http.Request) *Page {
	b.t.Helper()
	return b.do(request)
}

// do sends a request, and again while the answer to it says that the database has not answered in time, as the page says. A form that is
// sent again acts once.
func (b *Browser) do(request *http.Request) (shown *Page) {
	b.t.Helper()
	_, err := testkit.UntilInTime(func() (testkit.Answer, error) {
		sent := request.Clone(request.Context())
		if request.GetBody != nil {
			body, err := request.GetBody()
			if err != nil {
				return testkit.Answer{}, err
			}
			sent.Body = body
		}
		shown = b.send(sent)
		return testkit.Answer{Status: shown.Status}, nil
	})
	require.NoError(b.t, err)
	return shown
}

func (b *Browser) send(request *http.Request) *Page {
	b.t.Helper()
	response, err := b.client.Do(request)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	document, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	require.NoError(b.t, err)
	return &Page{
		Document: document, t: b.t, Status: response.StatusCode, Header: response.Header, URL: response.Request.URL, Body: string(body),
	}
}

// Cookies are those of the console.
func (b *Browser) Cookies() []*http.Cookie {
	b.t.Helper()
	base, err := url.Parse(b.base + page.Home)
	require.NoError(b.t, err)
	return b.client.Jar.Cookies(base)
}

// SetCookie puts a cookie into the browser.
func (b *Browser) SetCookie(cookie *http.Cookie) {
	b.t.Helper()
	base, err := url.Parse(b.base + page.Home)
	require.NoError(b.t, err)
	b.client.Jar.SetCookies(base, []*http.Cookie{cookie})
}

// Text is the text of what a selector finds, with single spaces.
func (p *Page) Text(selector string) string {
	return strings.Join(strings.Fields(p.Find(selector).Text()), " ")
}

// Require checks the status of a page, and shows the page otherwise.
func (p *Page) Require(status int) *Page {
	p.t.Helper()
	require.Equal(p.t, status, p.Status, "%s: %s", p.URL, p.Text("main"))
	return p
}
