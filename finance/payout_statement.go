package finance

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"farebook/booking"
	"farebook/money"
)

// PaidPayout is a payout as its statement shows it.
type PaidPayout struct {
	ID          string
	Status      booking.PayoutStatus
	Amount      money.Money
	Automatic   bool
	Complete    bool // Stripe has listed all that it pays out
	Count       int  // how many balance transactions Stripe lists, by the last reading
	CreatedAt   time.Time
	ArrivesAt   time.Time
	TraceStatus string
	TraceID     string
	Left        Sums // what the ledger has posted as having left Stripe's balance
}

// PayoutLine is a balance transaction of a payout that the ledger does not have, as Stripe lists it.
type PayoutLine struct {
	ID        string
	SettledAt time.Time
	Category  string
	Net       money.Money
	Opened    bool // it is in the opening balance
}

// PayoutStatement writes a payout's balance transactions line by line, their sums, and what remains.
type PayoutStatement struct {
	payout     PaidPayout
	sink       Sink
	categories *Categories
	named      Sums // what the lines add up to
	lines      int
	unposted   *Proof
}

// PayoutStatementTable is the shape of a payout's statement.
func PayoutStatementTable(payoutID string, i Interval) Table {
	return Table{Name: "statement of " + payoutID, Interval: i, Columns: []Column{
		{"line", Text},
		{"balance_transaction_id", Text},
		{"created_utc", Time},
		{"reporting_category", Text},
		{"source_id", Text},
		{"reference", Text},
		{"ledger_id", Count},
		{"currency", Text},
		{"gross", Amount},
		{"fee", Amount},
		{"net", Amount},
		{"about", Text},
	}}
}

// The lines of a statement.
const (
	linePayout    = "payout"
	lineItem      = "item"
	lineUnposted  = "unposted"
	lineSum       = "sum"
	lineRemainder = "remainder"
)

// NewPayoutStatement begins a statement with the payout itself.
func NewPayoutStatement(p PaidPayout, i Interval, sink Sink) (*PayoutStatement, error) {
	s := &PayoutStatement{p, sink, NewCategories(), Sums{}, 0, NewProof("the ledger has each balance transaction that Stripe lists for it")}
	if err := sink.Begin(PayoutStatementTable(p.ID, i)); err != nil {
		return nil, err
	}
	return s, s.row(payoutRow{line: linePayout, at: p.CreatedAt, source: p.ID, net: p.Amount.Value, about: p.about()})
}

func (p PaidPayout) about() string {
	kind := "manual"
	if p.Automatic {
		kind = "automatic"
	}
	about := fmt.Sprintf("%s, %s", p.Status, kind)
	if !p.ArrivesAt.IsZero() {
		about += ", arrives on " + p.ArrivesAt.UTC().Format(time.DateOnly)
	}
	switch {
	case p.TraceID != "":
		about += ", trace id " + p.TraceID
	case p.TraceStatus != "":
		about += ", trace id " + p.TraceStatus
	default:
		about += ", trace id not known"
	}
	return about
}

// payoutRow is a row of a statement in the currency of its payout, or in another one.
type payoutRow struct {
	line, id         string
	at               time.Time
	category, source string
	reference        booking.Reference
	ledgerID         uint64
	currency         money.Currency
	gross, fee, net  int64
	about            string
}

func (s *PayoutStatement) row(r payoutRow) error {
	if r.currency == "" {
		r.currency = s.payout.Amount.Currency
	}
	if r.line == linePayout || r.line == lineUnposted || r.line == lineRemainder {
		r.gross = r.net
	}
	in := func(amount int64) money.Money { return money.Money{Value: amount, Currency: r.currency} }
	return s.sink.Row(Row{
		r.line, r.id, r.at, r.category, r.source, string(r.reference), int64(r.ledgerID), string(r.currency), //nolint:gosec // an id of a row
		in(r.gross), in(r.fee), in(r.net), r.about,
	})
}

// Item writes a balance transaction that the ledger has.
func (s *PayoutStatement) Item(i Item) error {
	s.categories.Add(i)
	s.named[i.Currency] += i.Net
	s.lines++
	return s.row(payoutRow{
		lineItem, i.ID, i.CreatedAt, i.Category, i.SourceID, i.Reference, i.LedgerID, i.Currency, i.Gross, i.Fee, i.Net, "",
	})
}

// Unposted writes a balance transaction that the ledger does not have, and why.
func (s *PayoutStatement) Unposted(l PayoutLine) error {
	about := "the ledger does not have it"
	switch {
	case l.Net.Value == 0:
		about = "it moves no money"
	case l.Opened:
		about = "it is in the opening balance"
	default:
		s.unposted.Differs("%s: %s of %s", l.ID, l.Category, money.Text(l.Net.Value, l.Net.Currency))
	}
	s.named[l.Net.Currency] += l.Net.Value
	s.lines++
	return s.row(payoutRow{
		line: lineUnposted, id: l.ID, at: l.SettledAt, category: l.Category, currency: l.Net.Currency, net: l.Net.Value, about: about,
	})
}

// End writes the sums by category and what remains of the payout after every line, and proves the statement.
func (s *PayoutStatement) End() (Checks, error) {
	for _, row := range s.categories.Rows() {
		amounts := row[3:]
		sum := payoutRow{line: lineSum, currency: money.Currency(row[1].(string)), about: fmt.Sprintf("%d balance transactions", row[2])}
		sum.category = row[0].(string)
		sum.gross, sum.fee, sum.net = minor(amounts[0]), minor(amounts[1]), minor(amounts[2])
		if err := s.row(sum); err != nil {
			return nil, err
		}
	}
	want := Sums{s.payout.Amount.Currency: s.payout.Amount.Value}
	remains := want.Plus(s.named, -1)
	for _, currency := range slices.Sorted(maps.Keys(remains)) {
		about := "nothing remains"
		if remains[currency] != 0 {
			about = s.why()
		}
		if err := s.row(payoutRow{line: lineRemainder, currency: currency, net: remains[currency], about: about}); err != nil {
			return nil, err
		}
	}
	lines := s.named.Equal("its lines add up to the payout", want)
	if !lines.Held {
		lines.Detail += ": " + s.why()
	}
	left := s.payout.Left.Equal("the payout is what left asset:stripe_clearing with it", want)
	gross := s.categories.Checks("", s.categories.Net())[0]
	return Checks{lines, s.unposted.Check(), left, gross}, nil
}

func minor(value any) int64 {
	amount, _ := value.(money.Money)
	return amount.Value
}

// why names what remains after the lines.
func (s *PayoutStatement) why() string {
	switch {
	case !s.payout.Automatic:
		return "Stripe does not say what a manual payout pays out"
	case s.lines == 0 && s.payout.Count > 0:
		return fmt.Sprintf("the %d balance transactions that Stripe lists were not kept by an earlier release", s.payout.Count)
	case s.lines < s.payout.Count || !s.payout.Complete:
		return "Stripe has not listed all that it pays out yet"
	}
	return "no balance transaction that Stripe lists explains it"
}
