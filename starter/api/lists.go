package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/money"
	"farebook/starter/view"
	"farebook/store"
)

const disputesPath = "/v1/disputes"

const ownRows = "Newest first: those of the caller's client, or of every client with the scope `operations:read`. A page may have fewer " +
	"entries than `limit`, or none, while `hasMore` is true: a request examines some thousands of entries at most."

func (a *api) addLists(spec huma.API) {
	list := func(id, path, summary string) huma.Operation {
		return a.guard(spec, huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: ownRows, Tags: []string{"Bookings"},
			Errors: []int{422},
		}, access.BookingsRead, access.OperationsRead)
	}
	register(a, spec, list("list-bookings", bookingsPath, "List bookings"), a.listBookings)
	register(a, spec, list("list-refunds", refundsPath, "List refunds"), a.listRefunds)
	register(a, spec, list("list-disputes", disputesPath, "List disputes"), a.listDisputes)
}

// BookingFilters narrow a list of bookings, over HTTP and on the command line, which reads their tags, too. So do the filters of the other
// lists.
type BookingFilters struct {
	ListFilters
	Status      string `query:"status" enum:"pending_payment,confirmed,payment_failed,expired,cancelled,partially_refunded,refunded,disputed"`
	Paid        string `query:"paid" enum:"yes,no" doc:"Only bookings whose payment was captured, or was not."`
	DeclineCode string `query:"declineCode" pattern:"^[!-~]{1,64}$" doc:"Only bookings that are not paid and whose last attempt was declined with this code." example:"insufficient_funds"`
}

// Filter is what the filters ask of the store, or what is wrong with them.
func (in BookingFilters) Filter() (store.ListFilter, []*huma.ErrorDetail) {
	return in.filter(store.ListFilter{Status: in.Status, Paid: store.YesOrNo(in.Paid), DeclineCode: in.DeclineCode})
}

type listBookingsInput struct {
	PageInput
	BookingFilters
}

// ListedBooking is a booking of a list. GET /v1/bookings/{reference} has the rest.
type ListedBooking struct {
	Reference    string           `json:"reference" example:"FB-7K2M9QXA"`
	Client       string           `json:"client,omitempty" doc:"The client that it belongs to." example:"cl_7K2M9QXA4T"`
	Status       string           `json:"status" example:"confirmed"`
	Customer     booking.Customer `json:"customer"`
	Amount       money.Money      `json:"amount"`
	Flight       listedFlight     `json:"flight"`
	CreatedAt    time.Time        `json:"createdAt"`
	Payment      *listedPayment   `json:"payment,omitempty" doc:"Left out until the PaymentIntent exists."`
	Attention    string           `json:"attention,omitempty" doc:"What an operator has to examine."`
	SupplementOf *view.Supplement `json:"supplementOf,omitempty" doc:"Left out unless it is a further payment of a booking."`
}

type listedFlight struct {
	Number    string    `json:"number" example:"EK2"`
	From      string    `json:"from" example:"LHR"`
	To        string    `json:"to" example:"DXB"`
	DepartsAt time.Time `json:"departsAt"`
}

type listedPayment struct {
	PaymentIntentID string `json:"paymentIntentId" example:"pi_3PabcDEF"`
	URL             string `json:"url,omitempty" doc:"The payment page of a booking that is still to be paid; left out when this installation has none." example:"https://pay.example.com/pay/fpl_..."`
	ChargeID        string `json:"chargeId,omitempty" example:"ch_3PabcDEF"`
	Status          string `json:"status" example:"succeeded"`
	AmountCaptured  int64  `json:"amountCaptured" doc:"Minor units."`
	AmountRefunded  int64  `json:"amountRefunded" doc:"Minor units of the refunds that succeeded."`
	DeclineCode     string `json:"declineCode,omitempty" doc:"Why the last attempt was declined." example:"insufficient_funds"`
}

// ListedBookingOf converts a booking of the store.
func ListedBookingOf(b store.Booking) ListedBooking {
	listed := ListedBooking{
		Reference: string(b.Reference), Client: b.ClientCode, Status: string(b.Status), Customer: b.Customer, Amount: b.Amount,
		Flight:    listedFlight{b.Flight.Number, b.Flight.From, b.Flight.To, b.Flight.DepartsAt},
		CreatedAt: b.CreatedAt, Attention: b.Attention, SupplementOf: view.SupplementOf(b.Supplement),
	}
	if p := b.Payment; p != nil {
		listed.Payment = &listedPayment{
			PaymentIntentID: p.PaymentIntentID, ChargeID: p.ChargeID, Status: string(p.Status), AmountCaptured: p.AmountCaptured,
			AmountRefunded: p.AmountRefunded, DeclineCode: p.DeclineCode,
		}
	}
	return listed
}

type listBookingsOutput struct {
	Body struct {
		Bookings []ListedBooking `json:"bookings" nullable:"false"`
		PageEnd
	}
}

func (a *api) listBookings(ctx context.Context, in *listBookingsInput) (*listBookingsOutput, error) {
	filter, page, err := a.listPage(ctx, "list-bookings", in.PageInput, in.BookingFilters)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.ListBookings(ctx, filter, page.Page)
	if err != nil {
		return nil, err
	}
	out := &listBookingsOutput{}
	out.Body.Bookings, out.Body.PageEnd = shownOf(found.Rows, a.listedBooking), page.end(found.Next)
	return out, nil
}

// listedBooking is ListedBookingOf with the link to the payment page.
func (a *api) listedBooking(b store.Booking) ListedBooking {
	listed := ListedBookingOf(b)
	if listed.Payment != nil && b.Status == booking.StatusPendingPayment {
		listed.Payment.URL = a.paymentURL(listed.Reference, b.HoldExpiresAt)
	}
	return listed
}

// filterer are the filters of a list of bookings, refunds or disputes.
type filterer interface {
	Filter() (store.ListFilter, []*huma.ErrorDetail)
}

// listPage reads what a list of bookings, refunds or disputes is asked for, for a caller, who sees every client's rows with operations:read
// and otherwise those of its client.
func (a *api) listPage(ctx context.Context, operation string, in PageInput, filters filterer) (store.ListFilter, page, error) {
	filter, problems := filters.Filter()
	if len(problems) > 0 {
		return filter, page{}, invalid(ctx, problems...)
	}
	filter.Owner = ownerOf(ctx)
	asked, err := a.pageFor(ctx, operation, in, []any{filter.Owner == nil, filters})
	return filter, asked, err
}

// RefundFilters narrow a list of refunds.
type RefundFilters struct {
	ListFilters
	Status string `query:"status" enum:"requested,pending,requires_action,succeeded,failed,canceled,unknown"`
	Failed string `query:"failed" enum:"yes,no" doc:"Only refunds that gave nothing back (failed or canceled), or only the others."`
}

// Filter is what the filters ask of the store, or what is wrong with them.
func (in RefundFilters) Filter() (store.ListFilter, []*huma.ErrorDetail) {
	return in.filter(store.ListFilter{Status: in.Status, Failed: store.YesOrNo(in.Failed)})
}

type listRefundsInput struct {
	PageInput
	RefundFilters
}

type listRefundsOutput struct {
	Body struct {
		Refunds []RefundView `json:"refunds" nullable:"false"`
		PageEnd
	}
}

func (a *api) listRefunds(ctx context.Context, in *listRefundsInput) (*listRefundsOutput, error) {
	filter, page, err := a.listPage(ctx, "list-refunds", in.PageInput, in.RefundFilters)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.ListRefunds(ctx, filter, page.Page)
	if err != nil {
		return nil, err
	}
	out := &listRefundsOutput{}
	out.Body.Refunds, err = a.refundsShown(ctx, found.Rows)
	out.Body.PageEnd = page.end(found.Next)
	return out, err
}

// DisputeFilters narrow a list of disputes.
type DisputeFilters struct {
	ListFilters
	Status string `query:"status" enum:"warning_needs_response,warning_under_review,warning_closed,needs_response,under_review,won,lost,unknown"`
}

// Filter is what the filters ask of the store, or what is wrong with them.
func (in DisputeFilters) Filter() (store.ListFilter, []*huma.ErrorDetail) {
	return in.filter(store.ListFilter{Status: in.Status})
}

type listDisputesInput struct {
	PageInput
	DisputeFilters
}

type listDisputesOutput struct {
	Body struct {
		Disputes []DisputeView `json:"disputes" nullable:"false"`
		PageEnd
	}
}

func listedDisputeOf(d store.ListedDispute) DisputeView { return DisputeViewOf(d.Dispute, d.Reference) }

func (a *api) listDisputes(ctx context.Context, in *listDisputesInput) (*listDisputesOutput, error) {
	filter, page, err := a.listPage(ctx, "list-disputes", in.PageInput, in.DisputeFilters)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.ListDisputes(ctx, filter, page.Page)
	if err != nil {
		return nil, err
	}
	out := &listDisputesOutput{}
	out.Body.Disputes, out.Body.PageEnd = shownOf(found.Rows, listedDisputeOf), page.end(found.Next)
	return out, nil
}
