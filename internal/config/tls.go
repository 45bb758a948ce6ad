package config

import (
	"net"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// requireTLS refuses, in production, an unencrypted connection to another host that PLAINTEXT_HOSTS does not name: the names
// and addresses of customers and the servers' passwords would be readable on the network.
func (r *reader) requireTLS(name, host, fix string) {
	if r.production() && !r.plaintextAllowed(host) {
		r.problem("%s is another host and reached without TLS: %s; on a private network, name the host in PLAINTEXT_HOSTS", name, fix)
	}
}

// requireDatabaseTLS accepts only tls=true: skip-verify encrypts for whoever answers, and preferred falls back to clear text if
// anyone in between claims that the server has no TLS.
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
		r.problem("%s has tls=%s, which does not check whom it talks to: write tls=true (for a private authority, SSL_CERT_FILE names its "+
			"certificate)",
			name, dsn.TLSConfig)
	}
}

// plaintextAllowed reports whether a connection to the host stays on this machine, or the operator has declared its network
// private.
func (r *reader) plaintextAllowed(host string) bool {
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return true
	}
	allowed := strings.FieldsFunc(r.vars.PlaintextHosts, func(c rune) bool { return c == ',' || c == ' ' })
	return strings.EqualFold(host, "localhost") ||
		slices.ContainsFunc(allowed, func(name string) bool { return strings.EqualFold(name, host) })
}
