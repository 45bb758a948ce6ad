// Package conformance holds the Stripe stand-in against what nobody here wrote: stripe-mock's validation of requests,
// Stripe's own OpenAPI schemas for responses and events, the Stripe CLI and stripe-node as clients. It is a module of its
// own because stripe-mock asks for old versions of libraries. Run by `make conformance`.
package conformance
