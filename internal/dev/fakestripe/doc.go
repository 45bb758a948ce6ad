// Package fakestripe is a stand-in for Stripe in development and tests: an HTTP server that keeps the state of PaymentIntents,
// charges, refunds, disputes, payouts, balance transactions, the balance, events and idempotency keys, in Stripe's wire format
// (API version 2023-10-16), and delivers signed webhooks. A production program reaches it only if a development configuration
// says so. It imports internal/clock and internal/wait. stripe-mock answers from examples without state, which no promise about
// money can be tested with; conformance/ compares the stand-in with it.
//
// # What it refuses
//
// Every request is validated against Stripe's OpenAPI document first (judge.go, parameters.json): unknown parameters (nested and
// in queries too), types, enumerations, lengths, properties that cannot be expanded. It also checks the limits of metadata, keys
// and expansions, mutually exclusive parameters, and the API version. Where
// FAREBOOK_STRIPE_SHAPES names a directory, the shape of each request is kept there for `make test` to replay through stripe-mock.
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
// # Where Stripe is less tidy
//
// All of it is off until a test asks for it. In Go: hooks.go, rewrite.go, funds.go, fees.go, dispute_hooks.go, deliveries.go.
//
//	POST /_stand/lists/lag {"ms": 20000, "paths": ["/v1/refunds"]}   LagLists: what was just made is missing from lists
//	POST /_stand/faults    {"kind": "not_found", ...}                404 for an object that an event told of
//	POST /_stand/faults    {"kind": "refused", "status", "code", "message", ...}  an executed refusal, kept under its key
//	POST /_stand/objects/{id}/rewrite {"fields": {"status": "x"}, "events": [...]}  Rewrite: values that nobody knows yet
//	POST /_stand/objects/{id}/metadata {"booking_reference": ""}     EditMetadata: the dashboard
//	POST /_stand/objects/{id}/tell {"events": ["charge.updated"]}    Tell: any event about any object
//	POST /_stand/fees {"per_mille", "fixed", "tax", "application"}   SetFees: also 0; null for the usual ones
//	POST /_stand/balance_transactions {"amount", "currency", "type", "reporting_category", "source", ...}  Book: any pair
//	POST /_stand/balance/kinds/{kind} {"currency", "amount"}         SetBalanceKind: connect_reserved, issuing
//	POST /_stand/refunds/refuse {"when": "always|unfunded|"}         RefuseRefunds: 400 without a code for lack of balance
//	POST /_stand/disputes {"payment_intent", "amount", "status", "withdraw", "events"}  OpenDispute: in any status
//	POST /_stand/disputes/{id}/status {"status", "events"}           SetDisputeStatus: any status, without moving money
//	POST /_stand/disputes/{id}/withdraw {"events"}                   WithdrawDispute: at any time
//	POST /_stand/disputes/{id}/reinstate {"amount", "fee", "events"} ReinstateDispute: in part, of a lost one
//	POST /_stand/payouts/{id}/reconcile                              CompletePayoutReconciliation
//	POST /_stand/deliveries/event {"type", "object", "account", "api_version", "livemode"}  DeliverMade
//	POST /_stand/deliveries/thin {"type"}                            DeliverThin: thin events and pings of API v2
//	POST /_stand/deliveries/payload                                  DeliverPayload: any bytes, signed
//	POST /_stand/events/account {"account": "acct_1"}                SendEventsFrom: a connected account
//	POST /_stand/switches/{name} {"on": true}                        more_events (refund.failed, balance.available,
//	    charge.updated), cancel_processing, keep_dispute_fees, hold_payout_reconciliation, negative_payouts, hold_refunds,
//	    hold_reinstatements, delay_balance_transactions
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
//	pm_usBankAccount                          is processing until complete_action or fail_action; no balance moves before
//	pm_usBankAccount_success                  a bank debit: its charge (py_) and balance transaction exist while processing
//	pm_usBankAccount_processing               the same, for ever; it may be cancelled
//	pm_usBankAccount_insufficientFunds, ..._accountClosed, ..._noAccount, ..._debitNotAuthorized    debits that fail
//	pm_usBankAccount_dispute                  a debit that succeeds and is disputed at once
//
// Debits move by complete_action or fail_action, or four days later by the clock. They need a PaymentIntent with
// automatic_payment_methods, or with us_bank_account among its payment_method_types.
//
// Evidence whose uncategorized_text is winning_evidence, losing_evidence or (of an inquiry) escalate_inquiry_evidence
// decides a dispute as soon as it is submitted; any other puts it under review.
package fakestripe
