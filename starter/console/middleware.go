package console

import (
	"fmt"
	"net/http"

	"farebook/starter/console/caller"
	"farebook/starter/console/signin"
)

// policyFor allows what the console itself serves, and nothing else: no inline script, no inline style, no other host, no frame. The form
// of the sign-out leads on to the issuer.
func policyFor(issuer string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; " +
		"form-action 'self' " + signin.Origin(issuer) + "; base-uri 'none'; frame-ancestors 'none'"
}

// headersOf are the headers of every answer of the console.
func headersOf(issuer string) map[string]string {
	return map[string]string{
		"Content-Security-Policy":    policyFor(issuer),
		"Referrer-Policy":            "same-origin", // other sites learn no reference
		"Cross-Origin-Opener-Policy": "same-origin",
		"Permissions-Policy":         "camera=(), geolocation=(), microphone=(), payment=()",
	}
}

// sameOrigin refuses requests that another site has sent with somebody's session, other than to open a page.
func (c *console) sameOrigin(next http.Handler) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(c.SignIn.URL); err != nil {
		return nil, fmt.Errorf("the address of the console: %w", err)
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.Log.WarnContext(r.Context(), "request of another site refused", "method", r.Method)
		c.site.Refuse(w, r, &caller.Problem{
			Status: http.StatusForbidden, Title: http.StatusText(http.StatusForbidden), Type: "cross-origin",
		})
	}))
	return protection.Handler(next), nil
}

// tooMany answers an address that has sent too many requests; web.Pages has set Retry-After.
func (c *console) tooMany(w http.ResponseWriter, r *http.Request) {
	c.site.Refuse(w, r, &caller.Problem{
		Status: http.StatusTooManyRequests, Title: http.StatusText(http.StatusTooManyRequests), Type: "too-many-requests",
	})
}

// unavailable answers while the database that has the sessions does not.
func (c *console) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	c.Log.ErrorContext(r.Context(), "session not read or written", "error", err)
	c.site.Refuse(w, r, &caller.Problem{
		Status: http.StatusServiceUnavailable, Title: http.StatusText(http.StatusServiceUnavailable), Type: "unavailable", RetryAfter: "5",
	})
}
