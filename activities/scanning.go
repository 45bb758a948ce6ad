package activities

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/money"
	"farebook/reconciliation"
)

// ScanInput is what one scan reads. After is Stripe's cursor where another scan has read the newer part. Pages is after how many pages a
// scan of a window returns the rest.
type ScanInput struct {
	RunID  uint64                `json:"runId"`
	Window reconciliation.Window `json:"window"`
	After  string                `json:"after,omitempty"`
	Pages  int                   `json:"pages,omitempty"`
	Limit  int                   `json:"limit,omitempty"`  // of open payments; 0 for all
	Object reconciliation.Object `json:"object,omitempty"` // refund, dispute or payout
}

// Scanned is the progress of a scan. It is also the heartbeat's detail.
type Scanned struct {
	After string `json:"after,omitempty"` // Stripe's cursor
	Row   uint64 `json:"row,omitempty"`   // last row read in the books
	Lines int64  `json:"lines"`
	Found int64  `json:"found"`
	// Rest is the part of a window that is left for later scans; nil when there is none.
	Rest *reconciliation.Window `json:"rest,omitempty"`
	// Seconds is how many seconds of the window have been read.
	Seconds int64 `json:"seconds,omitempty"`
	// Start is the row after which a scan of open payments began. Wrapped: it has reached the end and continues from the oldest payment.
	Start   uint64 `json:"start,omitempty"`
	Wrapped bool   `json:"wrapped,omitempty"`
	// Moved is when the scan last made progress; zero before it did.
	Moved time.Time `json:"moved,omitzero"`
}

// resume returns the progress of an earlier attempt.
func resume(ctx context.Context) Scanned {
	var at Scanned
	if activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &at) // unreadable: it starts over, which is harmless
	}
	return at
}

// ScanWindow compares the balance transactions of a window with the ledger, the newest first, and returns the rest after some pages.
// Harmless when repeated: findings and seen balance transactions are UNIQUE in a run.
func (r *Reconciliations) ScanWindow(ctx context.Context, in ScanInput) (Scanned, error) {
	at, err := r.scanWindow(ctx, in)
	return at, r.unlessStuck(ctx, at, err)
}

func (r *Reconciliations) scanWindow(ctx context.Context, in ScanInput) (Scanned, error) {
	stripe, at := r.paced(in.RunID), resume(ctx)
	if at.After == "" {
		at.After = in.After
	}
	for pages := int(at.Lines / reconciliation.PageSize); ; pages++ {
		lines, more, err := stripe.BalanceTransactions(ctx, in.Window, at.After, false)
		if err != nil {
			return at, stripeError(err)
		}
		found, err := r.compare(ctx, in.RunID, lines, func() ([]reconciliation.Line, error) {
			activity.RecordHeartbeat(ctx, at) // two slow responses take longer than the heartbeat time-out
			full, _, err := stripe.BalanceTransactions(ctx, in.Window, at.After, true)
			return full, stripeError(err)
		})
		if err != nil {
			return at, err
		}
		failpoint.Hit("after-reconciliation-page")
		at.Lines, at.Found = at.Lines+int64(len(lines)), at.Found+int64(found)
		if !more || len(lines) == 0 {
			at.Seconds = in.Window.Seconds()
			return at, nil
		}
		last := lines[len(lines)-1]
		// The second of the last line may have more lines: the cursor, not the window, leaves out those that were read.
		rest := reconciliation.Window{From: in.Window.From, To: last.Created.Truncate(time.Second).Add(time.Second)}
		at.After, at.Seconds = last.ID, in.Window.Seconds()-rest.Seconds()
		if pages+1 >= in.Pages {
			at.Rest = &rest
			return at, nil
		}
		r.moved(ctx, &at)
	}
}

// compare compares a page with the ledger. The page is read again with expanded sources only where a line does not fit.
func (r *Reconciliations) compare(ctx context.Context, runID uint64, lines []reconciliation.Line,
	full func() ([]reconciliation.Line, error),
) (int, error) {
	if len(lines) == 0 {
		return 0, nil
	}
	odd, _, err := r.odd(ctx, lines)
	if err != nil {
		return 0, err
	}
	var findings []reconciliation.Finding
	if len(odd) > 0 {
		again, err := full()
		if err != nil {
			return 0, err
		}
		if findings, err = r.differences(ctx, r.paced(runID), again); err != nil {
			return 0, err
		}
	}
	ids := make([]string, len(lines))
	for i, line := range lines {
		ids[i] = line.ID
	}
	if err := r.addFindings(ctx, runID, findings); err != nil {
		return 0, err
	}
	return len(findings), r.Runs.MarkSeen(ctx, runID, ids)
}

// odd returns the lines that do not match the ledger, and the postings of all lines.
func (r *Reconciliations) odd(ctx context.Context,
	lines []reconciliation.Line,
) ([]reconciliation.Line, map[string][]reconciliation.Posting, error) {
	posted, err := r.Runs.PostingsOf(ctx, lines)
	if err != nil {
		return nil, nil, err
	}
	var odd []reconciliation.Line
	for _, line := range lines {
		// Money posted as unbooked may belong to a booking by now, so its payment is searched in the books.
		if reconciliation.PostedAsUnbooked(posted[line.ID]) ||
			reconciliation.Compare(line, posted[line.ID], reconciliation.Known{}, r.rules()) != nil {
			odd = append(odd, line)
		}
	}
	return odd, posted, nil
}

// differences compares lines with the ledger. The books are asked about a payment only where something differs.
func (r *Reconciliations) differences(ctx context.Context, stripe *stripeapi.Client,
	lines []reconciliation.Line,
) ([]reconciliation.Finding, error) {
	odd, posted, err := r.odd(ctx, lines)
	if err != nil || len(odd) == 0 {
		return nil, err
	}
	if err := r.nameByCharge(ctx, odd); err != nil {
		return nil, err
	}
	known, err := r.Store.KnownOf(ctx, odd)
	if err != nil {
		return nil, err
	}
	var findings []reconciliation.Finding
	for _, line := range odd {
		if finding := reconciliation.Compare(line, posted[line.ID], known[line.ID], r.rules()); finding != nil {
			// The booking of the PaymentIntent in the books, whatever its metadata says.
			finding.Reference = cmp.Or(known[line.ID].Reference, finding.Reference)
			if err := r.Unbooked.relabel(ctx, stripe, finding, line, known[line.ID]); err != nil {
				return nil, err
			}
			findings = append(findings, *finding)
		}
	}
	return findings, nil
}

// nameByCharge sets the PaymentIntents of lines whose source names only a charge, where the books know the charge.
func (r *Reconciliations) nameByCharge(ctx context.Context, lines []reconciliation.Line) error {
	var charges []string
	for _, line := range lines {
		if line.PaymentIntentID == "" && line.ChargeID != "" {
			charges = append(charges, line.ChargeID)
		}
	}
	intents, err := r.Store.PaymentIntentsOfCharges(ctx, charges)
	for i, line := range lines {
		intent := intents[line.ChargeID]
		if line.PaymentIntentID == "" && intent != "" {
			lines[i].PaymentIntentID = intent
			if line.Object == reconciliation.ObjectPayment {
				lines[i].ObjectID = intent
			}
		}
	}
	return err
}

// unseenPage is how many ledger transactions are read at once.
const unseenPage = 200

// ScanUnseen reads at Stripe each balance transaction that the ledger has and the windows did not show: it was created before them, or it
// does not exist.
func (r *Reconciliations) ScanUnseen(ctx context.Context, in ScanInput) (Scanned, error) {
	at, err := r.scanUnseen(ctx, in)
	return at, r.unlessStuck(ctx, at, err)
}

func (r *Reconciliations) scanUnseen(ctx context.Context, in ScanInput) (Scanned, error) {
	stripe, at := r.paced(in.RunID), resume(ctx)
	for {
		rows, err := r.Runs.UnseenPostings(ctx, in.RunID, in.Window.From, in.Window.To, at.Row, unseenPage)
		if err != nil {
			return at, err
		}
		for _, row := range rows {
			_, err := stripe.BalanceTransaction(ctx, row.BalanceTransactionID)
			gone := stripeapi.IsKind(err, stripeapi.NotFound)
			if err != nil && !gone {
				return at, stripeError(err)
			}
			err = nil
			if gone {
				err = r.addFindings(ctx, in.RunID, []reconciliation.Finding{{
					Class: reconciliation.MissingInStripe, Object: reconciliation.ObjectBalanceTransaction, StripeID: row.BalanceTransactionID,
					BalanceTransactionID: row.BalanceTransactionID, PaymentIntentID: row.PaymentIntentID, Reference: row.Reference,
					Here: row.Clearing, Posted: row.Clearing, Currency: row.Currency,
					Reason: fmt.Sprintf("the ledger's %s transaction %d names a balance transaction that Stripe does not have", row.Type, row.LedgerID),
				}})
				at.Found++
			}
			if err != nil {
				return at, err
			}
			at.Row = row.LedgerID
			at.Lines++
			r.moved(ctx, &at)
		}
		if len(rows) < unseenPage {
			return at, nil
		}
	}
}

// addFindings inserts a run's findings, and logs a line for each. A page that is read again logs its lines again and inserts nothing.
func (r *Reconciliations) addFindings(ctx context.Context, runID uint64, findings []reconciliation.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	if err := r.Runs.AddFindings(ctx, runID, findings); err != nil {
		return err
	}
	intents := make([]string, len(findings))
	for i, finding := range findings {
		intents[i] = finding.PaymentIntentID
	}
	payments, err := r.Store.PaymentIDs(ctx, intents)
	if err != nil {
		return err
	}
	for _, finding := range findings {
		r.Log.InfoContext(ctx, "difference found", fieldsOf(finding, payments[finding.PaymentIntentID])...)
	}
	return nil
}

// fieldsOf are the log fields of a finding, without those that are empty. paymentID is the row of payments; zero without one.
func fieldsOf(f reconciliation.Finding, paymentID uint64) []any {
	fields := []any{"class", f.Class, "object", f.Object, "stripeId", f.StripeID}
	if paymentID != 0 {
		fields = append(fields, "paymentId", paymentID)
	}
	for _, field := range []struct{ name, value string }{
		{"paymentIntentId", f.PaymentIntentID}, {"balanceTransactionId", f.BalanceTransactionID}, {"reference", string(f.Reference)},
	} {
		if field.value != "" {
			fields = append(fields, field.name, field.value)
		}
	}
	if f.Currency != "" {
		fields = append(fields, "amountHere", money.Text(f.Here, f.Currency), "amountAtStripe", money.Text(f.AtStripe, f.Currency))
	}
	return append(fields, "healing", f.Healing, "reason", f.Reason)
}
