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

// event is something that happens in business, as the ledger's rules post it: one transaction or several.
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

// decided dates what has no balance transaction in the examples; exampleDate is that of each balance transaction.
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

// several puts two postings together: several(first)(second).
func several(first ledger.Transaction, err error) func(ledger.Transaction, error) ([]ledger.Transaction, error) {
	return func(second ledger.Transaction, secondErr error) ([]ledger.Transaction, error) {
		return []ledger.Transaction{first, second}, errors.Join(err, secondErr)
	}
}

func balanceLine(id string, amount, fee int64, currency money.Currency, category string) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{Created: exampleDate, ID: id, Amount: amount, Fee: fee, Net: amount - fee, Currency: currency, ReportingCategory: category}
}

func debited(failure *booking.BalanceTransaction) booking.Debit {
	return booking.Debit{ChargeID: "py_1", Amount: 45900, Currency: "USD", Balance: *settled(45900, 367, "USD"), FailureBalance: failure}
}

func refunded(balance, failure *booking.BalanceTransaction) booking.RefundSnapshot {
	return booking.RefundSnapshot{
		StripeRefundID: "re_1", PaymentIntentID: "pi_1", StripeStatus: "succeeded", Amount: 20000, Currency: "USD", Balance: balance, FailureBalance: failure,
	}
}

var dispute = booking.DisputeSnapshot{DisputeID: "dp_1", PaymentIntentID: "pi_1", Amount: 45900, Currency: "USD"}

func payout(balance, failure *booking.BalanceTransaction) booking.PayoutSnapshot {
	return booking.PayoutSnapshot{PayoutID: "po_1", Amount: 100000, Currency: "USD", Balance: balance, FailureBalance: failure}
}

var events = []event{
	{
		"A payment", "A booking of $459.00 is paid. Stripe's balance transaction is there at once, so its fee goes along.",
		func() ([]ledger.Transaction, error) {
			return one(posted(paid(45900, "USD", settled(45900, 1361, "USD"))))
		},
	},
	{
		"A payment whose fee comes later", "The same under Stripe's asynchronous capture: the payment is posted when it succeeds, the fee when `charge.updated` brings\n" +
			"the balance transaction. The accounts end as above.",
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
		"A payment that settles in another currency", "A booking of $459.00, and a Stripe account that settles in euros: Stripe's balance got euros, so the dollars leave the\n" +
			"clearing account through suspense and the euros come in through it. Suspense keeps both ends of the exchange, the dollars\n" +
			"that were given (debit) and the euros that they fetched (credit).",
		func() ([]ledger.Transaction, error) {
			return one(posted(paid(45900, "USD", settled(42210, 1254, "EUR"))))
		},
	},
	{
		"A payment of which Stripe settles another amount", "It should not happen. If it does, the clearing account still equals Stripe's balance, and the dollar that is missing shows\n" +
			"in suspense.",
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
		"A payment captured in part", "$459.00 were authorised and $300.00 captured. Stripe makes two balance transactions of it, the whole and what is taken back, and so does\n" +
			"the ledger; together they are what was captured.",
		func() ([]ledger.Transaction, error) {
			part := paid(45900, "USD", settled(45900, 900, "USD"))
			part.AmountReceived = 30000
			part.Reversal = balanceLine("txn_2", -15900, 0, "USD", "partial_capture_reversal")
			return several(posted(part))(ledger.PartialCapture(part))
		},
	},
	{
		"A bank debit that arrives", "The balance transaction is there as soon as the debit is submitted, while the PaymentIntent is `processing`. Some days later it\n" +
			"is known that the money stays: Stripe's balance does not move then.",
		func() ([]ledger.Transaction, error) {
			arrived := paid(45900, "USD", settled(45900, 367, "USD"))
			return several(ledger.PaymentInTransit(exampleReference, "pi_1", debited(nil)))(ledger.PaymentArrived(arrived, decided))
		},
	},
	{
		"A bank debit that fails", "Stripe takes back what the debit had moved, and gives its fee back.",
		func() ([]ledger.Transaction, error) {
			failed := debited(balanceLine("txn_2", -45900, -367, "USD", "charge_failure"))
			return several(ledger.PaymentInTransit(exampleReference, "pi_1", failed))(ledger.PaymentFailure(exampleReference, "pi_1", failed))
		},
	},
	{
		"A refund", "$200.00 go back. Posted when Stripe's balance has paid for it, also while it is `pending`.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Refund(exampleReference, refunded(balanceLine("txn_3", -20000, 0, "USD", "refund"), nil)))
		},
	},
	{
		"A refund that fails after it succeeded", "The customer's bank sends it back: the money is at Stripe again, and owed to the traveller again.",
		func() ([]ledger.Transaction, error) {
			r := refunded(balanceLine("txn_3", -20000, 0, "USD", "refund"), balanceLine("txn_4", 20000, 0, "USD", "refund_failure"))
			return several(ledger.Refund(exampleReference, r))(ledger.RefundFailure(exampleReference, r))
		},
	},
	{
		"A refund that settles in another currency", "The traveller gets $200.00, Stripe's balance pays euros: both ends of the exchange stand in suspense, as with the payment.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Refund(exampleReference, refunded(balanceLine("txn_3", -18400, 0, "EUR", "refund"), nil)))
		},
	},
	{
		"A dispute that is won", "The bank withholds the money and Stripe takes its fee; both come back when it is decided for us.",
		func() ([]ledger.Transaction, error) {
			return several(ledger.Dispute(exampleReference, dispute, *balanceLine("txn_5", -45900, 1500, "USD", "dispute")))(
				ledger.Dispute(exampleReference, dispute, *balanceLine("txn_6", 45900, -1500, "USD", "dispute_reversal")))
		},
	},
	{
		"A dispute that is lost", "What is withheld becomes a chargeback; the fee stays with Stripe. No balance transaction belongs to the second posting: the money\n" +
			"left when the dispute began.",
		func() ([]ledger.Transaction, error) {
			return several(ledger.Dispute(exampleReference, dispute, *balanceLine("txn_5", -45900, 1500, "USD", "dispute")))(
				ledger.Chargeback(exampleReference, dispute, 45900, "USD", 1, decided))
		},
	},
	{
		"A decision that is turned round", "The network changes its mind after the loss: the chargeback is taken back, and then the money comes.",
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
		"A dispute that is won with less than was withheld", "The exchange rate has changed meanwhile, or the bank decided for us in part: the rest is a chargeback. More than was withheld is\n" +
			"posted the other way round.",
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
		"A payout", "$1,000.00 leave Stripe for the bank. It belongs to no booking: its operation key makes it once.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Payout(payout(balanceLine("txn_7", -100000, 0, "USD", "payout"), nil)))
		},
	},
	{
		"A payout that fails after it was paid", "The bank sends it back within five business days.",
		func() ([]ledger.Transaction, error) {
			p := payout(balanceLine("txn_7", -100000, 0, "USD", "payout"), balanceLine("txn_8", 100000, 0, "USD", "payout_reversal"))
			return several(ledger.Payout(p))(ledger.PayoutReversal(p))
		},
	},
	{
		"A bill of Stripe's own", "Radar, Billing and such: taken out of the balance, and told by no event. Posted when a payout pays it out, or when\n" +
			"reconciliation finds it, whichever comes first.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.AccountFee(*balanceLine("txn_10", -250, 0, "USD", "fee")))
		},
	},
	{
		"A fee with its parts", "Stripe charges tax on its fee, and keeps a platform's share: each part has an account.",
		func() ([]ledger.Transaction, error) {
			balance := settled(45900, 2061, "USD")
			balance.Tax, balance.ApplicationFee = 200, 500
			return one(posted(paid(45900, "USD", balance)))
		},
	},
	{
		"A fee of zero that comes later", "Under interchange-plus pricing Stripe bills once a month. The balance transaction still has to be in the ledger, or the payout\n" +
			"that pays it out would never be proven: the amount goes out of the clearing account and in again.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Fee(paid(45900, "USD", settled(45900, 0, "USD"))))
		},
	},
	{
		"A correction", "Somebody else took $459.00 on the same Stripe account. Reconciliation found it, and a person has it posted: the clearing\n" +
			"account is Stripe's balance again, and whose the money is stands in suspense.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Correction(ledger.Correcting{
				ItemID: 7, BalanceTransactionID: "txn_9", Clearing: map[money.Currency]int64{"USD": 44539},
				Fees: map[money.Currency]int64{"USD": 1361}, Against: ledger.EquitySuspense, Effective: decided,
			}))
		},
	},
	{
		"An opening", "The account lived before Farebook. `starter opening --at TIME` posts what Stripe's balance was at that time, pending and available\n" +
			"together: the clearing account equals it from then on.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.OpeningBalance(ledger.Opening{At: exampleDate}, "USD", map[ledger.Account]int64{
				ledger.AssetStripeClearing: 120000, ledger.AssetConnectReserved: 5000,
			}))
		},
	},
	{
		"A payment from before the opening that is imported", "Its balance transaction is in the opening balance. So the booking's money is taken from there, and the clearing account\n" +
			"is left alone; a refund of it is an ordinary one.",
		func() ([]ledger.Transaction, error) {
			payment, err := posted(paid(45900, "USD", settled(45900, 1361, "USD")))
			return []ledger.Transaction{payment.Under(ledger.Opening{At: exampleDate.Add(time.Hour)})}, err
		},
	},
	{
		"A refund of a payment from before the opening that no booking has", "Reconciliation finds it and names the charge: what goes back is taken from the opening balance.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.BeforeOpening(ledger.Unbooked{Balance: *balanceLine("txn_11", -20000, 0, "USD", "refund"), ObjectID: "re_2", PaymentIntentID: "pi_2"}))
		},
	},
	{
		"A payment of another integration", "Another shop is paid $459.00 on the same Stripe account, and a rule in `OTHER_INTEGRATIONS` says that it is theirs. The fee is theirs\n" +
			"as well.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.OtherIntegration(ledger.Unbooked{Balance: *balanceLine("txn_12", 45900, 1361, "USD", "charge"), ObjectID: "pi_3", PaymentIntentID: "pi_3"}))
		},
	},
	{
		"A reversal", "A transaction that should not have been posted is not changed: its mirror image is posted. Both stay to be read, and the\n" +
			"accounts are as if neither had been.",
		func() ([]ledger.Transaction, error) {
			payment, err := posted(paid(45900, "USD", settled(45900, 1361, "USD")))
			return []ledger.Transaction{payment, payment.Reverse()}, err
		},
	},
}

// meanings of the accounts; a test holds that each has one.
var meanings = map[ledger.Account]string{
	ledger.AssetStripeClearing:        "money at Stripe, pending and available together; equals Stripe's own balance",
	ledger.AssetConnectReserved:       "money at Stripe that is held for connected accounts; equals Stripe's `connect_reserved`",
	ledger.AssetIssuing:               "money at Stripe for issued cards; equals Stripe's `issuing`",
	ledger.AssetBank:                  "money paid out to the bank, on its way among it",
	ledger.AssetDisputedFunds:         "money that is withheld while a dispute is open",
	ledger.LiabilityUnearnedRevenue:   "paid by travellers, not flown yet: owed as a flight or as a refund",
	ledger.LiabilityPaymentsInTransit: "bank debits on their way: at Stripe already, taken back when they fail",
	ledger.ExpenseStripeFees:          "what Stripe keeps",
	ledger.ExpenseFeeTaxes:            "tax on Stripe's fees, and tax that Stripe withholds",
	ledger.ExpenseApplicationFees:     "what Stripe keeps of a payment for a platform",
	ledger.ExpenseChargebacks:         "disputes that were lost, and what won ones did not give back",
	ledger.EquitySuspense:             "where one currency turns into another, and where a difference shows",
	ledger.AssetOtherIntegrations:     "money of other integrations on the same Stripe account, as they have moved the clearing account; below zero while it is there",
	ledger.EquityOpeningBalance:       "what Stripe's balance was when the books were opened, less what became since of payments from before",
}

func ledgerPage() (string, error) {
	var out strings.Builder
	out.WriteString("# Ledger\n\n" + generated)
	out.WriteString(`Double entry, append-only. A row of ` + "`financial_ledger`" + ` is a transaction, its lines are ` + "`ledger_entries`" + `. Four rules hold at
every moment:

1. In each currency of a transaction, debits equal credits.
2. An amount is above zero, in minor units as Stripe counts them; the side says which way it goes.
3. What happened at Stripe is posted once: type, PaymentIntent and Stripe object are unique per booking
   (` + "`idx_ledger_unique_stripe_entry`" + `); what belongs to no booking, a payout, by its operation key.
4. Nothing is changed or removed; a correction is another transaction. The application's database user cannot do otherwise.

Each balance transaction of Stripe's is posted by its reporting category, when Stripe's balance has moved and not when a
state says so: the clearing account equals Stripe's balance, pending and available together, after every event below.

## Two dates

Each transaction has ` + "`posted_at`" + `, when Farebook posted it, and ` + "`effective_at`" + `, when it took effect. A report by ` + "`posted_at`" + ` never changes
once its period is over; by ` + "`effective_at`" + ` the clearing account at a time equals Stripe's balance at that time, however late an event
came. ` + "`effective_basis`" + ` says where the date comes from:

| basis | the date is | of |
|---|---|---|
| ` + "`balance_transaction`" + ` | the creation of Stripe's balance transaction | everything that moves Stripe's balance, and a correction of such a line; a reversal has the date of what it reverses |
| ` + "`stripe`" + ` | the creation of Stripe's event or charge | a payment whose balance transaction comes later; a bank debit that arrives; the loss of a dispute when it was closed, and not before its money moved |
| ` + "`person`" + ` | when a person decided, or ` + "`--effective-at`" + ` | a correction of a line that Stripe does not have |
| ` + "`posted`" + ` | ` + "`posted_at`" + ` | a decision of Stripe's that was read without an event; a row of an older release of which nothing better is known |

A release before this column left both empty. ` + "`starter migrate`" + ` dates such rows in ranges of ids: by another transaction of the same
balance transaction, else by Stripe's stored event that led to the posting, else by ` + "`posted_at`" + `. ` + "`starter verify`" + ` counts what remains: run
` + "`starter migrate`" + ` again when no process of the older release runs any more.

## Chart of accounts

The currency is a column beside the account: each account has a balance per currency.

| account | grows by | what its balance is |
|---|---|---|
`)
	for _, account := range ledger.Accounts {
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", account, account.NormalSide(), meanings[account])
	}
	out.WriteString(categories())
	out.WriteString("\n## Business events\n\nEach as a journal, and as the T-accounts that it leaves: debits left, credits right, the balance below.\n")
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

// routeWords say what becomes of a balance transaction.
var routeWords = map[booking.Route]string{
	booking.RoutePayment:    "posted with the payment that is its source",
	booking.RouteRefund:     "posted with the refund that is its source",
	booking.RouteDispute:    "posted with the dispute that is its source",
	booking.RoutePayout:     "posted with the payout that is its source",
	booking.RouteAccountFee: "posted as a bill of Stripe's, whatever its source",
	booking.RoutePerson:     "a person decides",
}

// categories is the table of what becomes of each balance transaction.
func categories() string {
	var out strings.Builder
	out.WriteString(`
## What becomes of each balance transaction

The reporting category decides first, and the source only then: a fee that is billed after a payment has the charge as its source
and is no payment. A category that is not in this table, and one whose source is no object of its kind, is shown to a person by
reconciliation and posted by nothing else. A balance transaction of zero moves nothing and needs no posting. Of a fee, the parts of
` + "`fee_details`" + ` that are tax or an application fee stand on accounts of their own; all others are Stripe's fee.
` + "`make conformance`" + ` checks that the table holds every type and every reporting category of Stripe's specification
([reporting categories](https://docs.stripe.com/reports/reporting-categories)).

| reporting category | types | what becomes of it | why |
|---|---|---|---|
`)
	for _, category := range booking.Categories {
		fmt.Fprintf(&out, "| `%s` | `%s` | %s | %s |\n", category.Name, strings.Join(category.Types, "`, `"), routeWords[category.Route], category.Why)
	}
	return out.String()
}

// journal writes a transaction as a table of its entries.
func journal(t ledger.Transaction) string {
	var out strings.Builder
	object := "no object: there is one of it per PaymentIntent"
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
