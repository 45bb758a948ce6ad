package config

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"farebook/access"
)

// Console configures the console in the browser.
type Console struct {
	// URL is where browsers reach it, without a path or a slash at the end.
	URL string
	// Issuer signs people in; empty for no console.
	Issuer, ClientID, ClientSecret string
	Scopes                         []string
	RoleClaim                      string
	// Roles are the roles by the names that the issuer has for them.
	Roles map[string]access.Role
	// Idle is how long a session lives without a request, Limit how long at most.
	Idle, Limit time.Duration
	// TemporalUI is the address of Temporal's UI with the namespace, without a slash at the end; empty for no links.
	TemporalUI string
}

// On reports whether there is a console.
func (c Console) On() bool { return c.Issuer != "" }

const (
	// minSession keeps a mistyped duration from signing everybody out at once; maxSession is a week.
	minSession = time.Minute
	maxSession = 7 * 24 * time.Hour
)

func (r *reader) readConsole() {
	v := r.vars
	if v.ConsoleIssuer == "" || !r.parts[Browser] {
		return
	}
	c := Console{
		// The issuer's own description has to name it exactly so, also with a slash at the end.
		Issuer: v.ConsoleIssuer, ClientID: v.ConsoleClientID, ClientSecret: v.ConsoleSecret,
		Scopes: strings.Fields(v.ConsoleScopes), RoleClaim: v.ConsoleRoleClaim, TemporalUI: strings.TrimSuffix(v.ConsoleTemporal, "/"),
	}
	r.webAddress("CONSOLE_ISSUER", c.Issuer, true)
	c.URL = r.origin("CONSOLE_URL", v.ConsoleURL, "https://farebook.example.com")
	r.webAddress("CONSOLE_TEMPORAL_UI", c.TemporalUI, false)
	if c.ClientID == "" && !r.unread["CONSOLE_CLIENT_ID"] {
		r.problem("CONSOLE_CLIENT_ID is not set: the id of the console at the issuer")
	}
	if !slices.Contains(c.Scopes, "openid") {
		r.problem("CONSOLE_SCOPES is %q: openid has to be one of them", v.ConsoleScopes)
	}
	c.Idle = r.sessionTime("CONSOLE_SESSION_IDLE", v.ConsoleIdle)
	c.Limit = r.sessionTime("CONSOLE_SESSION_LIMIT", v.ConsoleLimit)
	if c.Idle > c.Limit {
		r.problem("CONSOLE_SESSION_IDLE is above CONSOLE_SESSION_LIMIT: set it lower")
	}
	c.Roles = r.roles(v.ConsoleRoles)
	r.config.Console = c
}

// origin reads a required address at which browsers reach a site, and returns it without the slash at its end.
func (r *reader) origin(name, given, example string) string {
	address := strings.TrimSuffix(given, "/")
	r.webAddress(name, address, true)
	if parsed, err := url.Parse(address); err == nil && (parsed.Path != "" || parsed.RawQuery != "" || parsed.Fragment != "") {
		r.problem("%s is %q: write it without a path, such as %s", name, given, example)
	}
	return address
}

// webAddress reports what is no http or https address, and http to another host in production.
func (r *reader) webAddress(name, address string, required bool) {
	if address == "" {
		if required {
			r.problem("%s is not set: write it as https://host", name)
		}
		return
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.User != nil {
		r.problem("%s is %q: write it as https://host", name, address)
		return
	}
	if parsed.Scheme == "http" {
		r.requireTLS(name, parsed.Hostname(), "write https://")
	}
}

func (r *reader) sessionTime(name, text string) time.Duration {
	length, err := time.ParseDuration(text)
	if err != nil || length < minSession || length > maxSession {
		r.problem("%s is %q: set it to a duration from %s to %s, such as 30m", name, text, minSession, maxSession)
	}
	return length
}

// roles parses ROLE:NAME. A name may have colons, as some issuers write them.
func (r *reader) roles(text string) map[string]access.Role {
	roles := map[string]access.Role{}
	for part := range strings.SplitSeq(text, ",") {
		role, name, given := strings.Cut(strings.TrimSpace(part), ":")
		known, err := access.ParseRole(strings.TrimSpace(role))
		name = strings.TrimSpace(name)
		if err != nil || !given || name == "" {
			r.problem("CONSOLE_ROLES has %q: set it to ROLE:NAME separated by commas, such as viewer:farebook-viewer,support:farebook-support",
				part)
			return nil
		}
		if other, taken := roles[name]; taken && other != known {
			r.problem("CONSOLE_ROLES gives %q two roles: a name has one", name)
			return nil
		}
		roles[name] = known
	}
	return roles
}
