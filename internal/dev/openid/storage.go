package openid

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const tokenLife = 5 * time.Minute

// storage keeps requests, codes and tokens in memory, as op asks for them.
type storage struct {
	options Options
	secret  string
	key     signingKey

	mu        sync.Mutex
	redirects []string
	out       []string // where browsers go after a sign-out
	requests  map[string]*request
	codes     map[string]string // request id by code
	tokens    map[string]string // subject by token id
}

var (
	_ op.Storage                   = (*storage)(nil)
	_ op.CanSetUserinfoFromRequest = (*storage)(nil)
)

func newStorage(options Options) (*storage, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("openid: create a signing key: %w", err)
	}
	return &storage{
		options: options, secret: rand.Text(), key: signingKey{id: rand.Text(), private: key},
		requests: map[string]*request{}, codes: map[string]string{}, tokens: map[string]string{},
	}, nil
}

// register adds an address that codes may be sent to, and one that browsers go back to after a sign-out.
func (s *storage) register(redirect, out string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redirects, s.out = append(s.redirects, redirect), append(s.out, out)
}

// CreateAuthRequest keeps a request. It refuses one without PKCE, because the library does not require it of a client with a secret.
func (s *storage) CreateAuthRequest(_ context.Context, asked *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if asked.CodeChallenge == "" || asked.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("code_challenge with code_challenge_method S256 is required")
	}
	if len(asked.Prompt) == 1 && asked.Prompt[0] == oidc.PromptNone {
		return nil, oidc.ErrLoginRequired()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.options.Now()
	maps.DeleteFunc(s.requests, func(_ string, r *request) bool { return now.Sub(r.created) > requestLife })
	kept := &request{AuthRequest: asked, id: rand.Text(), created: now}
	s.requests[kept.id] = kept
	return kept, nil
}

// signIn gives a request to the chosen one.
func (s *storage) signIn(id string, chosen Person) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, found := s.requests[id]
	if !found {
		return errUnknownRequest
	}
	changed := *kept // a reader may have the previous one
	changed.subject, changed.signed = chosen.Subject, s.options.Now()
	s.requests[id] = &changed
	return nil
}

var errUnknownRequest = errors.New("this sign-in has ended or was never begun; begin at the console again")

// AuthRequestByID returns a request that was not ended.
func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept, found := s.requests[id]; found {
		return kept, nil
	}
	return nil, errUnknownRequest
}

// AuthRequestByCode returns the request of a code, which works once.
func (s *storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	id, found := s.codes[code]
	delete(s.codes, code)
	s.mu.Unlock()
	if !found {
		return nil, errors.New("unknown or used code")
	}
	return s.AuthRequestByID(ctx, id)
}

// SaveAuthCode keeps the code of a request.
func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[code] = id
	return nil
}

// DeleteAuthRequest ends a request, once its token was made.
func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
	return nil
}

// CreateAccessToken makes a token for the userinfo endpoint.
func (s *storage) CreateAccessToken(_ context.Context, asked op.TokenRequest) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := rand.Text()
	s.tokens[id] = asked.GetSubject()
	return id, time.Now().Add(tokenLife), nil // the library compares it with the machine's clock
}

// SetUserinfoFromRequest gives the claims of an ID token.
func (s *storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, asked op.IDTokenRequest, _ []string) error {
	return s.describe(info, asked.GetSubject())
}

// SetUserinfoFromToken gives the claims of the userinfo endpoint.
func (s *storage) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, token, _, _ string) error {
	s.mu.Lock()
	subject := s.tokens[token]
	s.mu.Unlock()
	return s.describe(info, subject)
}

func (s *storage) describe(info *oidc.UserInfo, subject string) error {
	chosen, found := personOf(s.options.People, subject)
	if !found {
		return fmt.Errorf("nobody has the subject %q", subject)
	}
	info.Subject, info.Name, info.PreferredUsername = chosen.Subject, chosen.Name, chosen.Email
	info.Email, info.EmailVerified = chosen.Email, true
	if chosen.Role != "" {
		info.AppendClaims(RolesClaim, []string{chosen.Role})
	}
	return nil
}

// GetClientByClientID returns the console.
func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != clientID {
		return nil, fmt.Errorf("unknown client %q", id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return client{slices.Clone(s.redirects), slices.Clone(s.out)}, nil
}

// AuthorizeClientIDSecret checks the console's secret.
func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if id != clientID || subtle.ConstantTimeCompare([]byte(secret), []byte(s.secret)) != 1 {
		return errors.New("invalid client or secret")
	}
	return nil
}

// TerminateSession has nothing to end: somebody chooses anew at each sign-in.
func (s *storage) TerminateSession(context.Context, string, string) error { return nil }

// SigningKey returns the key that signs ID tokens.
func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return s.key, nil }

// SignatureAlgorithms returns the algorithm of that key.
func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

// KeySet returns its public part.
func (s *storage) KeySet(context.Context) ([]op.Key, error) { return []op.Key{publicKey{s.key}}, nil }

// Health reports that a map in memory is well.
func (s *storage) Health(context.Context) error { return nil }
