// Package stripestand is a Stripe for development and tests: an HTTP server that keeps state for PaymentIntents, charges,
// balance transactions, the balance, events and idempotency keys, in Stripe's wire format (API version 2023-10-16), and
// delivers signed webhooks. No production binary reaches it unless a development configuration asks for it.
//
// # What a test may do to it
//
// In Go by the methods of Server; from other processes by HTTP, without a key, as JSON:
//
//	POST /_stand/clock            {"advance_ms": 86400000}            move the clock
//	POST /_stand/faults           {"method","path","kind","count","skip"}  script a fault (see FaultKind)
//	DELETE /_stand/faults                                            forget them
//	GET  /_stand/journal                                             every request and its answer's status
//	GET  /_stand/payment_intents                                     every PaymentIntent
//	GET  /_stand/balance/{currency}                                  pending and available together, minor units
//	POST /_stand/payment_intents/{id}/complete_action                the customer authenticates
//	POST /_stand/payment_intents/{id}/fail_action                    the customer fails to
//	POST /_stand/payment_intents/{id}/force_succeed                  late money, against Stripe's own rules
//	POST /_stand/webhooks/hold                                       keep webhooks back
//	POST /_stand/webhooks/release {"shuffle": true, "times": 3}      and let them go
//	POST /_stand/webhooks/{event id}/deliver                         deliver one more time, and tell the answer's status
//
// # Test cards
//
// The payment methods that Stripe documents (stripe.com/docs/testing): see cards.go.
package stripestand
