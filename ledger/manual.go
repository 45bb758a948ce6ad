package ledger

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// notForJournals are the accounts that follow from objects at Stripe and from bookings. `starter verify` compares them with those, so that
// a manual journal would break a promise: `starter reconcile resolve --post` corrects them.
var notForJournals = []Account{
	AssetStripeClearing, AssetConnectReserved, AssetIssuing, AssetDisputedFunds, AssetOtherIntegrations, LiabilityUnearnedRevenue,
	LiabilityCustomerFunds, LiabilityPaymentsInTransit,
}

// JournalAccounts lists the accounts that a manual journal may post to.
func JournalAccounts() []Account {
	return slices.DeleteFunc(slices.Clone(Accounts), func(a Account) bool { return slices.Contains(notForJournals, a) })
}

// maxReason is the length of a journal's reason in bytes: it is the description of the transaction.
const maxReason = 200

// journalKey is the form of a journal's key.
var journalKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$`)

// Manual is a journal that an operator posts. Its key makes a repetition harmless: the books accept it once.
type Manual struct {
	Key         string
	Reason      string
	EffectiveAt time.Time
	Entries     []Entry
}

// OperationKey is the operation key of the journal's transaction.
func (m Manual) OperationKey() string { return "journal/" + m.Key }

// Transaction returns what the journal posts, or an error that says what is wrong with it.
func (m Manual) Transaction() (Transaction, error) {
	switch {
	case !journalKey.MatchString(m.Key):
		return Transaction{}, fmt.Errorf("invalid key %q: must be 1 to 48 letters, digits, dots, dashes or underscores", m.Key)
	case m.Reason == "" || len(m.Reason) > maxReason:
		return Transaction{}, fmt.Errorf("the reason must have 1 to %d bytes", maxReason)
	}
	for i, entry := range m.Entries {
		if slices.Contains(notForJournals, entry.Account) {
			return Transaction{}, fmt.Errorf("entry %d: %s follows from Stripe's objects and from bookings: use one of %v", i, entry.Account,
				JournalAccounts())
		}
	}
	t := Transaction{
		Type: TypeManual, OperationKey: m.OperationKey(), Description: m.Reason, Entries: m.Entries,
		Effective: Effective{At: m.EffectiveAt, Basis: ByPerson},
	}
	return t, t.Validate()
}
