package finance

import (
	"cmp"
	"maps"
	"slices"

	"farebook/money"
)

// category is one line of a summary.
type category struct {
	Name     string
	Currency money.Currency
}

// Categories sums items by reporting category and currency, and proves them: gross less fee is net in each, and their net adds up to what
// the ledger says apart from them.
type Categories struct {
	sums  map[category]categorySum
	gross *Proof
}

type categorySum struct {
	Count int64
	Amounts
}

// NewCategories begins a summary.
func NewCategories() *Categories {
	return &Categories{map[category]categorySum{}, NewProof("gross less fee is net, in each balance transaction")}
}

// Add adds an item.
func (c *Categories) Add(i Item) {
	key := category{i.Category, i.Currency}
	sum := c.sums[key]
	c.sums[key] = categorySum{sum.Count + 1, sum.plus(i.Amounts, 1)}
	if i.Gross-i.Fee != i.Net {
		c.gross.Differs("%s: %s less %s is not %s", i.ID, money.Text(i.Gross, i.Currency), money.Text(i.Fee, i.Currency),
			money.Text(i.Net, i.Currency))
	}
}

// Net is the net of all items by currency.
func (c *Categories) Net() Sums {
	net := Sums{}
	for key, sum := range c.sums {
		net[key.Currency] += sum.Net
	}
	return net
}

// NetOf is the net of the items of a payout's own categories, or of all others.
func (c *Categories) NetOf(payouts bool) Sums {
	net := Sums{}
	for key, sum := range c.sums {
		if (Item{Category: key.Name}).IsPayout() == payouts {
			net[key.Currency] += sum.Net
		}
	}
	return net
}

// Checks prove the items: want is what they must add up to, by currency, as text says.
func (c *Categories) Checks(text string, want Sums) Checks {
	return Checks{c.gross.Check(), c.Net().Equal(text, want)}
}

// totalCategory is the line that sums a currency, as in Stripe's summaries.
const totalCategory = "total"

// SummaryTable is the shape of a summary by reporting category.
func SummaryTable(name string, i Interval) Table {
	all := columns(Text, "reporting_category", "currency")
	all = append(all, Column{"count", Count})
	return Table{Name: name, Interval: i, Columns: append(all, columns(Amount, "gross", "fee", "net")...)}
}

// Rows are the rows of SummaryTable: the categories of each currency, and their total.
func (c *Categories) Rows() []Row {
	keys := slices.SortedFunc(maps.Keys(c.sums), func(a, b category) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Name, b.Name))
	})
	var rows []Row
	var total categorySum
	for n, key := range keys {
		sum := c.sums[key]
		rows = append(rows, sum.row(key))
		total = categorySum{total.Count + sum.Count, total.plus(sum.Amounts, 1)}
		if n == len(keys)-1 || keys[n+1].Currency != key.Currency {
			rows = append(rows, total.row(category{totalCategory, key.Currency}))
			total = categorySum{}
		}
	}
	return rows
}

func (s categorySum) row(of category) Row {
	in := func(amount int64) money.Money { return money.Money{Value: amount, Currency: of.Currency} }
	return Row{of.Name, string(of.Currency), s.Count, in(s.Gross), in(s.Fee), in(s.Net)}
}
