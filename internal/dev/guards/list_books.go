package guards

// books has the guards of postings, seals and comparisons, which have no I/O either.
var books = []Suite{
	{Package: "./ledger", Guards: []Guard{
		{
			Name: "ledger.balanced", File: "ledger/transaction.go", Func: "balanced",
			Cut: "debits[currency] != credits[currency]", Put: "false",
		},
		{
			Name: "ledger.two-entries", File: "ledger/transaction.go", Func: "Transaction.Validate",
			Cut: "len(t.Entries) < 2", Put: "false",
		},
		{
			Name: "ledger.most-entries", File: "ledger/transaction.go", Func: "Transaction.Validate",
			Cut: "len(t.Entries) > MaxEntries", Put: "false",
		},
		{
			Name: "ledger.effective-date", File: "ledger/effective.go", Func: "Effective.validate",
			Cut: "e.At.Unix() <= 0", Put: "false",
		},
		{
			Name: "ledger.account-known", File: "ledger/transaction.go", Func: "Entry.validate",
			Cut: "!slices.Contains(Accounts, e.Account)", Put: "false",
		},
		{
			Name: "ledger.side-known", File: "ledger/transaction.go", Func: "Entry.validate",
			Cut: "e.Side != Debit && e.Side != Credit", Put: "false",
		},
		{
			Name: "ledger.amount-positive", File: "ledger/transaction.go", Func: "Entry.validate",
			Cut: "e.Amount <= 0", Put: "false",
		},
		{
			Name: "ledger.amount-bounded", File: "ledger/transaction.go", Func: "Entry.validate",
			Cut: "e.Amount > maxEntryAmount", Put: "false",
		},
		{
			Name: "ledger.currency-spelling", File: "ledger/transaction.go", Func: "Entry.validate",
			Cut: "strings.ToUpper(string(e.Currency)) != string(e.Currency)", Put: `strings.ToUpper("") != ""`,
		},
		{
			Name: "ledger.reversal-copies", File: "ledger/transaction.go", Func: "Transaction.Reverse",
			Cut: "make([]Entry, len(t.Entries))", Put: "t.Entries",
		},
		{
			Name: "ledger.only-succeeded-payments", File: "ledger/payment.go", Func: "Payment",
			Cut: "s.PaymentStatus() != booking.PaymentSucceeded", Put: "false",
		},
		{
			Name: "ledger.nothing-received", File: "ledger/payment.go", Func: "Payment", Cut: "s.AmountReceived <= 0",
			Put: "false",
		},
		{
			Name: "ledger.fee-needs-balance-transaction", File: "ledger/payment.go", Func: "Fee",
			Cut: "s.Balance == nil", Put: "false",
		},
		{
			Name: "ledger.refund-needs-balance-transaction", File: "ledger/refund.go", Func: "Refund",
			Cut: "s.Balance == nil", Put: "false",
		},
		{
			Name: "ledger.correction-accounts", File: "ledger/correction.go", Func: "Correction",
			Cut: "!slices.Contains(CorrectionAccounts, c.Against)", Put: "false",
		},
		{
			Name: "ledger.conversion-account", File: "ledger/clearing.go", Func: "exchange", Cut: "amount != settled",
			Put: "false",
		},
		{
			Name: "ledger.settled-as-expected", File: "ledger/clearing.go", Func: "outOfClearing",
			Cut: "taken == amount", Put: "true",
		},
		{
			Name: "ledger.opening-boundary", File: "ledger/opening.go", Func: "Opening.Covers",
			Cut: "created.Before(o.At)", Put: "!created.After(o.At)",
		},
		{
			Name: "ledger.opening-taken-from-itself", File: "ledger/opening.go", Func: "Transaction.Under",
			Cut: "!o.Covers(t.Effective.At)", Put: "true",
		},
		{
			Name: "ledger.closed-month", File: "ledger/period.go", Func: "Calendar.PeriodOf",
			Cut: "max(PeriodAt(e.At, c.zone()), c.FirstOpen)", Put: "PeriodAt(e.At, c.zone())",
		},
		{
			Name: "ledger.period-spelling", File: "ledger/period.go", Func: "ParsePeriod",
			Cut: "at.Format(periodLayout) != text", Put: "false",
			Equivalent: "time.Parse reads two digits of the month and four of the year only, so that it writes " +
				"what it has read",
		},
		{
			Name: "ledger.journal-accounts", File: "ledger/manual.go", Func: "Entry.violations",
			Cut: "slices.Contains(NotForJournals, e.Account)", Put: "false",
		},
		{
			Name: "ledger.journal-balances", File: "ledger/manual.go", Func: "Manual.checkEntries",
			Cut: `wrong.Err() == nil && errors.As(balanced(m.Entries), &unbalanced)`,
			Put: "wrong.Err() == nil && errors.As(balanced(m.Entries), &unbalanced) && false",
		},
		{
			Name: "ledger.decision-not-before-money", File: "ledger/effective.go", Func: "Effective.NotBefore",
			Cut: "b.Created.After(e.At)", Put: "false",
		},
		{
			Name: "ledger.nobody-elses-money", File: "ledger/opening.go", Func: "PostUnbooked",
			Cut: `return Transaction{}, fmt.Errorf("type %q: balance transaction %s is a booking's, or has no explanation", kind, u.Balance.ID)`,
			Put: "_ = fmt.Errorf; return OtherIntegration(u)",
		},
	}},
	{Package: "./ledger/seal", Guards: []Guard{
		{
			Name: "seal.signature", File: "ledger/seal/sign.go", Func: "PublicKey.Check",
			Cut: "!ed25519.Verify(k.key, text, value)", Put: "len(value) < 0",
		},
		{
			Name: "seal.key-id", File: "ledger/seal/sign.go", Func: "PublicKey.Check",
			Cut: "signature.KeyID != k.ID()", Put: "false",
		},
		{
			Name: "seal.digest", File: "ledger/seal/seal.go", Func: "Seal.Intact", Cut: "s.digest() != s.Digest",
			Put: "false",
		},
		{
			Name: "seal.chain-number", File: "ledger/seal/seal.go", Func: "Seal.Follows",
			Cut: "next.Number != s.Number+1", Put: "false",
		},
		{
			Name: "seal.chain-range", File: "ledger/seal/seal.go", Func: "Seal.Follows",
			Cut: "next.FromID != s.ToID+1", Put: "false",
		},
		{
			Name: "seal.chain-digest", File: "ledger/seal/seal.go", Func: "Seal.Follows",
			Cut: "next.Previous != s.Digest", Put: "false",
		},
		{
			Name: "seal.order-in-range", File: "ledger/seal/range.go", Func: "Range.Add", Cut: "t.ID <= r.last",
			Put: "false",
		},
		{
			Name: "seal.end-of-range", File: "ledger/seal/range.go", Func: "Range.Add", Cut: "t.ID > r.seal.ToID",
			Put: "false",
		},
		{
			Name: "seal.path-to-root", File: "ledger/seal/tree.go", Func: "Path.Check",
			Cut: `return errors.New("its path does not lead to the root of the seal")`, Put: "return errors.Join()",
		},
		{
			Name: "seal.path-bounded", File: "ledger/seal/tree.go", Func: "Path.Check",
			Cut: "transactions > maxTransactions", Put: "false",
		},
		{
			Name: "seal.length-before-text", File: "ledger/seal/encoding.go", Func: "encoding.text",
			Cut: "e.number(uint64(len(field)))", Put: "",
		},
		{
			Name: "seal.covers-amounts", File: "ledger/seal/encoding.go", Func: "encoding.entry",
			Cut: "e.number(uint64(entry.Amount))", Put: "",
		},
		{Name: "seal.key-kind", File: "ledger/seal/sign.go", Func: "ParsePublicKey", Cut: "!is", Put: "false && !is"},
	}},
	{Package: "./reconciliation", Guards: []Guard{
		{
			Name: "reconciliation.posted-twice", File: "reconciliation/compare.go", Func: "Compare",
			Cut: "!decided && twice(posted)", Put: "false",
		},
		{
			Name: "reconciliation.currency", File: "reconciliation/compare.go", Func: "Compare",
			Cut: "currency != line.Currency && amount != 0", Put: "false && amount != 0",
		},
		{
			Name: "reconciliation.fee", File: "reconciliation/compare.go", Func: "Compare",
			Cut: "!decided && beyond(fee-theirs, rules.Tolerance)", Put: "false",
		},
		{
			Name: "reconciliation.amount", File: "reconciliation/compare.go", Func: "Compare",
			Cut: "beyond(clearing[line.Currency]-line.Net, rules.Tolerance)", Put: "false",
		},
		{
			Name: "reconciliation.tolerance", File: "reconciliation/compare.go", Func: "beyond",
			Cut: "max(difference, -difference) > tolerance", Put: "difference > tolerance",
		},
		{
			Name: "reconciliation.lag", File: "reconciliation/compare.go", Func: "Rules.Await",
			Cut: "r.Now.Sub(happened) < r.Lag", Put: "false",
		},
		{
			Name: "reconciliation.second-payment", File: "reconciliation/compare.go", Func: "missing",
			Cut: `known.OtherIntent != ""`, Put: "false",
		},
		{
			Name: "reconciliation.orphan", File: "reconciliation/compare.go", Func: "missing",
			Cut: "!ours && !known.BookingKnown", Put: "false && !ours",
		},
		{
			Name: "reconciliation.posted-as-unbooked", File: "reconciliation/compare.go", Func: "Compare",
			Cut: "known.PaymentKnown && PostedAsUnbooked(posted)", Put: "false",
		},
		{
			Name: "reconciliation.our-payment-needs-no-explanation", File: "reconciliation/unbooked.go",
			Func: "Explainable", Cut: "known.PaymentKnown", Put: "false",
		},
		{
			Name: "reconciliation.before-opening", File: "reconciliation/unbooked.go", Func: "Explain",
			Cut: "opening.Covers(o.Settled)", Put: "true",
		},
		{
			Name: "reconciliation.lookback-bounded", File: "reconciliation/options.go", Func: "Options.Validate",
			Cut: "o.LookbackDays > MaxLookbackDays", Put: "false",
		},
	}},
}
