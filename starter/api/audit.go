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
	page, err := a.pageFor(ctx, "list-audit-log", in.PageInput, []string{in.Booking, in.Client, in.Subject})
	if err != nil {
		return nil, err
	}
	filter := store.AuditFilter{Subject: in.Subject, Before: page.After.ID, Limit: page.readLimit()}
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
