package main

import (
	"fmt"
	"strings"

	"farebook/access"
)

// accessPage is the text of docs/access.md.
func accessPage() string {
	return "# Clients, keys and scopes\n\n" + generated + clients + scopes() + roles() + keyCommands + financeRoutes + olderKeys + auditLog
}

const clients = `A **client** is an integration with the API, such as a shop or an agency's back office. It owns bookings, refunds and idempotency keys,
and has any number of **API keys**. Every key of a client sees what the other keys of the client created, and an ` + "`Idempotency-Key`" + `
stands for the same request whichever key sends it, so a key can be replaced while requests are in progress. An API key consists of a
token (` + "`fbk_...`" + `, shown once, stored as a SHA-256), an id that is not secret (` + "`ak_...`" +
	`), scopes, and optionally an expiry.
`

// scopes is the section with the table of scopes.
func scopes() string {
	var out strings.Builder
	out.WriteString(`
## Scopes

A key can grant at most the scopes that it has. A request without the required scope gets 403 ` + "`missing-scope`" +
		`, which names the scope.
` + "`HEAD`" + ` requires the same scope as ` + "`GET`" + `.

| scope | a key with this scope may |
|---|---|
`)
	for _, rule := range access.Rules() {
		fmt.Fprintf(&out, "| `%s` | %s |\n", rule.Scope, rule.Allows)
	}
	return out.String()
}

// roles is the section with the table of roles.
func roles() string {
	var out strings.Builder
	out.WriteString(`
## Roles of the console

People have no API keys: they sign in to the console at your issuer of OpenID Connect, which gives each a role
([console.md](console.md)). A role is a set of scopes. A client stands for each of them, so that people are audited, limited and counted as
operators in the way of clients; ` + "`starter client disable`" + ` takes the console from somebody at once.

| role | somebody with it | scopes |
|---|---|---|
`)
	for _, rule := range access.RoleRules() {
		fmt.Fprintf(&out, "| `%s` | %s | `%s` |\n", rule.Role, rule.Allows, strings.Join(rule.Scopes.Names(), "`, `"))
	}
	return out.String()
}

const keyCommands = `
## By command and over HTTP

| command | HTTP, with the scope ` + "`admin`" + ` | |
|---|---|---|
| ` + "`starter client create NAME`" + ` | ` + "`POST /v1/clients`" + ` | prints the client's id, ` + "`cl_...`" + ` |
| ` + "`starter client list`" + ` | ` + "`GET /v1/clients`" + ` | |
| ` + "`starter client disable CLIENT`" + `, ` + "`enable`" + ` | ` + "`POST /v1/clients/{id}/disable`" + `, ` + "`/enable`" +
	` | refuses all its keys at once; its bookings remain |
| ` + "`starter client merge INTO FROM --dry-run`" + ` | ` + "`POST /v1/clients/{id}/merge`" + ` | see below |
| ` + "`starter client return-url add CLIENT URL`" + `, ` + "`remove`, `list CLIENT`" + ` | ` + "`/v1/clients/{id}/return-urls`, `.../remove`" +
	` | where the payment page leads back to ([payment-page.md](payment-page.md)) |
| ` + "`starter api-key create --client NAME --scope a,b --expires 90d`" + ` | ` + "`POST /v1/api-keys`" +
	` | prints the token, which is not shown again |
| ` + "`starter api-key list`" + ` | ` + "`GET /v1/api-keys`" + ` | includes the last use, to the minute |
| ` + "`starter api-key rotate KEY --overlap 24h`" + ` | ` + "`POST /v1/api-keys/{id}/rotate`" +
	` | a new key with the same client, scopes and lifetime; the old key ends after the overlap |
| ` + "`starter api-key revoke KEY`" + ` | ` + "`POST /v1/api-keys/{id}/revoke`" + ` | takes effect with the next request |
| ` + "`starter audit`" + ` | ` + "`GET /v1/audit`" + ` | who requested what |

Lists are the same over HTTP and by command: ` + "`GET /v1/bookings`, `/v1/refunds` and `/v1/disputes`" + ` show the rows of the key's client, or of
every client with ` + "`operations:read`, which also reads `/v1/payouts`, `/v1/events`, `/v1/emails` and `/v1/reconciliations`" + `. What an operator
does with ` + "`operations:write`" + ` is in the audit log under the name of the client and its key.

With ` + "`operations:read`" + `, ` + "`GET /v1/attention`" + ` is ` + "`starter attention list`" + `; with ` + "`operations:write`" + `,
` + "`POST /v1/attention/{id}/take`, `/give-back`, `/comments` and `/close`" + `
are ` + "`starter attention take`, `give-back`, `comment` and `close`" + `. ` + "`GET /v1/attention`" + ` takes ` + "`state`" + `, ` +
	"`kind`" + `,
` + "`booking`" + ` and ` + "`takenBy` (`me`, `nobody`, or a name)" + `.

To rotate a key, run ` + "`api-key rotate`" + `, give the new token to the client, and check the old key's last use in ` +
	"`api-key list`" + ` before the
overlap ends. Meanwhile no request is refused and nothing is created twice (` + "`test/keys_test.go`" + `).
`

const financeRoutes = `
With ` + "`finance:read`" + ` and ` + "`finance:write`" + `, each ` + "`starter ledger`" + ` command of a month end has a route: see
[finance.md](finance.md).

## Two operators

A close, a reopening and a journal above the limit are proposed by one operator and approved by another one. On the command line an
operator is an operating-system user, whichever host it is on. Under sudo it is the user who called: only root's environment says so, and
whoever is root can name anybody. Over HTTP an operator is a client, whichever of its keys it uses: a client
owns its keys, a rotated key lives beside the old one, and any holder of the scope ` + "`admin`" + ` can make another key, so that two keys say
nothing about two people. Give each operator a client, with a key that has ` + "`finance:write`" + ` and not ` + "`admin`" + `: a key with both could make
a second operator, which the audit log shows. Clients that were merged are one operator, also for what they have proposed before. A client
and an operating-system user count as two operators: Farebook does not know who holds a key. Somebody who signs in to the console is one
operator, the subject of the issuer, whichever browser it is; whoever also has a key is one operator once the two clients are merged.
`

const olderKeys = `
## Keys of an older release

Older releases had no clients: each key was a caller. ` + "`starter migrate`" +
	` creates a client for each such key, with equivalent scopes:
` + "`--read-only`" + ` became ` + "`bookings:read`" + `, and ` + "`--operator`" +
	` added the two scopes of reconciliation. Keys with the same name are *not*
joined: the second one becomes the client ` + "`NAME #ID`" + `. If one caller uses both, merge them:

    starter client merge "shop" "shop #7" --dry-run
    starter client merge "shop" "shop #7"

The dry run lists the idempotency keys that both clients have used. The older request keeps such a key. The newer one is stored under
` + "`cl_.../ROW/KEY`" + `, which names its original client, so that nothing is lost and nothing can be charged again. A merge may be stopped
and repeated; meanwhile the keys of both clients see the rows of both. A merge is refused while the merged client is disabled and has
keys that are not revoked, because it would enable them again.
`

const auditLog = `
## The audit log

` + "`audit_log`" + ` records who requested refunds, cancels, captures, reconciliations, plans, resolutions, retries, resends, closes and
reopenings of months, comparisons with Stripe's report of a month, manual journals, and changes of clients and keys: a client and its key,
or the operating-system user and host of a command. It also has the time and the correlation id of the request or command. An entry is
written in the same transaction as the change, or before it. The application's database user may INSERT and SELECT, and nothing else
(` + "`starter verify`" + `, promise 4). A booking's evidence bundle contains its entries.
`
