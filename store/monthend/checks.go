package monthend

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/money"
	"farebook/store"
)

const (
	// listed is how many findings of one check are read.
	listed = 50
	// shown is how many references a line names that blocks nothing.
	shown = 10
)

// monthEnd is what the checks of a month read from.
type monthEnd struct {
	*Months
	calendar        ledger.Calendar
	period          ledger.Period
	end             time.Time
	trial, previous closing.Trial
}

// monthEndChecks are the lines of a month end, in the order in which they are worked through.
var monthEndChecks = []struct {
	text string
	find func(monthEnd, context.Context) (Check, error)
}{
	{"the month is over, and it is the next one to close", monthEnd.isNext},
	{"every transaction has its month", monthEnd.isAssigned},
	{"every booking follows the posting rules of this release", monthEnd.isCarriedOver},
	{"debits equal credits", monthEnd.balances},
	{"no matter needs attention", monthEnd.needsAttention},
	{"no event of Stripe's has failed", monthEnd.failedEvents},
	{"every payout is proven by its balance transactions", monthEnd.unprovenPayouts},
	{"reconciliation to the end of the month was applied", monthEnd.isReconciled},
	{"Stripe's report of the month was compared, and nothing differs", monthEnd.isCompared},
	{"revenue that was due in the month is recognised", monthEnd.isRecognised},
	{"suspense is zero", monthEnd.suspense},
	{"payouts are tied to the bank statement by amount and trace id", monthEnd.atTheBank},
	{"manual journals are approved", monthEnd.openJournals},
	{"the month before is beside this one", monthEnd.monthBefore},
}

func firm(item, format string, args ...any) Check {
	return Check{Findings: []Finding{{Item: item, Text: fmt.Sprintf(format, args...), Firm: true}}}
}

func (c *Check) add(item, format string, args ...any) {
	c.Findings = append(c.Findings, Finding{Item: item, Text: fmt.Sprintf(format, args...)})
}

func (m monthEnd) isNext(context.Context) (Check, error) {
	if err := closable(m.calendar, m.period, m.books.Now()); err != nil {
		return firm("period", "%s", err), nil
	}
	if m.calendar.FirstOpen == "" {
		return Check{Detail: "the first close: earlier months are closed with it, and the time zone of the books is fixed as " +
			m.calendar.ZoneName()}, nil
	}
	return Check{}, nil
}

func (m monthEnd) isAssigned(ctx context.Context) (Check, error) {
	err := eachHasItsPeriod(m.db.WithContext(ctx), "")
	var later *RefusedError
	if errors.As(err, &later) {
		return firm("period", "%s", later), nil
	}
	return Check{}, err
}

func (m monthEnd) isCarriedOver(ctx context.Context) (Check, error) {
	left, err := m.books.EarlierBookings(ctx, 0, 1) // the oldest
	if err != nil || len(left) == 0 || !left[0].CreatedAt.Before(m.end) {
		return Check{}, err
	}
	return firm("carry-over", "booking %s has postings of an earlier release: run starter ledger carry-over", left[0].Reference), nil
}

func (m monthEnd) balances(context.Context) (Check, error) {
	if err := m.trial.Check(); err != nil {
		return firm("balance", "%s", err), nil
	}
	return Check{Detail: fmt.Sprintf("%d transactions, %d entries", m.trial.Transactions, m.trial.Entries)}, nil
}

// findings adds a finding for each of the first rows of a query, which has an order.
func findings[Row any](query *gorm.DB, check *Check, add func(Row)) error {
	var found []Row
	if err := query.Limit(listed + 1).Find(&found).Error; err != nil {
		return err
	}
	check.More = check.More || len(found) > listed
	for _, one := range found[:min(len(found), listed)] {
		add(one)
	}
	return nil
}

// matter is an open matter as far as a month end needs it.
type matter struct {
	ID       uint64
	Kind     store.AttentionKind
	OpenedAt time.Time
}

func (m monthEnd) needsAttention(ctx context.Context) (check Check, err error) {
	query := m.db.WithContext(ctx).Table("attention_items FORCE INDEX (idx_attention_list)").
		Where("is_open = 1 AND opened_at < ?", m.end).Order("id")
	err = findings(query, &check, func(one matter) {
		check.add(fmt.Sprintf("attention/%d", one.ID), "%s of %s: see starter attention list", one.Kind, day(one.OpenedAt))
	})
	return check, err
}

// event is an event of Stripe's as far as a month end needs it.
type event struct {
	StripeEventID   string
	Type            string
	State           store.EventState
	StripeCreatedAt time.Time
}

func (m monthEnd) failedEvents(ctx context.Context) (check Check, err error) {
	for _, state := range []store.EventState{store.EventFailed, store.EventUnknownBooking} {
		query := m.db.WithContext(ctx).Table("stripe_events FORCE INDEX (idx_events_state)").
			Where("state = ? AND stripe_created_at < ?", state, m.end).Order("id")
		err := findings(query, &check, func(one event) {
			check.add("event/"+one.StripeEventID, "%s of %s is %s: see starter events list --state %s", one.Type, day(one.StripeCreatedAt),
				one.State, one.State)
		})
		if err != nil {
			return Check{}, err
		}
	}
	return check, nil
}

// payout is a payout as far as a month end needs it.
type payout struct {
	ID             uint64
	StripePayoutID string
	Amount         int64
	Currency       money.Currency
	Status         booking.PayoutStatus
	Proof          store.Proof
	ArrivesAt      time.Time
	TraceID        string
	CreatedAt      time.Time
}

func (p payout) text() string {
	return fmt.Sprintf("%s of %s", money.Text(p.Amount, p.Currency), day(p.CreatedAt))
}

func (m monthEnd) unprovenPayouts(ctx context.Context) (check Check, err error) {
	for _, proof := range []store.Proof{store.ProofPending, store.ProofUnproven} {
		query := m.db.WithContext(ctx).Table("payouts FORCE INDEX (idx_payouts_proof)").
			Where("proof = ? AND created_at < ?", proof, m.end).Order("id")
		err := findings(query, &check, func(one payout) { check.add("payout/"+one.StripePayoutID, "%s is %s", one.text(), proof) })
		if err != nil {
			return Check{}, err
		}
	}
	return check, nil
}

func (m monthEnd) isReconciled(ctx context.Context) (Check, error) {
	last, err := m.runs.RunOver(ctx, m.end)
	if errors.Is(err, store.ErrNotFound) {
		return firm("reconciliation", "no completed reconciliation that heals has read Stripe to %s: run starter reconcile",
			m.end.Format(time.RFC3339)), nil
	}
	if err != nil {
		return Check{}, err
	}
	check := Check{Detail: fmt.Sprintf("%s, of %s", last.CorrelationID, day(last.WindowEnd))}
	left, err := m.runs.LeftOpen(ctx)
	for _, item := range left[:min(len(left), listed)] {
		check.add(fmt.Sprintf("item/%d", item.ID), "%s %s: see starter reconcile show", item.Class, item.StripeID)
	}
	check.More = len(left) > listed
	return check, err
}

// isRecognised lists the bookings that were due and that the sweeper has not recognised. One whose dispute is open waits for its end, and
// its income is late.
func (m monthEnd) isRecognised(ctx context.Context) (Check, error) {
	found, err := m.books.Unrecognised(ctx, m.end, listed+1)
	var check Check
	var disputed []string
	for n, one := range found {
		switch {
		case one.Disputed:
			disputed = append(disputed, string(one.Reference))
		case n == listed:
			check.More = true
		default:
			check.add("recognition/"+string(one.Reference), "due since %s and not recognised", day(one.Due))
		}
	}
	if len(disputed) > 0 {
		check.Detail = "until their disputes end, not yet " + strings.Join(disputed[:min(len(disputed), shown)], ", ")
		if len(disputed) > shown {
			check.Detail += " and others"
		}
	}
	return check, err
}

// suspense is not zero while something is unexplained: each transaction that nothing has cleared is listed with its age.
func (m monthEnd) suspense(ctx context.Context) (Check, error) {
	var check Check
	for _, line := range m.trial.Lines {
		if line.Account != ledger.EquitySuspense || line.Closing == 0 {
			continue
		}
		items, err := m.Suspended(ctx, m.period, line.Currency, listed)
		if err != nil {
			return Check{}, err
		}
		text := fmt.Sprintf("%s in suspense", money.Text(line.Closing, line.Currency))
		for _, item := range items {
			text += fmt.Sprintf("; transaction %d of %s: %s", item.LedgerID, day(item.Since), money.Text(item.Amount, line.Currency))
		}
		check.add("suspense/"+string(line.Currency), "%s", text)
	}
	return check, nil
}

// groupBank names the payouts of a month together.
const groupBank = "bank"

// atTheBank lists each payout that should be on the bank statement of the month. That it is there, an operator says: of each, or of all.
func (m monthEnd) atTheBank(ctx context.Context) (Check, error) {
	var arrived []payout
	err := m.db.WithContext(ctx).Table("payouts FORCE INDEX (idx_payouts_arrival)").
		Where("arrives_at >= ? AND arrives_at < ? AND status = ?", m.calendar.Start(m.period), m.end, booking.PayoutPaid).
		Order("arrives_at, id").Find(&arrived).Error
	if err != nil {
		return Check{}, err
	}
	var check Check
	sums := map[money.Currency]int64{}
	for _, one := range arrived {
		sums[one.Currency] += one.Amount
		check.Findings = append(check.Findings, Finding{
			Item: groupBank + "/" + one.StripePayoutID, Group: groupBank,
			Text: fmt.Sprintf("%s, paid on %s, %s: compare it with the bank statement", money.Text(one.Amount, one.Currency), day(one.ArrivesAt),
				cmp.Or(one.TraceID, "no trace id")),
		})
	}
	if len(check.Findings) == 0 {
		check.Detail = "no payout was paid in the month"
		return check, nil
	}
	check.Detail = fmt.Sprintf("%d payouts with %s", len(check.Findings), amounts(sums))
	return check, nil
}

// openJournals lists the journals that take effect in the month, or before it, and wait. Their times are compared to the second, at which
// each month begins.
func (m monthEnd) openJournals(ctx context.Context) (check Check, err error) {
	const second = "2006-01-02T15:04:05"
	query := m.db.WithContext(ctx).Table("ledger_proposals FORCE INDEX (idx_proposals_list)").Where("is_open = 1 AND kind = ?", KindJournal).
		Where("LEFT(JSON_UNQUOTE(JSON_EXTRACT(content, '$.journal.effectiveAt')), ?) < ?", len(second), m.end.UTC().Format(second)).Order("id")
	err = findings(query, &check, func(one proposalRow) {
		check.add("journal/"+one.Subject, "proposed by %s on %s, and not approved", one.ProposedBy, day(one.ProposedAt))
	})
	return check, err
}

func (m monthEnd) monthBefore(context.Context) (Check, error) {
	return Check{Detail: fmt.Sprintf("%s has %d transactions, and %s had %d", m.period, m.trial.Transactions, m.previous.Period,
		m.previous.Transactions)}, nil
}

func day(at time.Time) string { return at.UTC().Format(time.DateOnly) }
