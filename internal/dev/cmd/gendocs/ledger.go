package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

// event is an example of a business event and the transactions that the posting rules make of it.
type event struct {
	title, story string
	post         func() ([]ledger.Transaction, error)
}

const exampleReference = "FB-7K2M9QXA"

func paid(amount int64, currency money.Currency, balance *booking.BalanceTransaction) booking.PaymentSnapshot {
	return booking.PaymentSnapshot{
		PaymentIntentID: "pi_1", StripeStatus: "succeeded", Reference: exampleReference, Amount: amount, AmountReceived: amount,
		Currency: currency, ChargeID: "ch_1", Balance: balance,
	}
}

// decided is the date of examples without a balance transaction; exampleDate is the date of each balance transaction.
var (
	exampleDate = time.Date(2027, time.May, 1, 14, 20, 0, 0, time.UTC)
	decided     = ledger.Effective{At: exampleDate, Basis: ledger.ByStripe}
)

func posted(s booking.PaymentSnapshot) (ledger.Transaction, error) { return ledger.Payment(s, decided) }

func settled(amount, fee int64, currency money.Currency) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{Created: exampleDate, ID: "txn_1", Amount: amount, Fee: fee, Net: amount - fee, Currency: currency}
}

func one(t ledger.Transaction, err error) ([]ledger.Transaction, error) {
	return []ledger.Transaction{t}, err
}

// several combines two postings: several(first)(second).
func several(first ledger.Transaction, err error) func(ledger.Transaction, error) ([]ledger.Transaction, error) {
	return func(second ledger.Transaction, secondErr error) ([]ledger.Transaction, error) {
		return []ledger.Transaction{first, second}, errors.Join(err, secondErr)
	}
}

func balanceLine(id string, amount, fee int64, currency money.Currency, category string) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{
		Created: exampleDate, ID: id, Amount: amount, Fee: fee, Net: amount - fee, Currency: currency,
		ReportingCategory: category,
	}
}

func debited(failure *booking.BalanceTransaction) booking.Debit {
	return booking.Debit{ChargeID: "py_1", Amount: 45900, Currency: "USD", Balance: *settled(45900, 367, "USD"), FailureBalance: failure}
}

func refunded(balance, failure *booking.BalanceTransaction) booking.RefundSnapshot {
	return booking.RefundSnapshot{
		StripeRefundID: "re_1", PaymentIntentID: "pi_1", StripeStatus: "succeeded", Amount: 20000, Currency: "USD", Balance: balance,
		FailureBalance: failure,
	}
}

var dispute = booking.DisputeSnapshot{DisputeID: "dp_1", PaymentIntentID: "pi_1", Amount: 45900, Currency: "USD"}

func payout(balance, failure *booking.BalanceTransaction) booking.PayoutSnapshot {
	return booking.PayoutSnapshot{PayoutID: "po_1", Amount: 100000, Currency: "USD", Balance: balance, FailureBalance: failure}
}

var events = []event{
	{
		"A payment", "A booking of $459.00 is paid. Stripe's balance transaction is available at once, so its fee is posted in the same " +
			"transaction.",
		func() ([]ledger.Transaction, error) {
			return one(posted(paid(45900, "USD", settled(45900, 1361, "USD"))))
		},
	},
	{
		"A payment whose fee comes later",
		"The same with Stripe's asynchronous capture: the payment is posted when it succeeds, and the fee when `charge.updated` reports\n" +
			"the balance transaction. The final balances are the same as above.",
		func() ([]ledger.Transaction, error) {
			payment, err := posted(paid(45900, "USD", nil))
			if err != nil {
				return nil, err
			}
			fee, err := ledger.Fee(paid(45900, "USD", settled(45900, 1361, "USD")))
			return []ledger.Transaction{payment, fee}, err
		},
	},
	{
		"A payment that settles in another currency",
		"A booking of $459.00 on a Stripe account that settles in euros. Stripe's balance received euros, so the clearing account gets the\n" +
			"euros. Suspense has both sides of the exchange: the dollars that were sold (debit) and the euros that were bought (credit).",
		func() ([]ledger.Transaction, error) {
			return one(posted(paid(45900, "USD", settled(42210, 1254, "EUR"))))
		},
	},
	{
		"A payment that settles with another amount",
		"This should not happen. If it does, the clearing account still equals Stripe's balance, and suspense shows the missing dollar.",
		func() ([]ledger.Transaction, error) {
			return one(posted(paid(45900, "USD", settled(45800, 1358, "USD"))))
		},
	},
	{
		"A payment in a currency without minor units", "A booking of ¥68,000: Stripe counts whole yen, and so does the ledger.",
		func() ([]ledger.Transaction, error) {
			return one(posted(paid(68000, "JPY", settled(68000, 2448, "JPY"))))
		},
	},
	{
		"A payment captured in part",
		"$459.00 were authorised and $300.00 captured. Stripe makes two balance transactions, one of the whole amount and one that reverses " +
			"the\n" +
			"rest. The ledger does the same; together they are the captured amount.",
		func() ([]ledger.Transaction, error) {
			part := paid(45900, "USD", settled(45900, 900, "USD"))
			part.AmountReceived = 30000
			part.Reversal = balanceLine("txn_2", -15900, 0, "USD", "partial_capture_reversal")
			return several(posted(part))(ledger.PartialCapture(part))
		},
	},
	{
		"A bank debit that arrives",
		"The balance transaction exists as soon as the debit is submitted, while the PaymentIntent is `processing`. Some days later the\n" +
			"debit succeeds; Stripe's balance does not change then.",
		func() ([]ledger.Transaction, error) {
			arrived := paid(45900, "USD", settled(45900, 367, "USD"))
			return several(ledger.PaymentInTransit(exampleReference, "pi_1", debited(nil)))(ledger.PaymentArrived(arrived, decided))
		},
	},
	{
		"A bank debit that fails", "Stripe reverses the debit and returns its fee.",
		func() ([]ledger.Transaction, error) {
			failed := debited(balanceLine("txn_2", -45900, -367, "USD", "charge_failure"))
			return several(ledger.PaymentInTransit(exampleReference, "pi_1", failed))(ledger.PaymentFailure(exampleReference, "pi_1", failed))
		},
	},
	{
		"A refund", "$200.00 are refunded. The refund is posted when Stripe's balance has paid for it, even while it is `pending`.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Refund(exampleReference, refunded(balanceLine("txn_3", -20000, 0, "USD", "refund"), nil)))
		},
	},
	{
		"A refund that fails after it succeeded",
		"The customer's bank returns it: the money is at Stripe again, and owed to the traveller again.",
		func() ([]ledger.Transaction, error) {
			r := refunded(balanceLine("txn_3", -20000, 0, "USD", "refund"), balanceLine("txn_4", 20000, 0, "USD", "refund_failure"))
			return several(ledger.Refund(exampleReference, r))(ledger.RefundFailure(exampleReference, r))
		},
	},
	{
		"A refund that settles in another currency",
		"The traveller gets $200.00 and Stripe's balance pays euros. Suspense has both sides of the exchange, as for the payment.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Refund(exampleReference, refunded(balanceLine("txn_3", -18400, 0, "EUR", "refund"), nil)))
		},
	},
	{
		"A dispute that is won", "The bank withholds the money and Stripe takes a fee. Both come back when the dispute is won.",
		func() ([]ledger.Transaction, error) {
			return several(ledger.Dispute(exampleReference, dispute, *balanceLine("txn_5", -45900, 1500, "USD", "dispute")))(
				ledger.Dispute(exampleReference, dispute, *balanceLine("txn_6", 45900, -1500, "USD", "dispute_reversal")))
		},
	},
	{
		"A dispute that is lost", "The withheld money becomes a chargeback, and Stripe keeps the fee. The second posting has no balance " +
			"transaction, because the money\n" +
			"left when the dispute was opened.",
		func() ([]ledger.Transaction, error) {
			return several(ledger.Dispute(exampleReference, dispute, *balanceLine("txn_5", -45900, 1500, "USD", "dispute")))(
				ledger.Chargeback(exampleReference, dispute, 45900, "USD", 1, decided))
		},
	},
	{
		"A decision that is reversed",
		"The card network reverses the decision after the loss: the chargeback is reversed, and the money comes back.",
		func() ([]ledger.Transaction, error) {
			lost, err := several(ledger.Dispute(exampleReference, dispute, *balanceLine("txn_5", -45900, 1500, "USD", "dispute")))(
				ledger.Chargeback(exampleReference, dispute, 45900, "USD", 1, decided))
			if err != nil {
				return nil, err
			}
			won, err := several(ledger.Chargeback(exampleReference, dispute, -45900, "USD", 2, decided))(
				ledger.Dispute(exampleReference, dispute, *balanceLine("txn_6", 45900, -1500, "USD", "dispute_reversal")))
			return append(lost, won...), err
		},
	},
	{
		"A dispute that is won with less than was withheld",
		"The exchange rate has changed, or the bank returns only a part: the rest is a chargeback. If more comes back than was withheld, the\n" +
			"posting is the opposite one.",
		func() ([]ledger.Transaction, error) {
			won, err := several(ledger.Dispute(exampleReference, dispute, *balanceLine("txn_5", -45900, 1500, "USD", "dispute")))(
				ledger.Dispute(exampleReference, dispute, *balanceLine("txn_6", 44000, -1500, "USD", "dispute_reversal")))
			if err != nil {
				return nil, err
			}
			rest, err := one(ledger.DisputeRest(exampleReference, dispute, 1900, "USD", 1, decided))
			return append(won, rest...), err
		},
	},
	{
		"A payout", "$1,000.00 leave Stripe for the bank. A payout belongs to no booking; its operation key makes the posting unique.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Payout(payout(balanceLine("txn_7", -100000, 0, "USD", "payout"), nil)))
		},
	},
	{
		"A payout that fails after it was paid", "The bank returns it within five business days.",
		func() ([]ledger.Transaction, error) {
			p := payout(balanceLine("txn_7", -100000, 0, "USD", "payout"), balanceLine("txn_8", 100000, 0, "USD", "payout_reversal"))
			return several(ledger.Payout(p))(ledger.PayoutReversal(p))
		},
	},
	{
		"A bill of Stripe's own", "Stripe takes fees for Radar, Billing and other services out of the balance, without an event. The bill is " +
			"posted when a payout\n" +
			"includes it, or when reconciliation finds it, whichever comes first.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.AccountFee(*balanceLine("txn_10", -250, 0, "USD", "fee")))
		},
	},
	{
		"A fee with its parts", "Stripe charges tax on its fee and keeps a platform's application fee: each part has an account.",
		func() ([]ledger.Transaction, error) {
			balance := settled(45900, 2061, "USD")
			balance.Tax, balance.ApplicationFee = 200, 500
			return one(posted(paid(45900, "USD", balance)))
		},
	},
	{
		"A fee of zero that comes later",
		"Under interchange-plus pricing Stripe bills once a month. The ledger still needs the balance transaction, because the payout that\n" +
			"includes it could not be proven otherwise: the amount leaves the clearing account and returns to it.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Fee(paid(45900, "USD", settled(45900, 0, "USD"))))
		},
	},
	{
		"A correction", "Another system received $459.00 on the same Stripe account. Reconciliation found the payment, and an operator has it " +
			"posted: the\n" +
			"clearing account equals Stripe's balance again, and suspense has the money until its owner is known.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Correction(ledger.Correcting{
				ItemID: 7, BalanceTransactionID: "txn_9", Clearing: map[money.Currency]int64{"USD": 44539},
				Fees: map[money.Currency]int64{"USD": 1361}, Against: ledger.EquitySuspense, Effective: decided,
			}))
		},
	},
	{
		"An opening", "The Stripe account was in use before Farebook. `starter opening --at TIME` posts Stripe's balance at that time, " +
			"pending and available\n" +
			"together; from then on the clearing account equals Stripe's balance.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.OpeningBalance(ledger.Opening{At: exampleDate}, "USD", map[ledger.Account]int64{
				ledger.AssetStripeClearing: 120000, ledger.AssetConnectReserved: 5000,
			}))
		},
	},
	{
		"A payment from before the opening that is imported",
		"The opening balance contains its balance transaction. The booking's money is therefore posted against the opening balance, and the\n" +
			"clearing account does not change. A later refund of it is posted as usual.",
		func() ([]ledger.Transaction, error) {
			payment, err := posted(paid(45900, "USD", settled(45900, 1361, "USD")))
			return []ledger.Transaction{payment.Under(ledger.Opening{At: exampleDate.Add(time.Hour)})}, err
		},
	},
	{
		"A refund of a payment from before the opening that no booking has",
		"Reconciliation finds it and names the charge. The refund is posted against the opening balance.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.BeforeOpening(ledger.Unbooked{
				Balance: *balanceLine("txn_11", -20000, 0, "USD", "refund"), ObjectID: "re_2",
				PaymentIntentID: "pi_2",
			}))
		},
	},
	{
		"A payment of another integration",
		"Another shop receives $459.00 on the same Stripe account, and a rule in `OTHER_INTEGRATIONS` matches the payment. The fee belongs to\n" +
			"the other shop, too.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.OtherIntegration(ledger.Unbooked{
				Balance: *balanceLine("txn_12", 45900, 1361, "USD", "charge"), ObjectID: "pi_3",
				PaymentIntentID: "pi_3",
			}))
		},
	},
	{
		"A reversal", "A wrong transaction is not changed: its mirror image is posted. Both remain readable, and the accounts are as if " +
			"neither had been\n" +
			"posted.",
		func() ([]ledger.Transaction, error) {
			payment, err := posted(paid(45900, "USD", settled(45900, 1361, "USD")))
			return []ledger.Transaction{payment, payment.Reverse()}, err
		},
	},
}

// meanings describes each account; a test checks that none is missing.
var meanings = map[ledger.Account]string{
	ledger.AssetStripeClearing:        "money at Stripe, pending and available together; equals Stripe's balance",
	ledger.AssetConnectReserved:       "money at Stripe held for connected accounts; equals Stripe's `connect_reserved`",
	ledger.AssetIssuing:               "money at Stripe for issued cards; equals Stripe's `issuing`",
	ledger.AssetBank:                  "money paid out to the bank, including payouts on their way",
	ledger.AssetDisputedFunds:         "money withheld while a dispute is open",
	ledger.LiabilityUnearnedRevenue:   "paid by travellers and not flown yet: owed as a flight or as a refund",
	ledger.LiabilityPaymentsInTransit: "bank debits on their way: at Stripe already, and reversed if they fail",
	ledger.ExpenseStripeFees:          "fees that Stripe keeps",
	ledger.ExpenseFeeTaxes:            "tax on Stripe's fees, and tax that Stripe withholds",
	ledger.ExpenseApplicationFees:     "application fees that Stripe keeps of a payment for a platform",
	ledger.ExpenseChargebacks:         "lost disputes, and what won disputes did not return",
	ledger.EquitySuspense:             "exchanges between currencies, and differences that are not explained",
	ledger.AssetOtherIntegrations: "movements of the clearing account by other integrations on the same Stripe account; negative while " +
		"their money is there",
	ledger.EquityOpeningBalance: "Stripe's balance when the books were opened, less later movements of payments from before",
}

func ledgerPage() (string, error) {
	var out strings.Builder
	out.WriteString("# Ledger\n\n" + generated)
	out.WriteString(`The ledger is double-entry and append-only. A row of ` + "`financial_ledger`" +
		` is a transaction, and its entries are rows of
` + "`ledger_entries`" + `. Four rules hold at every moment:

1. In each currency of a transaction, debits equal credits.
2. An amount is positive, in minor units as Stripe counts them; the side (debit or credit) is its direction.
3. Every movement at Stripe is posted once: type, PaymentIntent and Stripe object are unique per booking
   (` + "`idx_ledger_unique_stripe_entry`" + `); a transaction without a booking, such as a payout, has a unique operation key.
4. No row is changed or removed; a correction is another transaction. The application's database user has no right to do otherwise.

Each of Stripe's balance transactions is posted by its reporting category, when Stripe's balance has changed and not when an object's
state has. The clearing account therefore equals Stripe's balance, pending and available together, after every event below.

## Two dates

Each transaction has ` + "`posted_at`" + `, when Farebook posted it, and ` + "`effective_at`" + `, when it took effect. A report by ` +
		"`posted_at`" + ` never changes
after its period has ended. By ` + "`effective_at`" +
		`, the clearing account at any time equals Stripe's balance at that time, however late an event
arrived. ` + "`effective_basis`" + ` names the source of the date:

| basis | the date is | used for |
|---|---|---|
| ` + "`balance_transaction`" +
		` | the creation of Stripe's balance transaction | every transaction that changes Stripe's balance, and its correction; a reversal has the date of the reversed transaction |
| ` + "`stripe`" + ` | the creation of Stripe's event or charge | a payment whose balance transaction arrives later; a bank debit that succeeds; a lost dispute at the time of its decision, and not before its money moved |
| ` + "`person`" + ` | the time of an operator's decision, or ` + "`--effective-at`" +
		` | a correction of a balance transaction that Stripe does not have |
| ` + "`posted`" + ` | ` + "`posted_at`" +
		` | a decision of Stripe that was read without an event; a row of an older release for which no better date is known |

Releases before these columns left both empty. ` + "`starter migrate`" +
		` dates such rows in ranges of ids: by another transaction of the same
balance transaction, otherwise by the stored event that led to the posting, otherwise by ` + "`posted_at`" + `. ` + "`starter verify`" +
		` counts the rows that
remain: repeat ` + "`starter migrate`" + ` when no process of the older release is running.

## Chart of accounts

Each account has one balance for each currency.

| account | increased by | balance |
|---|---|---|
`)
	for _, account := range ledger.Accounts {
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", account, account.NormalSide(), meanings[account])
	}
	out.WriteString(categories())
	out.WriteString("\n## Business events\n\nEach event is shown as a journal and as the T-accounts that result: debits on the left, " +
		"credits on the right, the balance below.\n")
	for _, e := range events {
		transactions, err := e.post()
		if err != nil {
			return "", fmt.Errorf("%s: %w", e.title, err)
		}
		fmt.Fprintf(&out, "\n### %s\n\n%s\n", e.title, e.story)
		for _, transaction := range transactions {
			out.WriteString(journal(transaction))
		}
		out.WriteString("\n```text\n" + tAccounts(transactions) + "```\n")
	}
	return out.String(), nil
}

// routeWords describes how a balance transaction is posted.
var routeWords = map[booking.Route]string{
	booking.RoutePayment:    "posted with the payment that is its source",
	booking.RouteRefund:     "posted with the refund that is its source",
	booking.RouteDispute:    "posted with the dispute that is its source",
	booking.RoutePayout:     "posted with the payout that is its source",
	booking.RouteAccountFee: "posted as Stripe's bill, whatever its source",
	booking.RoutePerson:     "an operator decides",
}

// categories is the table of reporting categories.
func categories() string {
	var out strings.Builder
	out.WriteString(`
## Balance transactions by reporting category

The reporting category decides how a balance transaction is posted, before its source: a fee that is billed after a payment has the
charge as its source and is not a payment. Reconciliation reports a balance transaction to an operator, and posts nothing, if its
category is not in this table or its source is not an object of the expected kind. A balance transaction of zero needs no posting. The
parts of ` + "`fee_details`" + ` that are tax or an application fee are posted on separate accounts; all others are Stripe's fee.
` + "`make conformance`" + ` checks that the table has every type and every reporting category of Stripe's specification
([reporting categories](https://docs.stripe.com/reports/reporting-categories)).

| reporting category | types | treatment | what it is |
|---|---|---|---|
`)
	for _, category := range booking.Categories {
		fmt.Fprintf(&out, "| `%s` | `%s` | %s | %s |\n", category.Name, strings.Join(category.Types, "`, `"), routeWords[category.Route],
			category.Why)
	}
	return out.String()
}

// journal formats a transaction as a table of its entries.
func journal(t ledger.Transaction) string {
	var out strings.Builder
	object := "without an object: at most one for each PaymentIntent"
	if t.ObjectID != "" {
		object = "object `" + t.ObjectID + "`"
	}
	fmt.Fprintf(&out, "\nType `%s`, %s.\n\n| account | debit | credit |\n|---|---:|---:|\n", t.Type, object)
	for _, entry := range t.Entries {
		debit, credit := money.Text(entry.Amount, entry.Currency), ""
		if entry.Side == ledger.Credit {
			debit, credit = credit, debit
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", entry.Account, debit, credit)
	}
	return out.String()
}
