package ledger

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/validation"
)

// NotForJournals are the accounts that follow from objects at Stripe and from bookings. `starter verify` compares them with those, so that
// a manual journal would break a promise: `starter reconcile resolve --post` corrects them. A journal belongs to no booking and no payout,
// so that one on refunds payable would leave the sum of the open refunds, and one on payouts in transit that of the payouts under way. One
// that pays a refund from the bank belongs to its booking.
var NotForJournals = []Account{
	AssetStripeClearing, AssetConnectReserved, AssetIssuing, AssetPayoutsInTransit, AssetDisputedFunds, AssetOtherIntegrations,
	LiabilityUnearnedRevenue, LiabilityCustomerFunds, LiabilityRefundsPayable, LiabilityPaymentsInTransit, ExpenseChargebacks,
}

// JournalAccounts lists the accounts that a manual journal may post to.
func JournalAccounts() []Account {
	return slices.DeleteFunc(slices.Clone(Accounts), func(a Account) bool { return slices.Contains(NotForJournals, a) })
}

// maxReason is the length of a journal's reason in bytes: it is the description of the transaction.
const maxReason = 200

// journalKey is the form of a journal's key.
var journalKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$`)

// isoCode is the form of a currency.
var isoCode = regexp.MustCompile(`^[A-Z]{3}$`)

// firstYear is that of the first month of a calendar.
const firstYear = 1970

// Manual is a journal that an operator posts. Its key makes a repetition harmless: the books accept it once.
type Manual struct {
	Key         string
	Reason      string
	EffectiveAt time.Time
	Entries     []Entry
	// Refund is the refund that the journal pays from the bank, because it failed at Stripe: one entry debits liability:refunds_payable with
	// its amount. It is empty for any other journal.
	Refund booking.RefundID
}

// OperationKey is the operation key of the journal's transaction.
func (m Manual) OperationKey() string { return "journal/" + m.Key }

// Transaction returns what the journal posts, or validation.FieldErrors that say what is wrong with it, by the names of its JSON.
func (m Manual) Transaction() (Transaction, error) {
	if err := m.Validate(); err != nil {
		return Transaction{}, err
	}
	t := Transaction{
		Type: TypeManual, ObjectID: string(m.Refund), OperationKey: m.OperationKey(), Description: m.Reason, Entries: m.Entries,
		Effective: Effective{At: m.EffectiveAt, Basis: ByPerson},
	}
	return t, t.Validate()
}

// Pays is what a journal pays of its refund; zero for one that names none.
func (m Manual) Pays() money.Money {
	for _, entry := range m.Entries {
		if entry.Account == LiabilityRefundsPayable {
			return money.Money{Value: entry.Amount, Currency: entry.Currency}
		}
	}
	return money.Money{}
}

// CheckJournalKey returns a *validation.FieldError for what cannot be the key of a journal.
func CheckJournalKey(key string) error {
	if journalKey.MatchString(key) {
		return nil
	}
	return &validation.FieldError{
		Field: "key", Problem: "is not a key", Fix: "use 1 to 48 letters, digits, dots, dashes or underscores, the first a letter or a digit",
	}
}

// Validate returns validation.FieldErrors for what is wrong with a journal: key, reason, effectiveAt, entries[1].account.
func (m Manual) Validate() error {
	var wrong validation.Violations
	wrong.Take(CheckJournalKey(m.Key))
	if m.Reason == "" || len(m.Reason) > maxReason {
		wrong.Add("reason", "is empty or too long", fmt.Sprintf("write 1 to %d bytes", maxReason))
	}
	if m.EffectiveAt.UTC().Year() < firstYear {
		wrong.Add("effectiveAt", "is missing or too early", "name the time at which the journal takes effect, such as 2026-11-30T12:00:00Z")
	}
	if m.Refund != "" {
		if _, err := booking.ParseRefundID(string(m.Refund)); err != nil {
			wrong.Add("refund", "is not the id of a refund", "write it as RF-7K2M9QXA, or leave it out")
		}
	}
	if len(m.Entries) < 2 || len(m.Entries) > MaxEntries {
		wrong.Add("entries", "has too few or too many entries", fmt.Sprintf("send 2 to %d", MaxEntries))
	} else {
		m.checkEntries(&wrong)
	}
	return wrong.Err()
}

// checkEntries checks each entry, and whether entries that are right balance.
func (m Manual) checkEntries(wrong *validation.Violations) {
	payments := 0
	for i, entry := range m.Entries {
		pays := m.Refund != "" && entry.Account == LiabilityRefundsPayable && entry.Side == Debit
		if pays {
			payments++
		}
		entry.violations(fmt.Sprintf("entries[%d]", i), pays, wrong)
	}
	if m.Refund != "" && payments != 1 {
		wrong.Add("entries", "do not pay the refund", "debit its amount to "+string(LiabilityRefundsPayable)+", in one entry")
	}
	var unbalanced *UnbalancedError
	if wrong.Err() == nil && errors.As(balanced(m.Entries), &unbalanced) {
		wrong.Add("entries", "do not balance", unbalanced.Error())
	}
}

// violations adds what is wrong with an entry. pays says that it pays the refund of its journal.
func (e Entry) violations(at string, pays bool, wrong *validation.Violations) {
	switch {
	case pays:
	case e.Account == LiabilityRefundsPayable:
		wrong.Add(at+".account", "follows from Stripe's objects and from bookings",
			"name the refund that was paid from the bank as refund, and debit its amount; it has failed at Stripe")
	case slices.Contains(NotForJournals, e.Account):
		wrong.Add(at+".account", "follows from Stripe's objects and from bookings", fmt.Sprintf("use one of %v", JournalAccounts()))
	case !slices.Contains(Accounts, e.Account):
		wrong.Add(at+".account", "is not an account", fmt.Sprintf("use one of %v", JournalAccounts()))
	}
	if e.Side != Debit && e.Side != Credit {
		wrong.Add(at+".side", "is not a side", "use debit or credit")
	}
	if e.Amount <= 0 || e.Amount > maxEntryAmount {
		wrong.Add(at+".amount.value", "is out of range", fmt.Sprintf("send 1 to %d minor units: the side says the direction",
			int64(maxEntryAmount)))
	}
	if !isoCode.MatchString(string(e.Currency)) {
		wrong.Add(at+".amount.currency", "is not a currency", "use an ISO 4217 code in upper case")
	}
}
