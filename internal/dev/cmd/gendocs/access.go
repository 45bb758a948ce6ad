package main

import (
	"fmt"
	"strings"

	"farebook/access"
)

// accessPage is docs/access.md: the table of scopes, between what is said about clients, keys and the audit log.
func accessPage() string {
	var out strings.Builder
	out.WriteString("# Clients, keys and scopes\n\n" + generated + `A **client** is who integrates with the API: a shop, an agency's back office. It owns bookings, refunds and idempotency keys. It
has any number of **API keys**. Every key of a client sees what its other keys made, and an ` + "`Idempotency-Key`" + ` stands for the
same request by whichever of them it is sent, so a key can be replaced while requests are under way. A key is a token
(` + "`fbk_...`" + `, shown once, kept as a SHA-256), an id that may be shown (` + "`ak_...`" + `), scopes, and an end if it has one.

## Scopes

A key grants others at most the scopes that it holds. A request without the scope gets 403 ` + "`missing-scope`" + `, which names it.
` + "`HEAD`" + ` needs what ` + "`GET`" + ` needs.

| scope | a key with it may |
|---|---|
`)
	for _, rule := range access.Rules() {
		fmt.Fprintf(&out, "| `%s` | %s |\n", rule.Scope, rule.Allows)
	}
	out.WriteString(`
## By command and over HTTP

| command | HTTP, with the scope ` + "`admin`" + ` | |
|---|---|---|
| ` + "`starter client create NAME`" + ` | ` + "`POST /v1/clients`" + ` | prints the client's id, ` + "`cl_...`" + ` |
| ` + "`starter client list`" + ` | ` + "`GET /v1/clients`" + ` | |
| ` + "`starter client disable CLIENT`" + `, ` + "`enable`" + ` | ` + "`POST /v1/clients/{id}/disable`" + `, ` + "`/enable`" + ` | refuses all its keys at once; what it owns stays |
| ` + "`starter client merge INTO FROM --dry-run`" + ` | ` + "`POST /v1/clients/{id}/merge`" + ` | see below |
| ` + "`starter api-key create --client NAME --scope a,b --expires 90d`" + ` | ` + "`POST /v1/api-keys`" + ` | the token is shown this once |
| ` + "`starter api-key list`" + ` | ` + "`GET /v1/api-keys`" + ` | with the last use, to the minute |
| ` + "`starter api-key rotate KEY --overlap 24h`" + ` | ` + "`POST /v1/api-keys/{id}/rotate`" + ` | same client, scopes and lifetime; the old key ends after the overlap |
| ` + "`starter api-key revoke KEY`" + ` | ` + "`POST /v1/api-keys/{id}/revoke`" + ` | from the next request on |
| ` + "`starter audit`" + ` | ` + "`GET /v1/audit`" + ` | who asked for what |

With ` + "`operations:read`" + `, ` + "`GET /v1/attention`" + ` is ` + "`starter attention list`" + `; with ` + "`operations:write`" + `,
` + "`POST /v1/attention/{id}/close`" + ` is ` + "`starter attention close`" + `. ` + "`GET /v1/attention`" + ` takes ` + "`state`" + `, ` + "`kind`" + ` and ` + "`booking`" + `.

To rotate a key: ` + "`api-key rotate`" + `, put the new token where the client reads it, and look at the old key's last use in ` + "`api-key list`" + `
before the overlap ends. Nothing is refused and nothing is made twice meanwhile (` + "`test/keys_test.go`" + `).

## Keys of an older release

Until this release a caller was the row of its key. ` + "`starter migrate`" + ` makes a client of each such key, with the scopes that it had:
` + "`--read-only`" + ` became ` + "`bookings:read`" + `, ` + "`--operator`" + ` the two of reconciliation besides. Keys of one name are *not* joined:
the second of a name becomes the client ` + "`NAME #ID`" + `. If one caller uses them, join them:

    starter client merge "shop" "shop #7" --dry-run
    starter client merge "shop" "shop #7"

The dry run lists the idempotency keys that both have used. Of those the older request keeps the key; the newer one is kept under
` + "`cl_.../ROW/KEY`" + `, which names the client that it came from, so that nothing is lost and nothing can charge again. A merge may be
stopped and run again; meanwhile the keys of both clients see the rows of both. A merge never lets a disabled client's keys in again:
it is refused until they are revoked or the client is enabled.

## The audit log

` + "`audit_log`" + ` keeps who asked for refunds, cancels, captures, reconciliations, plans, resolutions, retries, resends and changes of clients
and keys: a client and its key, or the operating-system user and host of a command; when; and the correlation id of the request
or command. A line is written in one transaction with what it tells of, or before it. The application may INSERT and SELECT there
and nothing else (` + "`starter verify`" + `, promise 4). A booking's evidence bundle has its lines.
`)
	return out.String()
}
