package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/view"
	"farebook/store"
)

func (a *api) addAudit(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "list-audit-log", Method: http.MethodGet, Path: "/v1/audit", Tags: []string{adminTag}, Summary: "Read the audit log",
		Description: "Who asked for what, newest first: refunds, cancellations, captures, reconciliations and plans, resolutions, retries, " +
			"resends, and changes " +
			"of clients and keys. Entries never change.",
		Errors: []int{404, 422},
	}, access.Admin), a.listAudit)
}

type auditInput struct {
	PageInput
	TimeFilters
	Booking string `query:"booking" doc:"Only entries about the booking with this reference."`
	Client  string `query:"client" doc:"Only what the client with this id or name asked for."`
	Subject string `query:"subject" maxLength:"128" doc:"Only entries about the refund, run, event or key with this id."`
}

type auditOutput struct {
	Body struct {
		Entries []view.Entry `json:"entries" nullable:"false"`
		PageEnd
	}
}

func (a *api) listAudit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	var w wrong
	filter := store.AuditFilter{Subject: in.Subject}
	filter.From, filter.To = w.times(in.From, in.To)
	if err := w.problem(ctx); err != nil {
		return nil, err
	}
	page, err := a.pageFor(ctx, "list-audit-log", in.PageInput, []any{filter, in.Booking, in.Client})
	if err != nil {
		return nil, err
	}
	filter.Before, filter.Limit = page.After.ID, page.readLimit()
	if in.Booking != "" {
		known, err := a.booking(ctx, in.Booking, access.Admin)
		if err != nil {
			return nil, err
		}
		filter.BookingID = known.ID
	}
	if in.Client != "" {
		found, err := a.client(ctx, in.Client)
		if err != nil {
			return nil, err
		}
		filter.ClientID = found.ID
	}
	entries, err := a.Store.AuditLog(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	out.Body.Entries, out.Body.PageEnd = pageOf(entries, page, view.EntryOf, func(e store.AuditEntry) uint64 { return e.ID })
	return out, nil
}
