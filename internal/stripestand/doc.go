// Package stripestand is a Stripe for development and tests: an HTTP server that keeps state for PaymentIntents, charges,
// refunds, disputes, payouts, balance transactions, the balance, events and idempotency keys, in Stripe's wire format (API
// version 2023-10-16), and delivers signed webhooks. No production binary reaches it unless a development configuration
// asks for it.
//
// # What a test may do to it
//
// In Go by the methods of Server; from other processes by HTTP, without a key, as JSON:
//
//	POST /_stand/clock            {"advance_ms": 86400000}            move the clock; authorisations and refunds go by it
//	POST /_stand/faults           {"method","path","kind","count","skip"}  script a fault (see FaultKind)
//	DELETE /_stand/faults                                            forget them
//	GET  /_stand/journal                                             every request and its answer's status
//	GET  /_stand/payment_intents                                     every PaymentIntent
//	GET  /_stand/balance/{currency}                                  pending and available together, minor units
//	POST /_stand/payment_intents/{id}/complete_action                the customer authenticates
//	POST /_stand/payment_intents/{id}/fail_action                    the customer fails to
//	POST /_stand/payment_intents/{id}/force_succeed                  late money, against Stripe's own rules
//	POST /_stand/payment_intents/{id}/refund {"amount": 100}         a refund made in the dashboard
//	POST /_stand/payment_intents/{id}/dispute {"amount","reason"}    the cardholder disputes; amount 0 for all
//	GET  /_stand/refunds, /_stand/disputes, /_stand/payouts          every one
//	POST /_stand/refunds/{id}/settle|fail|require_action             the customer's bank
//	POST /_stand/disputes/{id}/move {"status": "won"}                the bank decides
//	POST /_stand/payouts {"currency": "usd"}                         an automatic payout of all that is available
//	POST /_stand/payouts/{id}/move {"status": "paid"}                our bank
//	POST /_stand/balance/settle                                      what is pending becomes available
//	POST /_stand/settlement {"currency": "usd", "rates": {"eur": 1.08}}  what is charged in euros settles in dollars
//	POST /_stand/authorizations/expire                               what was not captured in time is let go
//	POST /_stand/webhooks/hold                                       keep webhooks back
//	POST /_stand/webhooks/release {"shuffle": true, "times": 3}      and let them go
//	POST /_stand/webhooks/{event id}/deliver                         deliver one more time, and tell the answer's status
//
// # Test cards
//
// The payment methods that Stripe documents (stripe.com/docs/testing): see cards.go. Among them
//
//	pm_card_visa, pm_card_mastercard          pay; the money is pending for two days
//	pm_card_bypassPending                     pays; the money is available at once
//	pm_card_chargeDeclined...                 are declined, each for its reason
//	pm_card_authenticationRequired            waits for complete_action or fail_action
//	pm_card_refundFail                        refunds succeed, and fail an hour later, or by POST /_stand/refunds/{id}/fail
//	pm_card_pendingRefund                     refunds are pending for an hour, or until .../settle or .../fail
//	pm_card_createDispute                     pays and is disputed at once, as fraudulent
//	pm_card_createDisputeProductNotReceived   the same, for what did not come
//	pm_card_createDisputeInquiry              pays, and the bank inquires at once
//
// Evidence whose uncategorized_text is winning_evidence, losing_evidence or (of an inquiry) escalate_inquiry_evidence
// decides a dispute as soon as it is submitted; any other puts it under review.
package stripestand
