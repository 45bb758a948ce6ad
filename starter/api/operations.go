package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/money"
	"farebook/starter/recon"
	"farebook/starter/view"
	"farebook/store"
	runs "farebook/store/recon"
)

const (
	payoutsPath = "/v1/payouts"
	eventsPath  = "/v1/events"
	emailsPath  = "/v1/emails"
)

// addOperations adds the lists of what belongs to no client.
func (a *api) addOperations(spec huma.API) {
	list := func(id, path, summary, description string, anyOf ...access.Scope) huma.Operation {
		return a.guard(spec, huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: description, Tags: []string{operationsTag},
			Errors: []int{404, 422},
		}, anyOf...)
	}
	register(a, spec, list("list-payouts", payoutsPath, "List payouts", "Newest first.", access.OperationsRead), a.listPayouts)
	register(a, spec, list("list-events", eventsPath, "List Stripe's events", "Newest first, without their bodies.", access.OperationsRead),
		a.listEvents)
	register(a, spec, list("get-event", eventsPath+"/{id}", "Read an event of Stripe's",
		"How far it has been processed. What is stored of its body is shown with the scope `"+string(access.Admin)+"` as well.",
		access.OperationsRead), a.getEvent)
	register(a, spec, list("list-emails", emailsPath, "List emails", "Newest first, without their texts and addresses.",
		access.OperationsRead), a.listEmails)
	register(a, spec, list("list-reconciliations", reconciliationsPath, "List reconciliations", "Newest first.", access.ReconciliationRead,
		access.OperationsRead), a.listReconciliations)
}

// TimeFilters are a range of times. They and AmountFilters are exported because huma ignores unexported embedded types.
type TimeFilters struct {
	From string `query:"from" format:"date-time" doc:"At this time or later." example:"2026-11-01T00:00:00Z"`
	To   string `query:"to" format:"date-time" doc:"Before this time." example:"2026-12-01T00:00:00Z"`
}

// AmountFilters are a range of amounts.
type AmountFilters struct {
	Currency   string `query:"currency" pattern:"^[A-Z]{3}$" doc:"Of the amount." example:"USD"`
	AmountFrom int64  `query:"amountFrom" minimum:"1" doc:"At least so many minor units; needs currency." example:"45900"`
	AmountTo   int64  `query:"amountTo" minimum:"1" doc:"At most so many minor units; needs currency." example:"45900"`
}

// amounts reads a range of amounts.
func (in AmountFilters) amounts(w *wrong) store.AmountRange {
	r := store.AmountRange{Currency: money.Currency(in.Currency), Min: in.AmountFrom, Max: in.AmountTo}
	w.amounts(r)
	return r
}

// PayoutFilters narrow a list of payouts.
type PayoutFilters struct {
	TimeFilters
	AmountFilters
	Q      string `query:"q" maxLength:"64" doc:"A payout's id, or that of an event about it. Lists what it names, and ignores all filters." example:"po_3PabcDEF"`
	Status string `query:"status" enum:"pending,in_transit,paid,failed,canceled,unknown"`
}

// Filter is what the filters ask of the store, or what is wrong with them.
func (in PayoutFilters) Filter() (store.PayoutFilter, []*huma.ErrorDetail) {
	var w wrong
	filter := store.PayoutFilter{Named: w.named(in.Q), Status: in.Status, Amount: in.amounts(&w)}
	filter.From, filter.To = w.times(in.From, in.To)
	return filter, w
}

type listPayoutsInput struct {
	PageInput
	PayoutFilters
}

type listPayoutsOutput struct {
	Body struct {
		Payouts []view.Payout `json:"payouts" nullable:"false"`
		PageEnd
	}
}

func (a *api) listPayouts(ctx context.Context, in *listPayoutsInput) (*listPayoutsOutput, error) {
	filter, problems := in.Filter()
	if len(problems) > 0 {
		return nil, invalid(ctx, problems...)
	}
	page, err := a.pageFor(ctx, "list-payouts", in.PageInput, filter)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.ListPayouts(ctx, filter, page.Page)
	if err != nil {
		return nil, err
	}
	out := &listPayoutsOutput{}
	out.Body.Payouts, out.Body.PageEnd = shownOf(found.Rows, view.PayoutOf), page.end(found.Next)
	return out, nil
}

// EventFilters narrow a list of events.
type EventFilters struct {
	TimeFilters
	Q       string `query:"q" maxLength:"64" doc:"An event, what it is about (pi_, ch_, re_, dp_, du_, po_), or a booking's reference. Lists what it names, and ignores all filters." example:"evt_3PabcDEF"`
	State   string `query:"state" enum:"received,processing,processed,failed,unknown_booking,not_ours,ignored"`
	Type    string `query:"type" maxLength:"100" pattern:"^[a-z_.]+$" example:"charge.refunded"`
	Booking string `query:"booking" doc:"Only events that name the booking with this reference."`
}

// Filter is what the filters ask of the store, or what is wrong with them.
func (in EventFilters) Filter() (store.EventFilter, []*huma.ErrorDetail) {
	var w wrong
	filter := store.EventFilter{State: store.EventState(in.State), Type: in.Type, Reference: w.reference(in.Booking)}
	filter.From, filter.To = w.times(in.From, in.To)
	if q := w.named(in.Q); q != "" {
		filter = eventsNamed(q)
	}
	return filter, w
}

type listEventsInput struct {
	PageInput
	EventFilters
}

type listEventsOutput struct {
	Body struct {
		Events []view.Event `json:"events" nullable:"false"`
		PageEnd
	}
}

func (a *api) listEvents(ctx context.Context, in *listEventsInput) (*listEventsOutput, error) {
	filter, problems := in.Filter()
	if len(problems) > 0 {
		return nil, invalid(ctx, problems...)
	}
	page, err := a.pageFor(ctx, "list-events", in.PageInput, filter)
	if err != nil {
		return nil, err
	}
	filter.Before, filter.Limit = page.After.ID, page.readLimit()
	found, err := a.Store.Events(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := &listEventsOutput{}
	out.Body.Events, out.Body.PageEnd = pageOf(found, page, func(e store.ListedEvent) view.Event { return view.EventOf(e.Event) },
		func(e store.ListedEvent) uint64 { return e.Cursor })
	return out, nil
}

// eventsNamed are an event, the events about an object, or those that name a booking.
func eventsNamed(q string) store.EventFilter {
	switch {
	case strings.HasPrefix(q, "evt_"):
		return store.EventFilter{ID: q}
	case strings.HasPrefix(q, "FB-"):
		return store.EventFilter{Reference: q}
	}
	return store.EventFilter{ObjectID: q}
}

// reference checks a booking's reference.
func (w *wrong) reference(text string) string {
	if text == "" {
		return ""
	}
	if _, err := booking.ParseReference(text); err != nil {
		w.add("booking", "is not a booking reference: send FB- and eight capital letters or digits")
	}
	return text
}

type eventIDInput struct {
	ID      string `path:"id" maxLength:"255" doc:"The event's id." example:"evt_3PabcDEF"`
	Payload bool   `query:"payload" doc:"With what is stored of its body."`
}

type eventDetailOutput struct{ Body view.EventDetail }

func (a *api) getEvent(ctx context.Context, in *eventIDInput) (*eventDetailOutput, error) {
	if in.Payload && !callerOf(ctx).Scopes.Has(access.Admin) {
		return nil, missingScope(ctx, access.Admin)
	}
	known, err := a.Store.Event(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchEvent)
	}
	detail := view.EventDetailOf(known)
	if in.Payload {
		detail.Payload = known.Payload
	}
	return &eventDetailOutput{detail}, nil
}

// EmailFilters narrow a list of emails.
type EmailFilters struct {
	TimeFilters
	Status  string `query:"status" enum:"queued,sent,failed,suppressed,held"`
	Booking string `query:"booking" doc:"Only emails about the booking with this reference."`
}

// Filter is what the filters ask of the store, or what is wrong with them.
func (in EmailFilters) Filter() (store.EmailFilter, []*huma.ErrorDetail) {
	var w wrong
	filter := store.EmailFilter{Status: in.Status, Reference: booking.Reference(w.reference(in.Booking))}
	filter.From, filter.To = w.times(in.From, in.To)
	return filter, w
}

type listEmailsInput struct {
	PageInput
	EmailFilters
}

type listEmailsOutput struct {
	Body struct {
		Emails []view.Email `json:"emails" nullable:"false"`
		PageEnd
	}
}

func (a *api) listEmails(ctx context.Context, in *listEmailsInput) (*listEmailsOutput, error) {
	filter, problems := in.Filter()
	if len(problems) > 0 {
		return nil, invalid(ctx, problems...)
	}
	page, err := a.pageFor(ctx, "list-emails", in.PageInput, filter)
	if err != nil {
		return nil, err
	}
	filter.Before, filter.Limit = page.After.ID, page.readLimit()
	found, err := a.Store.ListEmails(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := &listEmailsOutput{}
	out.Body.Emails, out.Body.PageEnd = pageOf(found, page, view.EmailOf, func(e store.ListedEmail) uint64 { return e.ID })
	return out, nil
}

type listReconciliationsInput struct {
	PageInput
	Status string `query:"status" enum:"running,completed,failed"`
}

type listReconciliationsOutput struct {
	Body struct {
		Runs []recon.Summary `json:"reconciliations" nullable:"false"`
		PageEnd
	}
}

func (a *api) listReconciliations(ctx context.Context, in *listReconciliationsInput) (*listReconciliationsOutput, error) {
	page, err := a.pageFor(ctx, "list-reconciliations", in.PageInput, in.Status)
	if err != nil {
		return nil, err
	}
	found, err := runs.New(a.Store).List(ctx, runs.RunFilter{Status: in.Status, Before: page.After.ID, Limit: page.readLimit()})
	if err != nil {
		return nil, err
	}
	out := &listReconciliationsOutput{}
	out.Body.Runs, out.Body.PageEnd = pageOf(found, page, recon.SummaryOf, func(run runs.Run) uint64 { return run.ID })
	return out, nil
}
