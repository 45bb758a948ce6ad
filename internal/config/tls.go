package config

import (
	"net"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// requireTLS refuses, in production, a connection in clear to another host that PLAINTEXT_HOSTS does not name: customers'
// names and addresses, and the passwords of the servers, would cross the network readable.
func (r *reader) requireTLS(name, host, fix string) {
	if r.production() && !r.plaintextAllowed(host) {
		r.problem("%s is another host and reached without TLS: %s; on a private network, name the host in PLAINTEXT_HOSTS", name, fix)
	}
}

// requireDatabaseTLS takes tls=true alone: skip-verify encrypts for whoever answers, and preferred falls back to clear
// text as soon as somebody in between says that the server has no TLS.
func (r *reader) requireDatabaseTLS(name string, dsn *mysql.Config) {
	if dsn.Net == "unix" || dsn.TLSConfig == "true" {
		return
	}
	host, _, err := net.SplitHostPort(dsn.Addr)
	if err != nil {
		host = dsn.Addr
	}
	switch {
	case dsn.TLSConfig == "" || dsn.TLSConfig == "false":
		r.requireTLS(name, host, "add ?tls=true to it")
	case r.production() && !r.plaintextAllowed(host):
		r.problem("%s has tls=%s, which does not check whom it talks to: write tls=true (for a private authority, SSL_CERT_FILE names its certificate)",
			name, dsn.TLSConfig)
	}
}

// plaintextAllowed tells whether nothing of a connection to the host leaves this machine, or the operator said that the
// network in between is private.
func (r *reader) plaintextAllowed(host string) bool {
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return true
	}
	allowed := strings.FieldsFunc(r.vars.PlaintextHosts, func(c rune) bool { return c == ',' || c == ' ' })
	return strings.EqualFold(host, "localhost") || slices.ContainsFunc(allowed, func(name string) bool { return strings.EqualFold(name, host) })
}
