package finance

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
)

// UnearnedAccounts have what travellers have paid for and not flown yet: owed by the principal, or held by an agent.
var UnearnedAccounts = []ledger.Account{ledger.LiabilityUnearnedRevenue, ledger.LiabilityCustomerFunds}

// Roll is the roll-forward of one account in one currency, in minor units: what is owed is positive. Payments add to it; Refunds,
// Recognised, Kept and Chargebacks take from it. Other is what an operator or an earlier release has posted.
type Roll struct {
	Opening, Payments, Refunds, Recognised, Kept, Chargebacks, Other, Closing int64
}

// end is the closing as the columns before it say.
func (r Roll) end() int64 {
	return r.Opening + r.Payments - r.Refunds - r.Recognised - r.Kept - r.Chargebacks + r.Other
}

// RollForward follows the unearned accounts through an interval.
type RollForward struct {
	rolls map[Of]Roll
	open  map[Of]int64
	late  *Proof
}

// NewRollForward begins with the balances at both ends, which are read apart from the transactions.
func NewRollForward(opening, closing seal.Sums) *RollForward {
	r := &RollForward{
		map[Of]Roll{},
		map[Of]int64{},
		NewProof("no booking has anything unearned an hour after its departure, apart from one with an open dispute"),
	}
	for _, account := range UnearnedAccounts {
		for currency, amount := range opening[account] {
			r.change(Of{account, currency}, func(roll *Roll) { roll.Opening = -amount })
		}
		for currency, amount := range closing[account] {
			r.change(Of{account, currency}, func(roll *Roll) { roll.Closing = -amount })
		}
	}
	return r
}

func (r *RollForward) change(of Of, change func(*Roll)) {
	roll := r.rolls[of]
	change(&roll)
	r.rolls[of] = roll
}

// Add adds the entries of a transaction, each by the account that has its other side.
func (r *RollForward) Add(t Posted) {
	for n, entry := range t.Entries {
		if !slices.Contains(UnearnedAccounts, entry.Account) {
			continue
		}
		owed := -entry.Signed()
		r.change(Of{entry.Account, entry.Currency}, func(roll *Roll) {
			switch against := otherSide(t.Entries, n); against {
			case ledger.AssetStripeClearing, ledger.LiabilityPaymentsInTransit:
				roll.Payments += owed
			case ledger.LiabilityRefundsPayable:
				roll.Refunds -= owed
			case ledger.IncomeFlights, ledger.IncomeCommission, ledger.IncomeServiceFees, ledger.LiabilityAirlinePayable:
				roll.Recognised -= owed
			case ledger.IncomeCancellationFees:
				roll.Kept -= owed
			default:
				if t.Type == ledger.TypeChargebackRelief {
					roll.Chargebacks -= owed
				} else {
					roll.Other += owed
				}
			}
		})
	}
}

// otherSide is the account of the entry that a posting rule has written with another one: the same amount on the other side. An operator's
// journal need not have one.
func otherSide(entries []ledger.Entry, n int) ledger.Account {
	with := n ^ 1
	if with >= len(entries) {
		return ""
	}
	one, other := entries[n], entries[with]
	if one.Side == other.Side || one.Amount != other.Amount || one.Currency != other.Currency {
		return ""
	}
	return other.Account
}

// OpenBooking is a booking with something unearned at the end of an interval.
type OpenBooking struct {
	Reference booking.Reference
	DepartsAt time.Time
	Disputed  bool // its dispute is open now
	Of
	Amount int64 // what is owed
}

// Open adds an open booking. due is the time by whose departures everything is earned; zero when the basis of the report does not say.
func (r *RollForward) Open(b OpenBooking, due time.Time) {
	r.open[b.Of] += b.Amount
	if !b.DepartsAt.IsZero() && b.DepartsAt.Before(due) && !b.Disputed {
		r.late.Differs("%s departed at %s and has %s", b.Reference, timeText(b.DepartsAt), money.Text(b.Amount, b.Currency))
	}
}

// RollForwardName is the report's name.
const RollForwardName = "unearned"

// RollForwardTable is the shape of the roll-forward.
func RollForwardTable(i Interval) Table {
	return Table{Name: RollForwardName, Interval: i, Columns: append(columns(Text, "account", "currency"),
		columns(Amount, "opening", "payments", "refunds", "recognised", "kept", "chargebacks", "other", "closing")...)}
}

// Rows are the rows of RollForwardTable.
func (r *RollForward) Rows() []Row {
	var rows []Row
	for _, of := range slices.SortedFunc(maps.Keys(r.rolls), compareOf) {
		roll := r.rolls[of]
		row := Row{string(of.Account), string(of.Currency)}
		for _, amount := range []int64{
			roll.Opening, roll.Payments, roll.Refunds, roll.Recognised, roll.Kept, roll.Chargebacks, roll.Other, roll.Closing,
		} {
			row = append(row, money.Money{Value: amount, Currency: of.Currency})
		}
		rows = append(rows, row)
	}
	return rows
}

// OpenBookingsTable is the shape of the open bookings.
func OpenBookingsTable(i Interval) Table {
	return Table{Name: RollForwardName + "-itemised", Interval: i, Columns: []Column{
		{"reference", Text}, {"departs_at", Time}, {"disputed", Text}, {"account", Text}, {"currency", Text}, {"unearned", Amount},
	}}
}

// Row is the booking as a row of OpenBookingsTable.
func (b OpenBooking) Row() Row {
	disputed := ""
	if b.Disputed {
		disputed = "open dispute"
	}
	return Row{
		string(b.Reference), b.DepartsAt, disputed, string(b.Account), string(b.Currency), money.Money{Value: b.Amount, Currency: b.Currency},
	}
}

// Checks prove the roll-forward: its columns lead from the opening to the closing, and the open bookings are the closing.
func (r *RollForward) Checks() Checks {
	moved := NewProof("opening and payments less refunds, recognised, kept and chargebacks, and other, are the closing")
	open := NewProof("the open bookings add up to the closing")
	all := maps.Clone(r.rolls)
	for of := range r.open {
		all[of] = r.rolls[of]
	}
	for _, of := range slices.SortedFunc(maps.Keys(all), compareOf) {
		roll := all[of]
		if roll.end() != roll.Closing {
			moved.Differs("%s: %s and not %s", of.Account, money.Text(roll.end(), of.Currency), money.Text(roll.Closing, of.Currency))
		}
		if r.open[of] != roll.Closing {
			open.Differs("%s: %s and not %s; a booking of an earlier release is not known before `starter ledger carry-over`, nor one whose flight "+
				"is not known", of.Account, money.Text(r.open[of], of.Currency), money.Text(roll.Closing, of.Currency))
		}
	}
	return Checks{moved.Check(), open.Check(), r.late.Check()}
}

// ByReference orders open bookings.
func ByReference(a, b OpenBooking) int {
	return cmp.Or(cmp.Compare(a.Reference, b.Reference), compareOf(a.Of, b.Of))
}
