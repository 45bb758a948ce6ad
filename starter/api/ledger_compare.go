package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"farebook/access"
	"farebook/finance"
	"farebook/ledger"
	"farebook/starter/reports"
	"farebook/store/monthend"
	"farebook/store/report"
)

const (
	// maxStripeFile bounds a file of Stripe's, some 100,000 lines: it is in memory from its arrival until it is compared. A longer file is
	// compared by command, or day by day.
	maxStripeFile = 32 << 20
	// fileTimeout is how long a file may take to arrive.
	fileTimeout = 2 * time.Minute
)

func (a *api) addComparison(spec huma.API) {
	operation := a.reportResponseOf(spec, huma.Operation{
		OperationID: "compare-ledger", Method: http.MethodPost, Path: ledgerPath + "/compare",
		Summary: "Hold one of Stripe's itemised reports against the ledger",
		Description: "The body is the report as CSV, as Stripe has exported it. The answer has each balance transaction that is missing in " +
			"the ledger, that the file does not have, or that differs, with the column; the checks hold when there is none. An interval is that " +
			"of the export; without one, it is from the first to the last balance transaction of the file. A comparison with a " +
			"month is kept in the audit log, where the close of the month asks for it, if the key has `finance:write`. It takes no " +
			"Idempotency-Key. `starter ledger compare` does the same.",
		RequestBody: &huma.RequestBody{
			Required: true, Description: "Stripe's CSV, at most 32 MiB.",
			Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}},
		},
		Errors: []int{400, 408, 409, 413, 415, 422},
	}, finance.ComparisonTable(finance.Interval{}))
	register(a, spec, a.guardOpen(spec, operation, access.FinanceRead),
		func(ctx context.Context, in *compareInput) (*huma.StreamResponse, error) {
			return a.compare(ctx, spec, in)
		})
}

type compareInput struct {
	Month   string `query:"month" maxLength:"20" doc:"The month of the export. Beside it, neither from nor to is allowed." example:"2026-11"`
	From    string `query:"from" maxLength:"40" doc:"The beginning of the export, included." example:"2026-11-01"`
	To      string `query:"to" maxLength:"40" doc:"The end of the export, excluded." example:"2026-12-01"`
	Payouts bool   `query:"payouts" doc:"The file is a payout reconciliation: compared is what the payouts pay out that it names."`
	Format  string `query:"format" enum:"json,csv" default:"json" doc:"The format of the answer. Accept has no effect."`
}

func (a *api) compare(ctx context.Context, spec huma.API, in *compareInput) (*huma.StreamResponse, error) {
	r := report.New(a.Store)
	asked := in.Month != "" || in.From != "" || in.To != ""
	if asked && in.Payouts {
		return nil, invalid(ctx, &huma.ErrorDetail{Location: "query.payouts", Message: "is beside an interval: send one of them"})
	}
	what := report.Comparing{Payouts: in.Payouts}
	// Stripe's files have what was created in a month, however late the ledger got it.
	i, err := a.interval(ctx, r, finance.Asked{Month: in.Month, From: in.From, To: in.To, Basis: string(finance.ByEffective)})
	if err != nil {
		return nil, err
	}
	if asked {
		what.Interval = &i
	}
	return a.answered(spec, in.Format, func(ctx context.Context, hctx huma.Context, turn reportTurn) error {
		return inTurn(ctx, a.arriving, func() (err error) {
			if what.File, err = a.stripeFile(hctx); err != nil {
				return err
			}
			return turn(func(out io.Writer) (finance.Checks, error) {
				writer := reports.NewWriter(out, in.Format)
				checks, err := r.Compare(ctx, what, writer)
				if err != nil {
					return nil, err
				}
				if err := a.recordComparison(ctx, in.Month, checks); err != nil {
					return nil, err
				}
				return checks, writer.End(checks)
			})
		})
	}), nil
}

// recordComparison keeps a comparison of a month for its close, from those who may close one.
func (a *api) recordComparison(ctx context.Context, month string, checks finance.Checks) error {
	if month == "" || !callerOf(ctx).Scopes.Has(access.FinanceWrite) {
		return nil
	}
	compared := monthend.ComparisonOf(ledger.Period(month), checks)
	return monthend.New(a.Store).RecordComparison(ctx, compared, actorOf(ctx))
}

// stripeFile reads the body of a request. Its arrival keeps no report waiting.
func (a *api) stripeFile(hctx huma.Context) (*finance.StripeFile, error) {
	if err := a.takeFile(hctx, maxStripeFile, "text/csv"); err != nil {
		return nil, err
	}
	request, _ := humago.Unwrap(hctx)
	return finance.NewStripeFile(request.Body)
}
