package openid_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"farebook/internal/clock"
	"farebook/internal/dev/openid"
)

// site is the API's address. beginning is where its console begins a sign-in, callback where it ends. No test needs a console there: a
// browser stops before.
const (
	site      = "http://127.0.0.1:1"
	beginning = site + openid.BeginPath
	callback  = site + "/console/signin/callback"
)

// browser keeps cookies, and follows redirects within the provider alone.
func browser(t *testing.T, p *openid.Provider) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), p.Issuer()) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

func start(t *testing.T, movable *clock.Movable) (*openid.Provider, *oauth2.Config, *oidc.IDTokenVerifier) {
	t.Helper()
	var options openid.Options
	if movable != nil {
		options.Now = movable.Now
	}
	p, err := openid.Start(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	p.Register(site)
	known, err := oidc.NewProvider(t.Context(), p.Issuer())
	require.NoError(t, err)
	client := &oauth2.Config{
		ClientID: p.ClientID(), ClientSecret: p.ClientSecret(), Endpoint: known.Endpoint(), RedirectURL: callback,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}
	return p, client, known.Verifier(&oidc.Config{ClientID: p.ClientID()})
}

// get returns the status, the text and the address that a redirect out of the provider names.
func get(t *testing.T, client *http.Client, address string) (status int, text, location string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	return send(t, client, request)
}

func send(t *testing.T, client *http.Client, request *http.Request) (status int, text, location string) {
	t.Helper()
	response, err := client.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body), response.Header.Get("Location")
}

// choose posts the form of the page that asks who signs in, and returns the code that the console gets.
func choose(t *testing.T, b *http.Client, p *openid.Provider, page, subject string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, `name="request" value="`)
	require.True(t, found, page)
	id, _, _ := strings.Cut(rest, `"`)
	form := url.Values{"request": {id}, "person": {subject}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.Issuer()+"/choose", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, text, location := send(t, b, request)
	require.Equal(t, http.StatusFound, status, text)
	return codeOf(t, location)
}

func codeOf(t *testing.T, location string) string {
	t.Helper()
	require.True(t, strings.HasPrefix(location, callback+"?"), location)
	parsed, err := url.Parse(location)
	require.NoError(t, err)
	require.Equal(t, "the-state", parsed.Query().Get("state"))
	code := parsed.Query().Get("code")
	require.NotEmpty(t, code, location)
	return code
}

func TestEachOfTheFourSignsInWithARole(t *testing.T) {
	t.Parallel()
	p, client, verifier := start(t, nil)
	for _, person := range openid.People() {
		b, proof := browser(t, p), oauth2.GenerateVerifier()
		_, page, _ := get(t, b, client.AuthCodeURL("the-state", oidc.Nonce("the-nonce"), oauth2.S256ChallengeOption(proof)))
		code := choose(t, b, p, page, person.Subject)
		token, err := client.Exchange(t.Context(), code, oauth2.VerifierOption(proof))
		require.NoError(t, err)
		raw, _ := token.Extra("id_token").(string)
		id, err := verifier.Verify(t.Context(), raw)
		require.NoError(t, err)
		require.Equal(t, "the-nonce", id.Nonce)
		require.Equal(t, person.Subject, id.Subject)
		var claims struct {
			Name, Email string
			Roles       []string
		}
		require.NoError(t, id.Claims(&claims))
		require.Equal(t, person.Name, claims.Name)
		require.Equal(t, person.Email, claims.Email)
		require.Equal(t, []string{person.Role}, claims.Roles)
	}
}

func TestACodeWorksOnceAndWithItsVerifierAlone(t *testing.T) {
	t.Parallel()
	p, client, _ := start(t, nil)
	b, proof := browser(t, p), oauth2.GenerateVerifier()
	exchange := func(code, proof string) error {
		_, err := client.Exchange(context.WithoutCancel(t.Context()), code, oauth2.VerifierOption(proof))
		return err
	}
	_, page, _ := get(t, b, client.AuthCodeURL("the-state", oauth2.S256ChallengeOption(proof)))
	code := choose(t, b, p, page, "usr_sami")
	require.Error(t, exchange(code, oauth2.GenerateVerifier()), "another verifier")
	_, page, _ = get(t, b, client.AuthCodeURL("the-state", oauth2.S256ChallengeOption(proof)))
	code = choose(t, b, p, page, "usr_sami")
	require.NoError(t, exchange(code, proof))
	require.Error(t, exchange(code, proof), "the same code")
}

func TestARequestWithoutPKCEOrForAnotherAddressIsRefused(t *testing.T) {
	t.Parallel()
	p, client, _ := start(t, nil)
	b := browser(t, p)
	_, _, location := get(t, b, client.AuthCodeURL("the-state"))
	require.Contains(t, location, "error=invalid_request")
	require.Contains(t, location, "code_challenge")

	elsewhere := *client
	elsewhere.RedirectURL = "http://127.0.0.1:2/console/signin/callback"
	status, _, location := get(t, b, elsewhere.AuthCodeURL("the-state", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
	require.Equal(t, http.StatusBadRequest, status)
	require.Empty(t, location)
}

func TestALinkSignsInOnceWithoutAsking(t *testing.T) {
	t.Parallel()
	p, client, _ := start(t, nil)
	b, proof := browser(t, p), oauth2.GenerateVerifier()
	link := p.Link(openid.People()[3], beginning)
	status, _, location := get(t, b, link)
	require.Equal(t, http.StatusSeeOther, status)
	require.Equal(t, beginning, location)
	asked := client.AuthCodeURL("the-state", oauth2.S256ChallengeOption(proof))
	_, page, location := get(t, b, asked)
	require.NotEmpty(t, location, "the link does not sign in: %s", page)
	_, err := client.Exchange(t.Context(), codeOf(t, location), oauth2.VerifierOption(proof))
	require.NoError(t, err)

	_, page, _ = get(t, b, asked)
	require.Contains(t, page, "Choose who signs in", "the browser is signed in a second time")
	status, text, _ := get(t, browser(t, p), link)
	require.Equal(t, http.StatusGone, status)
	require.Contains(t, text, "has been used")
}

func TestALinkEndsAfterItsLife(t *testing.T) {
	t.Parallel()
	var movable clock.Movable
	p, client, _ := start(t, &movable)
	late, slow := p.Link(openid.People()[0], beginning), p.Link(openid.People()[0], beginning)
	b := browser(t, p)
	status, _, _ := get(t, b, slow)
	require.Equal(t, http.StatusSeeOther, status)
	movable.Advance(openid.LinkLife + time.Second)
	status, _, _ = get(t, browser(t, p), late)
	require.Equal(t, http.StatusGone, status)
	_, page, _ := get(t, b, client.AuthCodeURL("the-state", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
	require.Contains(t, page, "Choose who signs in", "a ticket outlives its minute")
}
