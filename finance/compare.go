package finance

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"time"

	"farebook/money"
)

// DifferenceKind says how Stripe's file and the ledger differ.
type DifferenceKind string

// The kinds.
const (
	KindMissing   DifferenceKind = "missing"   // Stripe has it and the ledger does not
	KindExtra     DifferenceKind = "extra"     // the ledger has it and the file does not
	KindDifferent DifferenceKind = "different" // both have it, otherwise
	KindRepeated  DifferenceKind = "repeated"  // the file has it twice
)

// Difference is one difference between Stripe's file and the ledger. Line is 0 for what the file does not have.
type Difference struct {
	Kind                   DifferenceKind
	ID                     string
	Line                   int
	Column, Stripe, Ledger string
}

// ComparisonTable is the shape of a comparison with Stripe's file.
func ComparisonTable(i Interval) Table {
	return Table{Name: "comparison with Stripe's file", Interval: i, Columns: []Column{
		{"difference", Text}, {"balance_transaction_id", Text}, {"line", Text}, {"column", Text}, {"stripe", Text}, {"ledger", Text},
	}}
}

// Comparison holds Stripe's file against the ledger, batch by batch. Of each line it keeps 8 bytes, by which it knows what the file has.
type Comparison struct {
	sink     Sink
	seed     maphash.Seed
	seen     map[uint64]struct{}
	payouts  map[string]struct{}
	own      bool // the file has payouts' own balance transactions
	activity bool // it has others
	first    time.Time
	last     time.Time
	lines    int
	zero     int
	opened   int
	found    map[DifferenceKind]int
	examples map[DifferenceKind][]string
}

// NewComparison begins a comparison.
func NewComparison(sink Sink) *Comparison {
	return &Comparison{
		sink: sink, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, payouts: map[string]struct{}{}, found: map[DifferenceKind]int{},
		examples: map[DifferenceKind][]string{},
	}
}

// Line compares a line with what the ledger has of it. covered says that the opening balance has it.
func (c *Comparison) Line(l StripeLine, items []Item, covered bool) error {
	if err := c.note(l); err != nil {
		return err
	}
	switch {
	case len(items) == 0 && l.IsZero():
		c.zero++
		return nil
	case len(items) == 0 && covered:
		c.opened++
		return nil
	case len(items) == 0:
		about := l.Category + " of " + money.Text(l.Net, l.Currency) + " net"
		return c.differs(Difference{Kind: KindMissing, ID: l.ID, Line: l.Line, Stripe: about})
	}
	for _, one := range l.Differences(items[0]) {
		if err := c.differs(one); err != nil {
			return err
		}
	}
	for _, item := range items[1:] {
		about := money.Text(item.Net, item.Currency)
		if err := c.differs(Difference{Kind: KindDifferent, ID: l.ID, Line: l.Line, Column: "currency", Ledger: about}); err != nil {
			return err
		}
	}
	return nil
}

// note remembers that the file has a line.
func (c *Comparison) note(l StripeLine) error {
	c.lines++
	c.own, c.activity = c.own || l.IsPayout(), c.activity || !l.IsPayout()
	if c.first.IsZero() || l.CreatedAt.Before(c.first) {
		c.first = l.CreatedAt
	}
	if l.CreatedAt.After(c.last) {
		c.last = l.CreatedAt
	}
	if payout := l.PayoutID(); payout != "" {
		c.payouts[payout] = struct{}{}
	}
	key := maphash.String(c.seed, l.ID)
	if _, twice := c.seen[key]; twice {
		return c.differs(Difference{Kind: KindRepeated, ID: l.ID, Line: l.Line})
	}
	c.seen[key] = struct{}{}
	return nil
}

// Item searches the file for what the ledger has. A payout's own balance transaction is expected in a file that has such, and others are
// not in one that has such alone.
func (c *Comparison) Item(i Item) error {
	if i.IsPayout() && !c.own || !i.IsPayout() && c.own && !c.activity {
		return nil
	}
	if _, there := c.seen[maphash.String(c.seed, i.ID)]; there {
		return nil
	}
	about := i.Category + " of " + money.Text(i.Net, i.Currency) + " net, transaction " + strconv.FormatUint(i.LedgerID, 10)
	return c.differs(Difference{Kind: KindExtra, ID: i.ID, Ledger: about})
}

// Interval is from the first to the last balance transaction of the file; zero without one.
func (c *Comparison) Interval(zone *time.Location) Interval {
	return Interval{From: c.first, To: c.last.Add(time.Second), Basis: ByEffective, Zone: zone}
}

// Lines is how many lines the file has.
func (c *Comparison) Lines() int { return c.lines }

// Payouts are the automatic payouts that the file names.
func (c *Comparison) Payouts() []string {
	all := make([]string, 0, len(c.payouts))
	for id := range c.payouts {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

func (c *Comparison) differs(d Difference) error {
	c.found[d.Kind]++
	if len(c.examples[d.Kind]) < maxNamed {
		named := d.ID
		if d.Column != "" {
			named += " " + d.Column
		}
		c.examples[d.Kind] = append(c.examples[d.Kind], named)
	}
	line := ""
	if d.Line > 0 {
		line = strconv.Itoa(d.Line)
	}
	return c.sink.Row(Row{string(d.Kind), d.ID, line, d.Column, d.Stripe, d.Ledger})
}

// Checks say what was compared, and what was found.
func (c *Comparison) Checks() Checks {
	texts := []struct {
		kind DifferenceKind
		text string
	}{
		{KindMissing, fmt.Sprintf("the ledger has each of the file's %d balance transactions (%d move no money, %d are in the opening balance)",
			c.lines, c.zero, c.opened)},
		{KindDifferent, "it has them as Stripe does, in each column"},
		{KindExtra, "the file has each of the ledger's"},
		{KindRepeated, "the file has each once"},
	}
	checks := make(Checks, len(texts))
	for i, one := range texts {
		checks[i] = Check{Text: one.text, Held: c.found[one.kind] == 0}
		if !checks[i].Held {
			proof := Proof{named: c.examples[one.kind], found: c.found[one.kind]}
			checks[i].Detail = fmt.Sprintf("%d %s: %s", c.found[one.kind], one.kind, proof.Check().Detail)
		}
	}
	return checks
}
