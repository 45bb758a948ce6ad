package guards

// store has the guards of the database: locks, state guards, leases, UNIQUE indexes and rights.
var store = []Suite{
	{Package: "./store", Servers: true, Guards: []Guard{
		{
			Name: "store.key-of-another-body", File: "store/idempotency.go", Func: "Store.knownClaim",
			Cut: "!bytes.Equal(row.RequestSha256, key.Hash[:])", Put: "bytes.Equal(nil, key.Hash[:])",
			Run: "TestReserveOtherBodyChangesNothing",
		},
		{
			Name: "store.key-of-another-operation", File: "store/idempotency.go", Func: "Store.knownClaim",
			Cut: "row.Operation != key.Operation", Put: "false", Run: "TestKeyOfAnotherOperationMakesNoBooking",
		},
		{
			Name: "store.key-of-a-merged-client", File: "store/idempotency.go", Func: "Store.insertNewKey",
			Cut: "WHERE NOT EXISTS (?)", Put: "WHERE NOT EXISTS (?) OR TRUE",
			Run: "TestKeyOfAMergedClientIsKnown|TestReserveHundredAtOnce",
		},
		{
			Name: "store.first-answer", File: "store/idempotency.go", Func: "Store.StoreAnswer",
			Cut: "answer_body IS NULL", Put: "TRUE", Run: "TestFirstAnswerIsKept",
		},
		{
			Name: "store.booking-lock", File: "store/locked_booking.go", Func: "lockedBooking.lock",
			Cut: "b.tx.Clauses(db.ForUpdate)", Put: "b.tx",
			Run: "TestFiftyRefundsAtOnceStayWithinTheCaptured|TestOutcomeRecordedFiftyTimesAtOnceIsPostedOnce",
		},
		{
			Name: "store.books-lock", File: "store/locked_booking.go", Func: "lockedOfBooks",
			Cut: " LOCK IN SHARE MODE", Put: "",
			Run: "TestPostingLocksItsBookingBeforeTheOpening|TestACloseWaitsForAPostingInFlight|" +
				"TestAPostingThatRacesACloseLandsInOneMonth|TestNoMonthIsClosedBesideAPosting",
		},
		{
			Name: "store.payment-intent-of-the-booking", File: "store/record_payment.go",
			Func: "lockedBooking.compare",
			Cut:  "b.payment.ID != 0 && b.payment.StripePaymentIntentID != snapshot.PaymentIntentID", Put: "false",
			Run: "TestContradiction|TestPaymentIntentOfAnotherBooking",
		},
		{
			Name: "store.payment-amount", File: "store/record_payment.go", Func: "lockedBooking.compare",
			Cut: "snapshot.Amount != b.booking.Amount", Put: "false",
			Run: "TestContradiction|TestPaymentIntentOfAnotherBooking",
		},
		{
			Name: "store.payment-currency", File: "store/record_payment.go", Func: "lockedBooking.compare",
			Cut: "snapshot.Currency != b.booking.Currency", Put: "false",
			Run: "TestContradiction|TestPaymentIntentOfAnotherBooking",
		},
		{
			Name: "store.payment-received", File: "store/record_payment.go", Func: "lockedBooking.compare",
			Cut: "snapshot.PaymentStatus() == booking.PaymentSucceeded && !b.fits(snapshot.AmountReceived)",
			Put: "false", Run: "TestContradiction|TestPartialCapture",
		},
		{
			Name: "store.older-payment-reading", File: "store/record_payment.go",
			Func: "lockedBooking.transitionPayment", Cut: "settled && next != booking.PaymentSucceeded",
			Put: "settled && false", Run: "TestOlderSnapshotChangesNothing",
		},
		{
			Name: "store.payment-names-its-booking", File: "store/record_payment.go", Func: "Store.RecordPayment",
			Cut: "b.payment.ID == 0 && reading.Snapshot.Reference != reference", Put: "false",
			Run: "TestPaymentThatDoesNotNameTheBookingIsNotRecorded",
		},
		{
			Name: "store.refund-of-the-booking", File: "store/load_refund.go", Func: "refundRecorder.load",
			Cut: "r.refund.BookingID != r.booking.ID", Put: "false", Run: "TestRefundOfAnotherBookingIsNotPosted",
		},
		{
			Name: "store.refund-amount", File: "store/load_refund.go", Func: "refundRecorder.load",
			Cut: "r.refund.Amount != snapshot.Amount", Put: "false", Run: "TestRefundThatDoesNotFit",
		},
		{
			Name: "store.older-refund-reading", File: "store/record_refund.go", Func: "refundRecorder.transition",
			Cut: "r.refund.Status.To(next) == nil", Put: "true", Run: "TestShuffledNewsEndsInTheSameBooks|TestRefund",
		},
		{
			Name: "store.refund-posted-once", File: "store/record_refund.go", Func: "refundRecorder.post",
			Cut: "snapshot.Balance != nil && !r.refund.Posted", Put: "snapshot.Balance != nil",
			Run: "TestShuffledNewsEndsInTheSameBooks|TestRefund",
		},
		{
			Name: "store.refund-within-captured", File: "store/refund.go", Func: "lockedBooking.reserveRefund",
			Cut: "row.Amount > left", Put: "false", Run: "TestFiftyRefundsAtOnceStayWithinTheCaptured|TestRefund",
		},
		{
			Name: "store.refund-of-captured-money", File: "store/refund.go", Func: "lockedBooking.refundable",
			Cut: "b.payment.Status != booking.PaymentSucceeded", Put: "false",
			Run: "TestRefundOfWhatWasNotPaidIsRefused",
		},
		{
			Name: "store.refund-beside-a-dispute", File: "store/refund.go", Func: "lockedBooking.refundable",
			Cut: "disputed > 0", Put: "false", Run: "TestDisputeOfARefundedPayment|TestRefund|TestDispute",
		},
		{
			Name: "store.quote-as-expected", File: "store/cancellation.go", Func: "lockedBooking.cancelPaid",
			Cut: "in.ExpectedRefund != nil && *in.ExpectedRefund != quote.Refund.Value", Put: "false",
			Run: "TestPaidCancellation",
		},
		{
			Name: "store.cancelled-once", File: "store/cancellation.go", Func: "Store.CancelPaid",
			Cut: "b.booking.CancelledAt == nil", Put: "true", Run: "TestPaidCancellation",
		},
		{
			Name: "store.further-payments-bounded", File: "store/supplement.go",
			Cut: "case r.Supplements >= booking.MaxSupplements:",
			Put: "case r.Supplements > booking.MaxSupplements*2:", Run: "TestFurtherPaymentsAreBounded",
		},
		{
			Name: "store.revoked-key", File: "store/caller.go", Func: "Store.keyByToken",
			Cut: " AND k.revoked_at IS NULL", Put: "", Run: "TestRevokingAKeyLeavesTheOthers|TestKeysEnd",
			Equivalent: "Authenticate refuses a revoked key that was read as well",
		},
		{
			Name: "store.expired-key", File: "store/caller.go", Func: "Store.Authenticate",
			Cut: "key.ExpiresAt != nil && !key.ExpiresAt.After(now)", Put: "false",
			Run: "TestKeysEndWithTheirTimeAndWithTheirClient",
		},
		{
			Name: "store.disabled-client", File: "store/caller.go", Func: "Store.Authenticate",
			Cut: "presented.Client.DisabledAt != nil", Put: "false",
			Run: "TestKeysEndWithTheirTimeAndWithTheirClient",
		},
		{
			Name: "store.key-of-a-disabled-client", File: "store/apikey.go", Func: "Store.CreateAPIKey",
			Cut: "client.DisabledAt != nil || client.MergedInto != nil", Put: "false",
			Run: "TestKeysEndWithTheirTimeAndWithTheirClient|TestWhatCannotBeMerged",
		},
		{
			Name: "store.session-end", File: "store/session.go", Cut: "token_sha256 = ? AND expires_at > ?",
			Put: "token_sha256 = ? AND (expires_at > ? OR TRUE)", Run: "TestSessionsEndAndAreRemoved",
		},
		{
			Name: "store.email-lease", File: "store/outbox.go", Func: "Store.ClaimEmail",
			Cut: "(sending_until IS NULL OR sending_until <= ?)",
			Put: "(sending_until IS NULL OR sending_until <= ? OR TRUE)", Run: "TestEmailUnderWayIsNobodyElses",
		},
		{
			Name: "store.email-lease-of-its-sender", File: "store/outbox.go", Func: "Store.NoteEmailAttempt",
			Cut: "sending_until = ?", Put: "(sending_until = ? OR TRUE)", Run: "TestEmailUnderWayIsNobodyElses",
		},
		{
			Name: "store.email-behind-fence", File: "store/outbox.go", Func: "Store.ClaimEmail",
			Cut: `"NOT "+fenceIsUp`, Put: `"TRUE"`,
			Run: "TestFenceStopsAnEmailThatWasNotHeld",
		},
		{
			Name: "store.duplicate-is-read", File: "store/internal/db/duplicate.go", Func: "Exists", Cut: "len(found) == 0", Put: "false",
			Run: "TestADuplicateWithoutItsRowIsNoRow",
		},
		{
			Name: "store.duplicate-without-row", File: "store/internal/db/duplicate.go", Func: "Unread",
			Cut: "duplicate != nil", Put: "false",
			Run: "TestADuplicateWithoutItsRowIsNoRow",
		},
		{
			Name: "store.sent-stays-sent", File: "store/outbox.go", Func: "Store.endEmail", Cut: "status IN ?",
			Put: "(status IN ? OR TRUE)", Run: "TestSentStaysSent|TestFailedStaysFailed",
		},
		{
			Name: "store.emails-of-an-address", File: "store/outbox.go", Func: "lockedBooking.bound",
			Cut: "within >= int64(b.emailsPerAddress)", Put: "false", Run: "TestEmailsAboutUnpaidBookingsAreBounded",
		},
		{
			Name: "store.emails-held-by-fence", File: "store/fence.go", Func: "holdIfFenced", Cut: "fence != nil",
			Put: "fence != nil && false",
			Run: "TestFenceHoldsEmails",
		},
		{
			Name: "store.ids-after-a-restore", File: "store/fence.go", Cut: "const idGap = 10_000_000",
			Put: "const idGap = 0", Run: "TestARestoredDatabaseGivesNoIDTwice",
		},
		{
			Name: "store.event-attempts", File: "store/inbox.go", Func: "Store.DueEvents", Cut: "attempts < ?",
			Put: "(attempts < ? OR TRUE)", Run: "TestInboxStates",
		},
		{
			Name: "store.event-processed", File: "store/inbox.go", Func: "Store.BeginEvent",
			Cut: " AND processed = FALSE", Put: "", Run: "TestInboxStates|TestEvent",
		},
		{
			Name: "store.event-attempt-once", File: "store/inbox.go", Func: "Store.BeginEvent",
			Cut: "attempts = ?", Put: "(attempts = ? OR TRUE)", Run: "TestInboxStates",
		},
		{
			Name: "store.ignored-event", File: "store/inbox.go", Func: "Store.IgnoreEvent",
			Cut: "row.State == EventProcessed", Put: "false",
			Run: "TestProcessedEventIsNotIgnored",
		},
		{
			Name: "store.delivery-attempt", File: "store/webhook_delivery.go", Func: "Store.RecordAttempt",
			Cut: "attempts = ?", Put: "(attempts = ? OR TRUE)", Run: "TestEndpoint|TestReceiverThatIsGoneIsDisabled",
		},
		{
			Name: "store.receiver-gone", File: "store/webhook_delivery.go", Func: "Store.RecordAttempt",
			Cut: "again && a.Status != statusGone", Put: "again", Run: "TestReceiverThatIsGoneIsDisabled",
		},
		{
			Name: "store.events-of-the-own-client", File: "store/webhook_delivery.go",
			Cut: "e.is_kept = 1 AND FIND_IN_SET(?, e.event_types) > 0", Put: "e.is_kept = 1 AND (FIND_IN_SET(?, e.event_types) > 0 OR TRUE)",
			Run: "TestEndpointsHearOfTheirOwnClient|TestEvents",
		},
		{
			Name: "store.proposal-by-another", File: "store/proposals/decide.go", Func: "Proposals.Decline",
			Cut: "return &SamePersonError{known.Code, known.By.Name}", Put: "return nil", Run: "TestAProposal",
		},
		{
			Name: "store.proposal-decided-once", File: "store/proposals/decide.go", Func: "Proposals.decide",
			Cut: "state = ?", Put: "(state = ? OR TRUE)", Run: "TestAProposal|TestACorrectionIsLimitedAndProposed",
		},
		{
			Name: "store.limit-lock", File: "store/moved.go", Cut: "tx.Clauses(db.ForUpdate)", Put: "tx",
			Run: "TestALimitOfADayWaitsForTheRequestBefore",
		},
		{
			Name: "store.month-over", File: "store/monthend/close.go", Func: "closable",
			Cut: "now.Before(calendar.End(period))", Put: "false",
			Run: "TestMonthsAreClosedInTheirOrderWhenTheyAreOver",
		},
		{
			Name: "store.month-next", File: "store/monthend/close.go", Func: "closable",
			Cut: `calendar.FirstOpen != "" && period != calendar.FirstOpen`, Put: "false",
			Run: "TestMonthsAreClosedInTheirOrderWhenTheyAreOver",
		},
		{
			Name: "store.month-by-two-people", File: "store/monthend/close.go",
			Cut: "if err := differentPeople(tx, proposal.By, by); err != nil {",
			Put: "if err := differentPeople(tx, proposal.By, by); err != nil && false {",
			Run: "TestAClosedMonthNeverChanges|TestTheLastMonthIsReopenedByTwoPeople",
		},
		{
			Name: "store.month-as-proposed", File: "store/monthend/close.go",
			Cut: `proposal.Digest != closing.ProposalDigest(closing.Close, trial, "", proposal.Content.Notes)`,
			Put: `false && proposal.Digest != closing.ProposalDigest(closing.Close, trial, "", proposal.Content.Notes)`,
			Run: "TestAChangedMonthIsProposedAgain",
		},
		{
			Name: "store.journal-in-the-past", File: "store/monthend/post.go", Cut: "j.EffectiveAt.After(now)",
			Put: "false && j.EffectiveAt.After(now)",
			Run: "TestJournalsOfTheFutureAreRefused",
		},
		{
			Name: "store.journal-above-limit", File: "store/monthend/post.go", Cut: "limits.exceeded(j)",
			Put: "false && limits.exceeded(j)", Run: "TestJournals",
		},
		{
			Name: "store.ledger-append-only", File: "migrations/grants.go",
			Cut: `{"financial_ledger", "SELECT, INSERT"}`, Put: `{"financial_ledger", "SELECT, INSERT, UPDATE"}`,
			Run: "TestApplicationUserCannotChangeTheLedger|TestRightsOnTheLedgerAreSeen",
		},
		{
			Name: "store.seals-append-only", File: "migrations/grants.go", Cut: `{"ledger_seals", "SELECT, INSERT"}`,
			Put: `{"ledger_seals", "SELECT, INSERT, DELETE"}`,
			Run: "TestApplicationUserCannotChangeTheLedger|TestRightsOnTheLedgerAreSeen",
		},
		{
			Name: "store.correction-gives-way", File: "store/internal/journal/append.go", Func: "AppendUnder",
			Cut: "supersede(tx, now, books, t)", Put: "error(nil)", Run: "TestCorrectionGivesWayToTheRecord",
		},
		{
			Name: "store.deadlock-repeated", File: "store/internal/db/transaction.go", Func: "repeated",
			Cut: "!rolledBack(err)", Put: "!rolledBack(err) || true", Run: "TestDeadlockIsRepeatedWhole",
		},
		{
			Name: "index.booking-reference", File: "migrations/sql/0001_bookings.sql",
			Cut: "UNIQUE KEY idx_bookings_reference", Put: "KEY idx_bookings_reference",
			Run: "TestReferenceDerivesFromTheRequest|TestReserve|TestImport",
		},
		{
			Name: "index.booking-request", File: "migrations/sql/0032_installation.sql",
			Cut: "CREATE UNIQUE INDEX idx_bookings_request", Put: "CREATE INDEX idx_bookings_request",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.idempotency-key", File: "migrations/sql/0021_api_clients.sql",
			Cut: "CREATE UNIQUE INDEX idx_idempotency_client", Put: "CREATE INDEX idx_idempotency_client",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.payment-of-a-booking", File: "migrations/sql/0002_payments.sql",
			Cut: "UNIQUE KEY idx_payments_booking", Put: "KEY idx_payments_booking",
			Run: "TestPaymentRowIsInsertedOnceAndOnlyForItsBooking|TestPayment",
		},
		{
			Name: "index.payment-intent", File: "migrations/sql/0002_payments.sql",
			Cut: "UNIQUE KEY idx_payments_payment_intent", Put: "KEY idx_payments_payment_intent",
			Run: "TestPaymentIntentOfAnotherBooking|TestPaymentRow",
		},
		{
			Name: "index.ledger-operation", File: "migrations/sql/0003_financial_ledger.sql",
			Cut: "UNIQUE KEY idx_ledger_operation_key", Put: "KEY idx_ledger_operation_key",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.ledger-object", File: "migrations/sql/0004_financial_ledger_uniqueness.sql",
			Cut: "CREATE UNIQUE INDEX idx_ledger_unique_stripe_entry",
			Put: "CREATE INDEX idx_ledger_unique_stripe_entry",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.event", File: "migrations/sql/0005_stripe_events.sql",
			Cut: "UNIQUE KEY idx_events_stripe_id", Put: "KEY idx_events_stripe_id", Run: "TestEventIsReceivedOnce",
		},
		{
			Name: "index.email", File: "migrations/sql/0006_emails.sql", Cut: "UNIQUE KEY idx_emails_dedupe",
			Put: "KEY idx_emails_dedupe",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.refund-origin", File: "migrations/sql/0009_refunds.sql",
			Cut: "UNIQUE KEY idx_refunds_origin", Put: "KEY idx_refunds_origin",
			Run: "TestSecondRefundOfOneOriginIsRefused",
		},
		{
			Name: "index.fence", File: "migrations/sql/0033_fences.sql", Cut: "UNIQUE KEY idx_fences_up",
			Put: "KEY idx_fences_up", Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.client-name", File: "migrations/sql/0021_api_clients.sql",
			Cut: "UNIQUE KEY idx_clients_name", Put: "KEY idx_clients_name",
			Run: "TestClientsWhoseNames|TestRotation|TestMerge",
		},
		{
			Name: "index.person", File: "migrations/sql/0052_console.sql", Cut: "UNIQUE KEY idx_people_subject",
			Put: "KEY idx_people_subject", Run: "TestAPersonIsOneClientHoweverOftenItSignsIn",
		},
		{
			Name: "index.attention", File: "migrations/sql/0029_attention_items.sql",
			Cut: "UNIQUE KEY idx_attention_open", Put: "KEY idx_attention_open",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.attention-alone", File: "migrations/sql/0031_attention_without_booking.sql",
			Cut: "ADD UNIQUE KEY idx_attention_open_alone", Put: "ADD KEY idx_attention_open_alone",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.delivery", File: "migrations/sql/0060_webhook_deliveries.sql",
			Cut: "UNIQUE KEY idx_deliveries_event", Put: "KEY idx_deliveries_event",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.earlier-reference", File: "migrations/sql/0036_imported_bookings.sql",
			Cut: "UNIQUE KEY idx_imported_earlier", Put: "KEY idx_imported_earlier",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.finding", File: "migrations/sql/0017_reconciliation_items.sql",
			Cut: "UNIQUE KEY idx_items_fingerprint", Put: "KEY idx_items_fingerprint",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.seal", File: "migrations/sql/0040_ledger_seals.sql", Cut: "UNIQUE KEY idx_seals_to",
			Put: "KEY idx_seals_to",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
		{
			Name: "index.proposal", File: "migrations/sql/0046_periods.sql", Cut: "UNIQUE KEY idx_proposals_open",
			Put: "KEY idx_proposals_open",
			Run: "TestASecondRowIsRefusedByItsIndex",
		},
	}},
	{Package: "./store/recon", Servers: true, Guards: []Guard{
		{
			Name: "store.run-ended-once", File: "store/recon/run.go",
			Cut: `Where("id = ? AND status = ?", id, RunRunning)`,
			Put: `Where("id = ? AND (status = ? OR TRUE)", id, RunRunning)`,
			Run: "TestARunThatHasEndedIsNotAbandoned",
		},
	}},
}
