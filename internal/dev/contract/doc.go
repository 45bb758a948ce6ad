// Package contract checks what Farebook assumes about Stripe, as a table of scenarios. Each runs through Farebook's own client
// and raw HTTP, and records the outcome: states, amounts, codes, reporting categories, the fields of objects. `make contract`
// always runs them against the stand-in, and against Stripe's test mode if FAREBOOK_CONTRACT_KEY has a test key. A scenario
// with an Assumption asks what Stripe's documentation leaves open: until a real key has answered, the expectation is the
// stand-in's guess. It imports booking, money, internal/stripeapi, internal/wait and internal/dev/fakestripe.
package contract
