package finance

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"farebook/money"
)

// columnID has the id of a balance transaction.
const columnID = "balance_transaction_id"

// The columns of Stripe's itemised reports that are compared (stripe.com/docs/reports/report-types): those without
// which nothing can be, and those that a file need not have.
var (
	neededColumns = []string{columnID, "created_utc", "currency", "gross", "fee", "net", "reporting_category"}
	moreColumns   = []string{
		"available_on_utc", "source_id", "customer_facing_amount", "customer_facing_currency", "automatic_payout_id",
		"automatic_payout_effective_at_utc", "payment_intent_id", "charge_id", "trace_id",
	}
)

// StripeFile reads one of Stripe's itemised reports: CSV with a header, in any order of columns. Columns that are not compared are ignored.
type StripeFile struct {
	in   *csv.Reader
	at   map[string]int
	line int // on which the last record begins
}

// StripeFileError is a problem of a file, which is not Stripe's export or was changed. It names line and column and what is expected there,
// and repeats no cell: a cell may have personal data.
type StripeFileError struct {
	Line    int // 1 is the header
	Column  string
	Problem string
}

func (e *StripeFileError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Problem)
	}
	return fmt.Sprintf("line %d: %s %s", e.Line, e.Column, e.Problem)
}

// NewStripeFile reads the header. A needed column that is missing is a *StripeFileError that names it.
func NewStripeFile(in io.Reader) (*StripeFile, error) {
	f := &StripeFile{in: csv.NewReader(in), at: map[string]int{}, line: 1}
	f.in.ReuseRecord = true
	header, err := f.in.Read()
	if err != nil {
		return nil, &StripeFileError{Line: 1, Problem: "no header: " + err.Error()}
	}
	for i, name := range header {
		f.at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	var missing []string
	for _, name := range neededColumns {
		if _, found := f.at[name]; !found {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, &StripeFileError{Line: 1, Problem: "no column is named " + strings.Join(missing, ", ")}
	}
	return f, nil
}

// StripeLine is a balance transaction as Stripe's file has it.
type StripeLine struct {
	Line      int
	ID        string
	CreatedAt time.Time
	Currency  money.Currency
	Amounts
	Category string
	more     map[string]string
}

// The forms of the values that reports repeat and sum up: another one belongs to another column.
var (
	stripeID       = regexp.MustCompile(`^[a-z]{2,20}_[A-Za-z0-9_]{1,200}$`)
	stripeCurrency = regexp.MustCompile(`^[A-Z]{3}$`)
	stripeCategory = regexp.MustCompile(`^[a-z_]{1,60}$`)
)

// Next reads the next line, or io.EOF.
func (f *StripeFile) Next() (StripeLine, error) {
	record, err := f.in.Read()
	switch {
	case errors.Is(err, io.EOF):
		return StripeLine{}, io.EOF
	case err != nil:
		return StripeLine{}, &StripeFileError{Line: f.line + 1, Problem: err.Error()}
	}
	f.line, _ = f.in.FieldPos(0)
	line := StripeLine{Line: f.line, more: map[string]string{}}
	value := func(name string) string { return strings.TrimSpace(record[f.at[name]]) }
	line.ID, line.Category = strings.Clone(value(columnID)), strings.Clone(value("reporting_category"))
	line.Currency = money.Currency(strings.ToUpper(value("currency")))
	if err := f.check(line); err != nil {
		return line, err
	}
	if line.CreatedAt, err = stripeTimeOf(value("created_utc")); err != nil {
		return line, f.wrong("created_utc", err.Error())
	}
	for _, amount := range []struct {
		column string
		into   *int64
	}{{"gross", &line.Gross}, {"fee", &line.Fee}, {"net", &line.Net}} {
		read, err := money.ParseDecimal(value(amount.column), line.Currency)
		if err != nil {
			return line, f.wrong(amount.column, err.Error())
		}
		*amount.into = read.Value
	}
	for _, name := range moreColumns {
		_, found := f.at[name]
		if found && value(name) != "" {
			line.more[name] = strings.Clone(value(name))
		}
	}
	return line, nil
}

// check returns an error for a value that cannot be in its column.
func (f *StripeFile) check(line StripeLine) error {
	switch {
	case line.ID == "":
		return f.wrong(columnID, "is empty")
	case !stripeID.MatchString(line.ID):
		return f.wrong(columnID, "is not the id of a balance transaction, such as txn_1PabcDEF")
	case !stripeCurrency.MatchString(string(line.Currency)):
		return f.wrong("currency", "is not a currency, such as usd")
	case !stripeCategory.MatchString(line.Category):
		return f.wrong("reporting_category", "is not a reporting category, such as charge")
	}
	return nil
}

func (f *StripeFile) wrong(column, problem string) error {
	return &StripeFileError{f.line, column, problem}
}

// Batch reads up to so many lines; none at the end of the file.
func (f *StripeFile) Batch(limit int) ([]StripeLine, error) {
	var lines []StripeLine
	for len(lines) < limit {
		line, err := f.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// PayoutID is the automatic payout that pays it out; empty when the file does not say.
func (l StripeLine) PayoutID() string { return l.more["automatic_payout_id"] }

// IsPayout reports whether it is a payout's own, which is in no report of activity.
func (l StripeLine) IsPayout() bool { return Item{Category: l.Category}.IsPayout() }

// IsZero reports whether it moves no money, so that the ledger need not have it.
func (l StripeLine) IsZero() bool { return l.Amounts == (Amounts{}) }

// stripeTimes are the forms in which Stripe writes times.
var stripeTimes = []string{time.DateTime, time.RFC3339, time.DateOnly, "2006-01-02 15:04"}

func stripeTimeOf(text string) (time.Time, error) {
	for _, form := range stripeTimes {
		if at, err := time.Parse(form, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("is not a time, such as 2026-11-30 18:00:00")
}

// Differences are the columns in which the ledger has a balance transaction otherwise than Stripe. A column in which one of the two has
// nothing is not compared, apart from those that every file has.
func (l StripeLine) Differences(i Item) (all []Difference) {
	differ := func(column, stripe, ledger string) {
		if stripe != ledger {
			all = append(all, Difference{Kind: KindDifferent, ID: l.ID, Line: l.Line, Column: column, Stripe: stripe, Ledger: ledger})
		}
	}
	differ("created_utc", timeText(l.CreatedAt), timeText(i.CreatedAt))
	differ("currency", string(l.Currency), string(i.Currency))
	if l.Currency == i.Currency {
		differ("gross", money.Text(l.Gross, l.Currency), money.Text(i.Gross, i.Currency))
		differ("fee", money.Text(l.Fee, l.Currency), money.Text(i.Fee, i.Currency))
		differ("net", money.Text(l.Net, l.Currency), money.Text(i.Net, i.Currency))
	}
	if i.Category != "" {
		differ("reporting_category", l.Category, i.Category)
	}
	ours := i.more()
	for _, column := range moreColumns {
		stripe, ledger := l.more[column], ours[column]
		if stripe != "" && ledger != "" {
			stripe, ledger = alike(column, stripe, ledger, i.CustomerFacing.Currency)
			differ(column, stripe, ledger)
		}
	}
	return all
}

// more are the values of the item in the columns that a file need not have.
func (i Item) more() map[string]string {
	more := map[string]string{
		"available_on_utc": timeText(i.AvailableOn), "source_id": i.SourceID, "automatic_payout_id": i.Payout.ID,
		"automatic_payout_effective_at_utc": timeText(i.Payout.EffectiveAt), "payment_intent_id": i.PaymentIntent, "charge_id": i.ChargeID,
		"trace_id": i.Payout.TraceID,
	}
	if i.CustomerFacing.Currency != "" {
		more["customer_facing_amount"] = i.CustomerFacing.Decimal()
		more["customer_facing_currency"] = string(i.CustomerFacing.Currency)
	}
	return more
}

// alike writes both values of a column in one way: times in one form, currencies in one case, and the amount that the customer has seen
// without its sign, which Stripe does not document for refunds.
func alike(column, stripe, ledger string, facing money.Currency) (string, string) {
	switch {
	case strings.HasSuffix(column, "_utc"):
		if at, err := stripeTimeOf(stripe); err == nil {
			stripe = timeText(at)
		}
	case strings.HasSuffix(column, "_currency"):
		stripe = strings.ToUpper(stripe)
	case strings.HasSuffix(column, "_amount"):
		ledger = strings.TrimPrefix(ledger, "-")
		if amount, err := money.ParseDecimal(strings.TrimPrefix(stripe, "-"), facing); err == nil {
			stripe = amount.Decimal()
		}
	}
	return stripe, ledger
}

func timeText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.DateTime)
}

// ComparedColumns are the columns that are compared, for documentation.
func ComparedColumns() []string { return slices.Concat(neededColumns, moreColumns) }
