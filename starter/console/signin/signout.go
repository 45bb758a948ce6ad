package signin

import (
	"context"
	"net/url"

	"farebook/internal/correlation"
)

// afterSignOut is where a browser goes once its session has ended: to the issuer, if it offers a sign-out (OpenID Connect RP-Initiated
// Logout 1.0), which sends it back to outPath; otherwise to outPath. The issuer learns which client it is and not who: an id_token_hint
// would need the ID token, which is kept nowhere. An issuer may therefore ask whether to sign out.
func (s *SignIn) afterSignOut(ctx context.Context) string {
	found, err := s.discover(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "not signed out at the issuer", "error", err)
		return outPath
	}
	end := found.endSession
	if end == nil {
		return outPath
	}
	query := end.Query()
	query.Set("client_id", s.config.ClientID)
	query.Set("post_logout_redirect_uri", s.config.OutURL())
	query.Set("state", correlation.From(ctx))
	target := *end
	target.RawQuery = query.Encode()
	return target.String()
}

// endSessionOf is the address at which an issuer ends its session; nil if it offers none that forms of the console may lead to: the policy
// of contents names the issuer's origin alone.
func endSessionOf(endpoint, issuer string) *url.URL {
	end, err := url.Parse(endpoint)
	if err != nil || endpoint == "" || Origin(endpoint) != Origin(issuer) {
		return nil
	}
	return end
}

// Origin is the scheme and the host of an address; empty for what is no address.
func Origin(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme == "" || parsed.Host == "" {
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host
}
