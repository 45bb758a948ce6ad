// Package fakestripe is a stand-in for Stripe in development and tests: an HTTP server that stores PaymentIntents, charges,
// refunds, disputes, payouts, balance transactions, the balance, events and idempotency keys, speaks Stripe's wire format (API
// version 2023-10-16), and delivers signed webhooks. It exists because stripe-mock answers with stateless examples, which cannot
// test a promise about money; conformance/ compares the two. A production program calls it only if a development configuration
// points to it. The package may import the standard library, internal/clock, internal/wait, and booking, which counts the pages of files.
//
// Amounts are in minor units, times in Unix seconds. Where a rule comes from a page of Stripe's documentation, the comment names
// the page.
//
// # Validation
//
// Every request is first validated against Stripe's OpenAPI document (validate.go, parameters.json): unknown parameters, also nested
// and in queries, types, enumerations, lengths, and properties that cannot be expanded. The limits of metadata, idempotency keys
// and expansions, mutually exclusive parameters, and the API version are checked as well. If FAREBOOK_STRIPE_SHAPES names a
// directory, the shape of each request is stored there, and `make test` replays it through stripe-mock.
//
// # Browsers
//
// A publishable key may create payment methods and, with the client secret, read and confirm a PaymentIntent (publishable.go); it reads
// the fields that Stripe shows to browsers. Pages of every origin may call (CORS).
//
//	GET  /v3/                                                        the script in place of Stripe.js, for STRIPE_JS_URL
//	GET  /v3/elements-inner-payment.html                             the frame of the Payment Element, which has the card
//	GET  /redirect/authenticate/{PaymentIntent}                      the bank's page of 3-D Secure; complete and fail lead to return_url
//
// # Control by tests
//
// In Go, tests call the methods of Server; other processes send JSON over HTTP, without an API key:
//
//	POST /_stand/clock            {"advance_ms": 86400000}            move the clock: authorisations, refunds and debits follow it
//	POST /_stand/faults           {"method","path","kind","count","skip"}  script a fault (see FaultKind)
//	DELETE /_stand/faults                                            remove all faults
//	GET  /_stand/journal                                             every request and the status of its answer
//	GET  /_stand/payment_intents                                     every PaymentIntent
//	GET  /_stand/balance/{currency}                                  sum of pending and available, minor units
//	POST /_stand/payment_intents/{id}/complete_action                the customer authenticates
//	POST /_stand/payment_intents/{id}/fail_action                    the customer fails to authenticate
//	POST /_stand/payment_intents/{id}/force_succeed                  a late payment, against Stripe's rules
//	POST /_stand/payment_intents/{id}/refund {"amount": 100}         a refund made in the dashboard; amount 0 for the rest
//	POST /_stand/payment_intents/{id}/dispute {"amount","reason"}    the cardholder disputes; amount 0 for the whole charge
//	GET  /_stand/refunds, /_stand/disputes, /_stand/payouts          every refund, dispute, payout
//	POST /_stand/refunds/{id}/settle|fail|require_action             the customer's bank moves the refund
//	POST /_stand/disputes/{id}/move {"status": "won"}                the bank decides
//	POST /_stand/payouts {"currency": "usd"}                         an automatic payout of all available funds
//	POST /_stand/payouts/{id}/move {"status": "paid"}                the account's bank moves the payout
//	POST /_stand/balance/settle                                      pending funds become available
//	POST /_stand/settlement {"currency": "usd", "rates": {"eur": 1.08}}  charges in euros settle in dollars
//	POST /_stand/authorizations/expire                               cancel the authorisations that are past their time
//	GET  /_stand/reports/{type}?interval_start=0&interval_end=9         an itemised report as CSV: see Report
//	POST /_stand/webhooks/hold                                       hold webhook deliveries
//	POST /_stand/webhooks/release {"shuffle": true, "times": 3}      deliver the held webhooks and end the hold
//	POST /_stand/webhooks/{event id}/deliver                         deliver once more; answers with the endpoint's status
//
// # Irregular behaviour
//
// All of this is off until a test switches it on. In Go: hooks.go, rewrite.go, funds.go, fees.go, dispute_hooks.go, deliveries.go.
//
//	POST /_stand/lists/lag {"ms": 20000, "paths": ["/v1/refunds"]}   LagLists: new objects are missing from lists
//	POST /_stand/faults    {"kind": "not_found", ...}                404 for an object that an event already reported
//	POST /_stand/faults    {"kind": "refused", "status", "code", "message", ...}  an executed refusal, stored under its key
//	POST /_stand/objects/{id}/rewrite {"fields": {"status": "x"}, "events": [...]}  Rewrite: values that clients do not know
//	POST /_stand/objects/{id}/metadata {"booking_reference": ""}     EditMetadata: an edit in the dashboard
//	POST /_stand/objects/{id}/tell {"events": ["charge.updated"]}    Tell: any event about any object
//	POST /_stand/fees {"per_mille", "fixed", "tax", "application"}   SetFees: may be all 0; null for the standard fee
//	POST /_stand/balance_transactions {"amount", "currency", "type", "reporting_category", "source", ...}  Book: any category
//	POST /_stand/balance/kinds/{kind} {"currency", "amount"}         SetBalanceKind: connect_reserved, issuing
//	POST /_stand/refunds/refuse {"when": "always|unfunded|"}         RefuseRefunds: 400 without a code, insufficient balance
//	POST /_stand/disputes {"payment_intent", "amount", "status", "withdraw", "events"}  OpenDispute: in any status
//	POST /_stand/disputes/{id}/status {"status", "events"}           SetDisputeStatus: any status, without moving funds
//	POST /_stand/disputes/{id}/withdraw {"events"}                   WithdrawDispute: in any status
//	POST /_stand/disputes/{id}/reinstate {"amount", "fee", "events"} ReinstateDispute: in part, or after a loss
//	POST /_stand/payouts/{id}/reconcile                              CompletePayoutReconciliation
//	POST /_stand/deliveries/event {"id", "type", "object", "account", "api_version", "livemode"}  DeliverMade
//	POST /_stand/deliveries/thin {"type"}                            DeliverThin: thin events and pings of API v2
//	POST /_stand/deliveries/payload                                  DeliverPayload: any bytes, signed
//	POST /_stand/events/account {"account": "acct_1"}                SendEventsFrom: a connected account
//	POST /_stand/switches/{name} {"on": true}                        more_events (refund.failed, balance.available,
//	    charge.updated), cancel_processing, keep_dispute_fees, hold_payout_reconciliation, negative_payouts, hold_refunds,
//	    hold_reinstatements, delay_balance_transactions
//
// # Test cards
//
// The test payment methods are those of Stripe's documentation (stripe.com/docs/testing); cards.go has all of them. Among them:
//
//	pm_card_visa, pm_card_mastercard          succeed; the funds are pending for two days
//	pm_card_bypassPending                     succeeds; the funds are available immediately
//	pm_card_chargeDeclined...                 are declined, each for its reason
//	pm_card_authenticationRequired            waits for complete_action or fail_action
//	pm_card_refundFail                        refunds succeed, and fail an hour later or by POST /_stand/refunds/{id}/fail
//	pm_card_pendingRefund                     refunds are pending for an hour, or until .../settle or .../fail
//	pm_card_createDispute                     succeeds and is disputed immediately, as fraudulent
//	pm_card_createDisputeProductNotReceived   succeeds and is disputed immediately, as product_not_received
//	pm_card_createDisputeInquiry              succeeds, and an inquiry opens immediately
//	pm_usBankAccount                          is processing until complete_action or fail_action; no balance moves before
//	pm_usBankAccount_success                  a bank debit: its charge (py_) and balance transaction exist while processing
//	pm_usBankAccount_processing               a bank debit that stays processing; it can be cancelled
//	pm_usBankAccount_insufficientFunds, ..._accountClosed, ..._noAccount, ..._debitNotAuthorized    debits that fail
//	pm_usBankAccount_dispute                  a debit that succeeds and is disputed immediately
//
// Debits settle or fail by complete_action or fail_action, or by the clock four days after submission. They need a PaymentIntent
// with automatic_payment_methods, or with us_bank_account among its payment_method_types.
//
// Evidence whose uncategorized_text is winning_evidence, losing_evidence or, for an inquiry, escalate_inquiry_evidence decides a
// dispute as soon as it is submitted; any other evidence puts the dispute under review.
package fakestripe
