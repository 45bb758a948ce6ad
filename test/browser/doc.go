// Package browser tests the console in a real Chromium, as the people who use it do: they sign in at a real OpenID Connect provider, read
// what a page shows, and use its forms. Everything behind the console is real too. The package is a module, so that the browser's protocol
// is not among Farebook's dependencies. `make browser` installs Chromium and axe-core and runs it; `make console-pictures` writes the
// pictures of docs/console.md. It imports testkit and openid of internal/dev.
package browser
