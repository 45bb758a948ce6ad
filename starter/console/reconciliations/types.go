package reconciliations

import (
	"time"

	"farebook/money"
)

// summary is a run in a list.
type summary struct {
	CorrelationID, Status, Scope, Applies, Error string
	StartedAt                                    time.Time
	CompletedAt                                  *time.Time
	DryRun                                       bool
	LookbackDays                                 int
	Scanned, Overdue                             int64
}

// run is a run with what it found, in sums.
type run struct {
	summary

	Limit                  int
	Fixed, Failed, Skipped int64
	PlanDigest             string
	Counts                 []count
}

// plan reports whether the run is a plan that can be carried out.
func (s summary) plan() bool { return s.DryRun && s.Status == "completed" }

type count struct {
	Class, State, Currency string
	Items, Difference      int64
}

// expected reports whether nobody has to decide about what is counted; the API says the same of each item.
func (c count) expected() bool {
	return c.Class == "timing" || c.State != "found" && c.State != "failed"
}

func (c count) money() money.Money {
	return money.Money{Value: c.Difference, Currency: money.Currency(c.Currency)}
}

// item is one difference between the books and Stripe.
type item struct {
	ID                                              uint64
	Class, Object, StripeID, BalanceTransactionID   string
	Booking, Measure, Currency, Reason, State, Note string
	Proposed                                        string
	Here, AtStripe                                  int64
	Expected                                        bool
}

func (i item) amount(value int64) money.Money {
	return money.Money{Value: value, Currency: money.Currency(i.Currency)}
}

// healed reports whether a plan heals the item.
func (i item) healed() bool { return i.Proposed != "person" }

// open reports whether a note can settle the item.
func (i item) open() bool { return i.State == "found" || i.State == "failed" }

// postable reports whether a correction may be posted; the API decides.
func (i item) postable() bool {
	return i.BalanceTransactionID != "" && i.Class != "timing" && (i.open() || i.State == "resolved") && (!i.healed() || i.State != "found")
}

// draft is what would be posted for an item.
type draft struct {
	Account     string
	EffectiveAt time.Time
	Entries     []entry
	// Refused is why nothing can be posted; empty otherwise.
	Refused string `json:"-"`
}

type entry struct {
	Account, Side, Currency string
	Amount                  int64
}

func (e entry) money() money.Money {
	return money.Money{Value: e.Amount, Currency: money.Currency(e.Currency)}
}

// progress is how far a run is.
type progress struct {
	Status, Stage  string
	Percent        int
	Scanned, Found int64
	Healing        int
	Retrying       bool
}

// schedule is when runs start.
type schedule struct {
	Paused               bool
	Note, Cron, TimeZone string
	EverySeconds         float64
	Started, Skipped     int
	Last                 []string
	Next                 []time.Time
}
