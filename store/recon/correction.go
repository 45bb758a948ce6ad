package recon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"farebook/access"
	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// Correction is an operator's decision about an item. There is the balance transaction at Stripe, nil when Stripe does not have it.
// Against is the account that takes the other side.
type Correction struct {
	ItemID  uint64
	There   *booking.BalanceTransaction
	Against ledger.Account
	// EffectiveAt dates the correction of a balance transaction that Stripe does not have; the zero time means the time of the decision.
	EffectiveAt time.Time
	Note        string
	By          access.Actor
	// Limits are those of corrections.
	Limits access.Limits
	// Proposed is what the clearing account differed by when the correction was proposed; nil for one without a proposal.
	Proposed *money.Money
	// Also writes within the same transaction what belongs to the correction; it may be nil.
	Also func(tx *gorm.DB) error
}

// Item reads one item, or store.ErrNotFound.
func (r *Runs) Item(ctx context.Context, id uint64) (Item, error) {
	var row itemRow
	err := r.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// Correct posts the difference between the books and Stripe for an item's balance transaction and resolves the item, in one transaction.
// It also takes an item that only a note has resolved. It refuses an item about which the books and Stripe agree by now; that and the
// UNIQUE operation key make a repetition harmless. Errors: store.ErrNotFound, *NotCorrectableError, *access.AboveLimitError.
func (r *Runs) Correct(ctx context.Context, c Correction, now time.Time) error {
	return r.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row, err := lockItem(tx, c.ItemID)
		if err != nil {
			return err
		}
		item := row.domain()
		// The booking's recorders, and postings without a booking, wait for these locks, so that one of the two sees what the
		// other has posted.
		bookingID, model, err := lockOwner(tx, item)
		if err != nil {
			return err
		}
		if bookingID != nil {
			if err := keepsModel(item, model, c.Against); err != nil {
				return err
			}
		}
		if err := journal.LockCorrections(tx, journal.Exclusively); err != nil {
			return err
		}
		if err := correctable(item, row.stateBefore(), c, now); err != nil {
			return err
		}
		posted, err := journal.Postings(tx.Session(&gorm.Session{NewDB: true}), []reconciliation.Line{item.Line()})
		if err != nil {
			return err
		}
		correction, err := postCorrection(tx, item, c, posted[item.BalanceTransactionID], bookingID, now)
		if err != nil {
			return err
		}
		if err := recogniseLater(tx, bookingID, c.Against, now); err != nil {
			return err
		}
		if err := resolve(tx, row, c.Note, now); err != nil {
			return err
		}
		err = store.AuditIn(tx, now, store.AuditEntry{
			Actor: c.By, Action: store.ActionItemPost, Subject: itemSubject(c.ItemID), BookingID: bookingID,
			Detail: fmt.Sprintf("%s against %s", item.BalanceTransactionID, c.Against),
		})
		if err == nil && c.Also != nil {
			err = c.Also(tx)
		}
		if err != nil {
			return err
		}
		return moveCorrection(tx, now, correction, c)
	})
}

// moveCorrection counts a correction against the limits of who posts it: what it debits in each currency.
func moveCorrection(tx *gorm.DB, now time.Time, correction ledger.Transaction, c Correction) error {
	debits := map[money.Currency]int64{}
	for _, entry := range correction.Entries {
		if entry.Side == ledger.Debit {
			debits[entry.Currency] += entry.Amount
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(debits)) {
		err := store.MoveIn(tx, now, store.Moved{
			Kind: store.MovedByCorrection, Subject: correction.OperationKey, Amount: money.Money{Value: debits[currency], Currency: currency},
			By: c.By, Limits: c.Limits,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keepsModel refuses to correct a booking on the account of the other revenue model.
func keepsModel(item Item, model booking.RevenueModel, against ledger.Account) error {
	held := ledger.Held(model)
	other := against == ledger.LiabilityUnearnedRevenue || against == ledger.LiabilityCustomerFunds
	if other && against != held {
		return &NotCorrectableError{fmt.Sprintf("item %d: what was paid for its booking, a sale as %s, is on %s", item.ID, model, held)}
	}
	return nil
}

// recogniseLater has the unearned revenue of a booking looked at, when a correction has changed it.
func recogniseLater(tx *gorm.DB, bookingID *uint64, against ledger.Account, now time.Time) error {
	if bookingID == nil || against != ledger.LiabilityUnearnedRevenue && against != ledger.LiabilityCustomerFunds {
		return nil
	}
	return tx.Exec("UPDATE bookings SET recognise_at = COALESCE(recognise_at, ?) WHERE id = ?", now, *bookingID).Error
}

func correctable(item Item, before string, c Correction, now time.Time) error {
	switch {
	case item.State == ItemResolved: // by a note; an item that a correction has settled agrees with Stripe
	case item.State != ItemFound && item.State != ItemFailed:
		return settled(item)
	default:
		before = item.State
	}
	switch {
	case item.Healing != reconciliation.HealNone && before != ItemFailed:
		return &NotCorrectableError{fmt.Sprintf("item %d is healed by its own workflow (%s): reconcile, or apply its plan", item.ID,
			item.Healing)}
	case c.There != nil && !c.EffectiveAt.IsZero():
		return &NotCorrectableError{fmt.Sprintf("--effective-at: Stripe dates balance transaction %s at %s: leave it out",
			item.BalanceTransactionID, c.There.Created.Format(time.RFC3339))}
	case c.EffectiveAt.After(now):
		return &NotCorrectableError{fmt.Sprintf("--effective-at: %s is in the future", c.EffectiveAt.Format(time.RFC3339))}
	case item.Postable() != nil:
		return item.Postable()
	case c.There == nil && item.Class != reconciliation.MissingInStripe: // Stripe had it when the item was found
		return &NotCorrectableError{fmt.Sprintf("item %d: Stripe does not have balance transaction %s: is STRIPE_SECRET_KEY of the same "+
			"account, and of the same mode?",
			item.ID, item.BalanceTransactionID)}
	}
	return nil
}

// Postable returns *NotCorrectableError for an item without a balance transaction that could be posted, now or later.
func (i Item) Postable() error {
	if i.BalanceTransactionID == "" || i.Class == reconciliation.Timing {
		return withoutTransaction(i)
	}
	return nil
}

func withoutTransaction(item Item) *NotCorrectableError {
	return &NotCorrectableError{fmt.Sprintf("item %d (%s) is about no balance transaction that could be posted", item.ID, item.Class)}
}

func postCorrection(tx *gorm.DB, item Item, c Correction, posted []reconciliation.Posting, bookingID *uint64, now time.Time,
) (ledger.Transaction, error) {
	correcting, err := correctingOf(item, c, posted, now)
	if err != nil {
		return ledger.Transaction{}, err
	}
	if p := c.Proposed; p != nil && correcting.Clearing[p.Currency] != p.Value {
		return ledger.Transaction{}, &NotCorrectableError{fmt.Sprintf("item %d: the clearing account differs by %s by now, and a correction of "+
			"%s was proposed", item.ID, money.Text(correcting.Clearing[p.Currency], p.Currency), money.Text(p.Value, p.Currency))}
	}
	transaction, err := ledger.Correction(correcting)
	if err != nil {
		return ledger.Transaction{}, &NotCorrectableError{err.Error()}
	}
	err = journal.Append(tx, now, bookingID, transaction)
	if db.DuplicateKey(err) {
		err = &NotCorrectableError{fmt.Sprintf("item %d: somebody else is correcting the same balance transaction; reconcile again", item.ID)}
	}
	return transaction, err
}

// correctingOf is what the ledger does not have of an item's balance transaction.
func correctingOf(item Item, c Correction, posted []reconciliation.Posting, now time.Time) (ledger.Correcting, error) {
	clearing, fees := reconciliation.Shortfall(posted, c.There)
	if !lacking(clearing) && !lacking(fees) {
		if item.State == ItemResolved {
			return ledger.Correcting{}, settled(item)
		}
		return ledger.Correcting{}, &NotCorrectableError{fmt.Sprintf("item %d: the books agree with Stripe by now", item.ID)}
	}
	return ledger.Correcting{
		ItemID: item.ID, Reference: item.Reference, PaymentIntentID: item.PaymentIntentID, BalanceTransactionID: item.BalanceTransactionID,
		Clearing: clearing, Fees: fees, Against: c.Against, Count: len(posted), Effective: c.effective(now), Balance: c.There,
	}, nil
}

// Draft returns what makes the books agree with Stripe about an item's balance transaction, and posts nothing: the correction against an
// account, or, against none, what the item's own workflow posts. Errors: store.ErrNotFound, *NotCorrectableError.
func (r *Runs) Draft(ctx context.Context, c Correction, now time.Time) (ledger.Correcting, error) {
	item, err := r.Item(ctx, c.ItemID)
	if err != nil {
		return ledger.Correcting{}, err
	}
	if item.BalanceTransactionID == "" {
		return ledger.Correcting{}, withoutTransaction(item)
	}
	conn := r.db.WithContext(ctx)
	_, model, err := ownerOf(conn, item)
	if err != nil {
		return ledger.Correcting{}, err
	}
	if c.Against == "" {
		c.Against = otherSide(item.Healing, model)
	}
	posted, err := journal.Postings(conn, []reconciliation.Line{item.Line()})
	if err != nil {
		return ledger.Correcting{}, err
	}
	return correctingOf(item, c, posted[item.BalanceTransactionID], now)
}

// otherSide is the account on which a healing posts the other side; equity:suspense for what is left to an operator.
func otherSide(healing reconciliation.Healing, model booking.RevenueModel) ledger.Account {
	switch healing {
	case reconciliation.HealPayment:
		return ledger.Held(model)
	case reconciliation.HealRefund:
		return ledger.LiabilityRefundsPayable
	case reconciliation.HealDispute:
		return ledger.AssetDisputedFunds
	case reconciliation.HealPayout:
		return ledger.AssetPayoutsInTransit
	case reconciliation.HealAccountFee:
		return ledger.ExpenseStripeFees
	case reconciliation.HealUnbooked:
		return ledger.AssetOtherIntegrations
	default:
		return ledger.EquitySuspense
	}
}

// effective returns the date of the balance transaction when Stripe has it, so that the clearing account equals Stripe's balance by date
// as well.
func (c Correction) effective(now time.Time) ledger.Effective {
	switch {
	case c.There != nil:
		return ledger.EffectiveOf(*c.There)
	case !c.EffectiveAt.IsZero():
		return ledger.Effective{At: c.EffectiveAt, Basis: ledger.ByPerson}
	}
	return ledger.Effective{At: now, Basis: ledger.ByPerson}
}

func lacking(amounts map[money.Currency]int64) bool {
	for _, amount := range amounts {
		if amount != 0 {
			return true
		}
	}
	return false
}

// lockOwner locks the booking that a correction belongs to: the PaymentIntent's booking, as its recorder does, or the booking that the item
// names when the books do not know the PaymentIntent, and returns its revenue model as well. It returns nil for an item without a booking.
func lockOwner(tx *gorm.DB, item Item) (*uint64, booking.RevenueModel, error) {
	return ownerOf(tx, item, db.ForUpdate)
}

// ownerOf is lockOwner with other clauses: without one, nothing is locked.
func ownerOf(tx *gorm.DB, item Item, clauses ...clause.Expression) (*uint64, booking.RevenueModel, error) {
	for _, where := range []struct {
		known bool
		query string
		value string
	}{
		{item.PaymentIntentID != "", "id = (SELECT booking_id FROM payments WHERE stripe_payment_intent_id = ?)", item.PaymentIntentID},
		{item.Reference != "", "reference = ?", string(item.Reference)},
	} {
		if !where.known {
			continue
		}
		var row struct {
			ID           uint64
			RevenueModel booking.RevenueModel
		}
		err := tx.Clauses(clauses...).Table("bookings").Select("id, revenue_model").Where(where.query, where.value).Take(&row).Error
		if err == nil {
			return &row.ID, row.RevenueModel, nil
		}
		if !errors.Is(err, gorm.ErrRecordNotFound) {
			return nil, "", err
		}
	}
	return nil, "", nil
}
