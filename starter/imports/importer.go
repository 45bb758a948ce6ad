package imports

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/internal/wait"
	"farebook/ledger"
	"farebook/money"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/validation"
	"farebook/workflows"
)

// Importer imports the bookings of a file.
type Importer struct {
	Store  *store.Store
	Stripe *stripeapi.Client
	// Dispatch is nil for a dry run, which writes nothing and starts nothing.
	Dispatch *dispatch.Client
	// Live says whether STRIPE_SECRET_KEY is a live key.
	Live bool
	// Confirm sends the confirmation of each paid booking whose confirmed_at is empty.
	Confirm bool
	By      access.Actor
	// Revenue is how imported bookings are posted. Those of an agent may have a breakdown.
	Revenue booking.RevenueRules
	// Opening is the opening of the ledger; zero for a Stripe account that Farebook has used from the start.
	Opening ledger.Opening
	Log     *slog.Logger

	owners sync.Map // store.ImportOwner by the client's name
}

// Verdict says what was done with a row.
type Verdict string

// The verdicts.
const (
	Ready    Verdict = "ready"    // would be imported, in a dry run
	Imported Verdict = "imported" // by this run
	Known    Verdict = "known"    // imported by an earlier run
	Nothing  Verdict = "nothing"  // closed without money, not imported
	Refused  Verdict = "refused"
)

// Outcome is the result of one record.
type Outcome struct {
	Number          int
	Earlier         string
	PaymentIntentID string
	AtStripe        string // status of the PaymentIntent at Stripe
	Amount          money.Money
	Verdict         Verdict
	// Reference is the reference of the booking in Farebook; empty unless it was imported.
	Reference booking.Reference
	What      string
	Problems  validation.FieldErrors
	// Left is the part of the payment that is neither refunded nor being refunded, in minor units.
	Left int64
}

const (
	// atOnce is how many records are processed concurrently. Stripe takes a third of a second to answer; its client limits the rate.
	atOnce = 8
	// batch is how many records are held in memory and reported together.
	batch = 64
)

// Run imports all records of a source and reports each batch of outcomes in the order of the records. A refused row does not stop the
// others. Run returns an error when the file cannot be read further, or the database or Stripe does not answer; a repetition
// skips what was imported, by the UNIQUE PaymentIntent and earlier reference.
func (i *Importer) Run(ctx context.Context, source Source, tell func([]Outcome) error) error {
	seen := duplicates{}
	for ended := false; !ended; {
		records := make([]Record, 0, batch)
		var failed error
		for len(records) < batch && failed == nil {
			var record Record
			if record, failed = source.Next(); failed == nil {
				seen.check(&record)
				records = append(records, record)
			}
		}
		ended = errors.Is(failed, io.EOF)
		if ended {
			failed = nil
		}
		outcomes, err := i.batch(ctx, records)
		if len(outcomes) > 0 {
			err = errors.Join(err, tell(outcomes))
		}
		if err = errors.Join(err, failed); err != nil {
			return err
		}
	}
	return nil
}

// batch returns the outcomes up to the first record that failed.
func (i *Importer) batch(ctx context.Context, records []Record) ([]Outcome, error) {
	outcomes, failures := make([]Outcome, len(records)), make([]error, len(records))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for n, record := range records {
		group.Go(func() error {
			outcomes[n], failures[n] = i.one(ctx, record)
			return failures[n]
		})
	}
	err := group.Wait()
	for n, failure := range failures {
		if failure != nil {
			return outcomes[:n], fmt.Errorf("row %d: %w", records[n].Number, err)
		}
	}
	return outcomes, nil
}

// one checks a record, and imports it unless this is a dry run.
func (i *Importer) one(ctx context.Context, record Record) (Outcome, error) {
	now := i.Store.Now()
	row, problems := record.Read(now)
	out := Outcome{Number: record.Number, Earlier: row.Reference, PaymentIntentID: row.PaymentIntentID}
	if _, err := money.ParseCurrency(string(row.Request.Amount.Currency)); err == nil {
		out.Amount = row.Request.Amount // any other text may be a value of another column, which must not be repeated
	}
	if len(problems) > 0 {
		return out.refused(problems), nil
	}
	revenue, err := i.Revenue.RevenueOf(row.Request)
	var principal validation.FieldErrors
	if errors.As(err, &principal) {
		return out.refused(validation.FieldErrors{{
			Field: columnFare, Problem: "is only for a seller who is the airline's agent",
			Fix: "leave " + strings.Join(breakdownColumns, ", ") + " out, or set REVENUE_MODEL=agent",
		}}), nil
	}
	known, err := i.Store.KnownImport(ctx, row.Reference, row.PaymentIntentID)
	switch {
	case err == nil:
		return out.known(known), i.resume(ctx, known)
	case !errors.Is(err, store.ErrNotFound):
		return out.unless(err)
	}
	owner, err := i.owner(ctx, row.Client)
	if err != nil {
		return out.unless(err)
	}
	there, err := i.read(ctx, row.PaymentIntentID)
	if stripeapi.IsKind(err, stripeapi.NotFound, stripeapi.InvalidRequest) {
		return out.refused(validation.FieldErrors{{
			Field: columnIntent, Problem: "was not found with this key", Fix: "use the key of the account, and of the mode, in which it was made",
		}}), nil
	}
	if err != nil {
		return out, err
	}
	out.AtStripe = there.Payment.StripeStatus
	what, take, problems := judge(row, there, i.Live, now)
	switch {
	case len(problems) > 0:
		return out.refused(problems), nil
	case i.unsettled(there.Payment):
		return out.refused(validation.FieldErrors{{
			Field: columnIntent, Problem: "was paid before the opening, and Stripe has not made its balance transaction yet",
			Fix: "repeat the command later",
		}}), nil
	case !take:
		out.Verdict, out.What = Nothing, what
		return out, nil
	}
	out.Verdict, out.What = Ready, what
	if there.Payment.PaymentStatus() == booking.PaymentSucceeded {
		out.Left = left(there)
	}
	confirm := i.Confirm && row.ConfirmedAt.IsZero() && there.Payment.PaymentStatus() == booking.PaymentSucceeded
	if confirm {
		out.What += "; the confirmation is sent"
	}
	if i.Dispatch == nil {
		return out, nil
	}
	in := newImport(row, there, owner, now)
	in.Confirm, in.By, in.Revenue = confirm, i.By, revenue
	return i.write(ctx, out, in)
}

// unsettled reports a payment whose balance transaction does not exist yet, so that it is unknown whether the opening balance includes it.
func (i *Importer) unsettled(s booking.PaymentSnapshot) bool {
	return s.PaymentStatus() == booking.PaymentSucceeded && s.Balance == nil && i.Opening.Covers(s.PaidAt)
}

func newImport(row Row, there stripeapi.Takeover, owner store.ImportOwner, now time.Time) store.NewImport {
	row.Request.Capture = there.Capture
	hold := row.HoldExpiresAt
	if hold.IsZero() {
		hold = row.TakenAt // the booking is paid, so its hold has no effect
	}
	return store.NewImport{
		Owner: owner, Earlier: row.Reference, Request: row.Request, TakenAt: row.TakenAt, HoldExpiresAt: hold,
		Payment: there.Payment, Refunds: there.Refunds, Disputes: there.Disputes, Now: now,
	}
}

func (i *Importer) write(ctx context.Context, out Outcome, in store.NewImport) (Outcome, error) {
	failpoint.Hit("before-import-booking")
	imported, err := i.Store.ImportBooking(ctx, in)
	if err != nil {
		return out.unless(err)
	}
	failpoint.Hit("after-import-booking")
	if imported.Known {
		return out.known(imported), nil
	}
	out.Verdict, out.Reference = Imported, imported.Booking.Reference
	return out, i.resume(ctx, imported)
}

// resume has the booking's workflow read the PaymentIntent again, because an event that arrived before the commit found no booking. If the
// workflow cannot be started, the sweeper starts it.
func (i *Importer) resume(ctx context.Context, imported store.Imported) error {
	if !imported.Owes || i.Dispatch == nil {
		return nil
	}
	intent := imported.Booking.Payment.PaymentIntentID
	err := i.Dispatch.DeliverStripeEvent(ctx, dispatch.BookingSubjectOf(imported.Booking), workflows.StripeEvent{
		EventID: "import/" + intent, Type: "import", PaymentIntentID: intent,
	})
	if err != nil && ctx.Err() == nil {
		i.Log.WarnContext(ctx, "the workflow of an imported booking was not started; the sweeper starts it",
			"reference", imported.Booking.Reference, "error", err)
		return nil
	}
	return err
}

// owner returns the client of a name. It reads each client once.
func (i *Importer) owner(ctx context.Context, client string) (store.ImportOwner, error) {
	if known, found := i.owners.Load(client); found {
		owner, _ := known.(store.ImportOwner) // the map holds no other type
		return owner, nil
	}
	owner, err := i.Store.ImportOwner(ctx, client)
	if err == nil {
		i.owners.Store(client, owner)
	}
	return owner, err
}

// pauses are the pauses before a call is repeated while Stripe is busy or does not answer.
var pauses = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

func (i *Importer) read(ctx context.Context, paymentIntentID string) (stripeapi.Takeover, error) {
	for _, pause := range pauses {
		there, err := i.Stripe.Takeover(ctx, paymentIntentID)
		if !stripeapi.IsKind(err, stripeapi.Busy, stripeapi.ServerError, stripeapi.OutcomeUnknown) {
			return there, err
		}
		if err := wait.For(ctx, pause); err != nil {
			return stripeapi.Takeover{}, err
		}
	}
	return i.Stripe.Takeover(ctx, paymentIntentID)
}

func (o Outcome) refused(problems validation.FieldErrors) Outcome {
	o.Verdict, o.Problems, o.What = Refused, problems, problems.Error()
	return o
}

// unless turns a refusal of the store into an outcome, and returns any other error.
func (o Outcome) unless(err error) (Outcome, error) {
	var refused *store.ImportRefusedError
	if errors.As(err, &refused) {
		return o.refused(validation.FieldErrors{&refused.FieldError}), nil
	}
	return o, err
}

func (o Outcome) known(known store.Imported) Outcome {
	o.Verdict, o.Reference, o.What = Known, known.Booking.Reference, "imported before"
	return o
}

// duplicates holds hashes of the references and PaymentIntents of a file, so that those of a large file fit into memory.
type duplicates map[[16]byte]int

func (d duplicates) check(record *Record) {
	for _, column := range []string{columnReference, columnIntent} {
		value := record.Values[column]
		if value == "" {
			continue
		}
		sum := sha256.Sum256([]byte(column + "\x00" + value))
		key := [16]byte(sum[:16])
		if first, again := d[key]; again {
			record.refuse(column, fmt.Sprintf("is that of row %d", first), "leave one out")
			continue
		}
		d[key] = record.Number
	}
}
