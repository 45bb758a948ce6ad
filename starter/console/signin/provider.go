package signin

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// provider is the issuer, as its own description says.
type provider struct {
	issuer   *oidc.Provider
	verifier *oidc.IDTokenVerifier
	client   oauth2.Config
	// endSession is where the issuer ends its own session; nil if it does not offer that.
	endSession *url.URL
}

// discover reads the description of the issuer once. An issuer that does not answer is asked again at the next sign-in.
func (s *SignIn) discover(ctx context.Context) (*provider, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.found != nil {
		return s.found, nil
	}
	// The keys of the issuer are fetched later under this context, which must not end with the request.
	issuer, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), s.client), s.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("read the description of the issuer %s: %w", s.config.Issuer, err)
	}
	var described struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := issuer.Claims(&described); err != nil {
		return nil, fmt.Errorf("read the description of the issuer %s: %w", s.config.Issuer, err)
	}
	s.found = &provider{
		endSession: endSessionOf(described.EndSession, s.config.Issuer),
		issuer:     issuer, verifier: issuer.Verifier(&oidc.Config{ClientID: s.config.ClientID}),
		client: oauth2.Config{
			ClientID: s.config.ClientID, ClientSecret: s.config.ClientSecret, Endpoint: issuer.Endpoint(), RedirectURL: s.config.CallbackURL(),
			Scopes: s.config.Scopes,
		},
	}
	return s.found, nil
}

// identity is what the issuer says of somebody.
type identity struct {
	subject, nonce string
	claims         map[string]any
}

// errNotAnswered is an issuer that cannot be reached, unlike one that refuses.
var errNotAnswered = errors.New("the issuer does not answer")

// redeem exchanges a code for the identity of who has signed in. Claims that the ID token leaves out are read from the issuer.
func (s *SignIn) redeem(ctx context.Context, p *provider, code, verifier string) (identity, error) {
	ctx = oidc.ClientContext(ctx, s.client)
	tokens, err := p.client.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if !errors.As(err, &refused) {
			return identity{}, errors.Join(errNotAnswered, err)
		}
		return identity{}, fmt.Errorf("the issuer refuses the code: %s", refused.ErrorCode) // its text may have what a log must not
	}
	raw, isText := tokens.Extra("id_token").(string)
	if !isText {
		return identity{}, errors.New("the issuer has sent no ID token: ask for the scope openid")
	}
	token, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return identity{}, fmt.Errorf("verify the ID token: %w", err)
	}
	who := identity{subject: token.Subject, nonce: token.Nonce, claims: map[string]any{}}
	if err := token.Claims(&who.claims); err != nil {
		return identity{}, fmt.Errorf("read the ID token: %w", err)
	}
	if len(namesIn(who.claims, s.config.RoleClaim)) > 0 && nameOf(who) != who.subject {
		return who, nil
	}
	return who, s.complete(ctx, p, tokens, who)
}

// complete adds the claims of the issuer's user info to those of the ID token, which win.
func (s *SignIn) complete(ctx context.Context, p *provider, tokens *oauth2.Token, who identity) error {
	if p.issuer.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := p.issuer.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return fmt.Errorf("read the user info: %w", err)
	}
	if info.Subject != who.subject {
		return errors.New("the user info is about somebody else than the ID token")
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return fmt.Errorf("read the user info: %w", err)
	}
	for name, value := range more {
		if _, known := who.claims[name]; !known {
			who.claims[name] = value
		}
	}
	return nil
}
