package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/finance"
	"farebook/ledger"
	"farebook/money"
	"farebook/starter/reports"
	"farebook/store/report"
	"farebook/validation"
)

const (
	ledgerPath = "/v1/ledger"
	// ledgerTag groups the operations of finance.
	ledgerTag = "Ledger"
)

func (a *api) addLedger(spec huma.API) {
	for _, one := range reports.All {
		operation := a.reportOperation(spec, "get-"+one.Name, pathOf(one), one.Short, one.Shape(finance.Interval{}))
		if one.Moment {
			addReport(a, spec, operation, one.Write, (*momentInput).ask)
			continue
		}
		addReport(a, spec, operation, one.Write, (*intervalInput).ask)
		if one.Itemised != nil {
			operation := a.reportOperation(spec, "get-"+one.Name+"-items", pathOf(one)+"/itemised", one.Short+", one by one",
				one.Items(finance.Interval{}))
			addReport(a, spec, operation, one.Itemised, (*intervalInput).ask)
		}
	}
	a.addStatement(spec)
	a.addExport(spec)
	a.addPayoutStatement(spec)
	a.addTransaction(spec)
	a.addComparison(spec)
	a.addMonths(spec)
	a.addJournals(spec)
}

// pathOf is the path of a report: its name, below /reports for one of `starter ledger report`.
func pathOf(one reports.Report) string {
	if one.Command {
		return "/" + one.Name
	}
	return "/reports/" + one.Name
}

// IntervalInput asks for an interval. It, BasisInput and FormatInput are exported because huma ignores unexported embedded types.
type IntervalInput struct {
	Month string `query:"month" maxLength:"20" doc:"A month of the books. Beside it, neither from nor to is allowed." example:"2026-11"`
	From  string `query:"from" maxLength:"40" doc:"The beginning, included: a date in the time zone of the books, or a time with its offset. Default: the first transaction." example:"2026-11-01"`
	To    string `query:"to" maxLength:"40" doc:"The end, excluded: a date in the time zone of the books, or a time with its offset. Default: now." example:"2026-12-01"`
	BasisInput
}

func (in IntervalInput) asked() finance.Asked {
	return finance.Asked{Month: in.Month, From: in.From, To: in.To, Basis: in.Basis}
}

// BasisInput is the date by which transactions are taken.
type BasisInput struct {
	Basis string `query:"basis" enum:"effective,posted,period" doc:"The date that counts: when a transaction took effect, when it was posted, or the month in which it counts. Default: period for a month, which does not change once it is closed, and effective otherwise."`
}

// FormatInput is the format of a report, and what is left out of it.
type FormatInput struct {
	Format   string `query:"format" enum:"json,csv" default:"json" doc:"The format of the answer. Accept has no effect."`
	Currency string `query:"currency" pattern:"^[A-Z]{3}$" maxLength:"3" doc:"Only rows in this currency; the checks cover every currency." example:"USD"`
}

func (in FormatInput) format() string { return in.Format }

type intervalInput struct {
	IntervalInput
	FormatInput
}

type momentInput struct {
	Month string `query:"month" maxLength:"20" doc:"The end of a month of the books. Beside it, asOf is not allowed." example:"2026-11"`
	AsOf  string `query:"asOf" maxLength:"40" doc:"The time before which transactions count: a date in the time zone of the books, or a time with its offset. Default: now." example:"2026-12-01"`
	BasisInput
	FormatInput
}

// formatted is an input with a FormatInput.
type formatted interface{ format() string }

func (in *intervalInput) ask() (finance.Asked, string) { return in.asked(), in.Currency }

func (in *momentInput) ask() (finance.Asked, string) {
	return finance.Asked{Month: in.Month, AsOf: in.AsOf, Basis: in.Basis}, in.Currency
}

// addReport adds the route of a report; ask reads what the request asks for.
func addReport[In formatted](a *api, spec huma.API, operation huma.Operation, read reports.Write, ask func(*In) (finance.Asked, string)) {
	register(a, spec, operation, func(ctx context.Context, in *In) (*huma.StreamResponse, error) {
		asked, currency := ask(in)
		return a.rows(ctx, spec, asked, (*in).format(), currency, func(
			ctx context.Context, r *report.Reports, i finance.Interval, sink finance.Sink,
		) (finance.Checks, error) {
			return read(r, ctx, i, sink)
		})
	})
}

type statementInput struct {
	Account string `path:"account" maxLength:"64" doc:"The account's name." example:"asset:stripe_clearing"`
	IntervalInput
	FormatInput
}

func (a *api) addStatement(spec huma.API) {
	operation := a.reportOperation(spec, "get-statement", "/statements/{account}", "an account's entries with the balance after each",
		finance.StatementTable("", finance.Interval{}))
	operation.Errors = append(operation.Errors, 404)
	register(a, spec, operation, func(ctx context.Context, in *statementInput) (*huma.StreamResponse, error) {
		if !slices.Contains(ledger.Accounts, ledger.Account(in.Account)) {
			return nil, errNoSuchAccount
		}
		return a.rows(ctx, spec, in.asked(), in.Format, in.Currency, func(
			ctx context.Context, r *report.Reports, i finance.Interval, sink finance.Sink,
		) (finance.Checks, error) {
			return r.Statement(ctx, ledger.Account(in.Account), i, sink)
		})
	})
}

type exportInput struct {
	IntervalInput
	Format string `query:"format" enum:"csv,json,hledger,beancount" default:"csv" doc:"The format of the answer. Accept has no effect."`
}

func (a *api) addExport(spec huma.API) {
	operation := a.reportOperation(spec, "export-ledger", "/export", "the ledger for another program",
		finance.EntriesTable(finance.Interval{}))
	operation.Description = "Every entry of an interval after the opening balances, one row an entry. For hledger and beancount the answer " +
		"declares every account and currency and asserts the closing balances. `starter ledger export` writes the same.\n\n" +
		operation.Description
	register(a, spec, operation, func(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
		return a.streamed(ctx, spec, in.asked(), in.Format, func(
			ctx context.Context, r *report.Reports, i finance.Interval, out io.Writer,
		) (finance.Checks, error) {
			journal, end := reports.NewJournal(out, in.Format)
			checks, err := r.Export(ctx, i, journal)
			if err != nil {
				return nil, err
			}
			return checks, end(checks)
		})
	})
}

type payoutInput struct {
	ID string `path:"id" maxLength:"64" doc:"The payout's id at Stripe." example:"po_3PabcDEF"`
	FormatInput
}

func (a *api) addPayoutStatement(spec huma.API) {
	operation := a.reportOperation(spec, "get-payout-statement", "/payouts/{id}/statement",
		"a payout's balance transactions, their sums, and what remains", finance.PayoutStatementTable("", finance.Interval{}))
	operation.Errors = append(operation.Errors, 404)
	register(a, spec, operation, func(ctx context.Context, in *payoutInput) (*huma.StreamResponse, error) {
		return a.rows(ctx, spec, finance.Asked{}, in.Format, in.Currency, func(
			ctx context.Context, r *report.Reports, _ finance.Interval, sink finance.Sink,
		) (finance.Checks, error) {
			checks, err := r.PayoutStatement(ctx, in.ID, sink)
			return checks, orMissing(err, errNoSuchPayout)
		})
	})
}

// rows answers with the rows of a report, in one currency or in all.
func (a *api) rows(ctx context.Context, spec huma.API, asked finance.Asked, format, currency string,
	write func(ctx context.Context, r *report.Reports, i finance.Interval, sink finance.Sink) (finance.Checks, error),
) (*huma.StreamResponse, error) {
	return a.streamed(ctx, spec, asked, format, func(
		ctx context.Context, r *report.Reports, i finance.Interval, out io.Writer,
	) (finance.Checks, error) {
		writer := reports.NewWriter(out, format)
		checks, err := write(ctx, r, i, finance.InCurrency(writer, money.Currency(currency)))
		if err != nil {
			return nil, err
		}
		return checks, writer.End(checks)
	})
}

// interval reads what was asked for in the time zone of the books.
func (a *api) interval(ctx context.Context, r *report.Reports, asked finance.Asked) (finance.Interval, error) {
	zone, err := r.Zone(ctx)
	if err != nil {
		return finance.Interval{}, err
	}
	i, err := asked.Interval(zone, a.Store.Now())
	var wrong validation.FieldErrors
	if !errors.As(err, &wrong) {
		return i, err
	}
	return i, invalid(ctx, queryFields(wrong)...)
}

// queryFields names parameters as the locations of errors.
func queryFields(wrong validation.FieldErrors) []*huma.ErrorDetail {
	details := make([]*huma.ErrorDetail, len(wrong))
	for i, one := range wrong {
		details[i] = &huma.ErrorDetail{Location: "query." + one.Field, Message: one.Problem + ": " + one.Fix}
	}
	return details
}

// reportOperation documents a report.
func (a *api) reportOperation(spec huma.API, id, path, short string, shape finance.Table) huma.Operation {
	return a.guard(spec, a.reportResponseOf(spec, huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: ledgerPath + path, Summary: "Report " + short, Errors: []int{409, 422},
	}, shape), access.FinanceRead)
}

// reportResponseOf documents the answer of a report.
func (a *api) reportResponseOf(spec huma.API, operation huma.Operation, shape finance.Table) huma.Operation {
	operation.Tags = []string{ledgerTag}
	operation.Description = strings.TrimSpace(operation.Description + "\n\n" + reportDescription)
	operation.Responses = map[string]*huma.Response{"200": reportResponse(spec, operation.OperationID, shape)}
	return operation
}
