package openid

import (
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// requestLife is how long somebody may take to choose.
const requestLife = 10 * time.Minute

// request is one sign-in, from the console's question until its token.
type request struct {
	*oidc.AuthRequest
	id      string
	created time.Time
	subject string // empty until somebody was chosen
	signed  time.Time
}

func (r *request) GetID() string          { return r.id }
func (r *request) GetACR() string         { return "" }
func (r *request) GetAMR() []string       { return nil }
func (r *request) GetAudience() []string  { return []string{clientID} }
func (r *request) GetAuthTime() time.Time { return r.signed }
func (r *request) GetClientID() string    { return r.ClientID }
func (r *request) GetNonce() string       { return r.Nonce }
func (r *request) GetScopes() []string    { return r.Scopes }
func (r *request) GetSubject() string     { return r.subject }
func (r *request) Done() bool             { return r.subject != "" }
func (r *request) GetRedirectURI() string { return r.RedirectURI }
func (r *request) GetState() string       { return r.State }

func (r *request) GetResponseType() oidc.ResponseType { return r.ResponseType }
func (r *request) GetResponseMode() oidc.ResponseMode { return r.ResponseMode }

func (r *request) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: r.CodeChallenge, Method: r.CodeChallengeMethod}
}
