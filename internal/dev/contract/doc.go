// Package contract is what Farebook takes for granted about Stripe, as one table of scenarios. Each is run through our own
// client and raw HTTP, and says what came of it: states, amounts, codes, reporting categories, the fields of objects.
// `make contract` runs them against the stand-in always, and against Stripe's test mode when FAREBOOK_CONTRACT_KEY has a test
// key. A scenario with an Assumption asks what Stripe's documentation does not answer: until a real key has answered, what
// is expected there is the stand-in's guess.
package contract
