// Package conformance compares the Stripe stand-in with independent work: stripe-mock's validation of requests, Stripe's own
// OpenAPI schemas for responses and events, the Stripe CLI and stripe-node as clients. The folder openapi has the linter of the API's
// document. It is a separate module because stripe-mock requires old versions of libraries. Run by `make conformance`. Its tests import
// internal/dev/fakestripe and freeport, booking and ledger/seal.
package conformance
