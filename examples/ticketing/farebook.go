package ticketing

import (
	"context"
	"net/http"
	"net/url"
)

// Farebook is its HTTP API. A key that derives from the order makes each repetition harmless.
type Farebook struct {
	URL    string // without a trailing slash
	APIKey string
}

// Booking is what the workflow reads of a booking. The client secret is left out: it must not get into a history.
type Booking struct {
	Reference string `json:"reference"`
	Status    string `json:"status"`
	Payment   struct {
		Status string `json:"status"`
	} `json:"payment"`
}

// Paid reports whether the money is reserved for the shop, or taken.
func (b Booking) Paid() bool { return b.Payment.Status == "authorized" || b.Status == "confirmed" }

// Over reports whether the booking has ended without money.
func (b Booking) Over() bool {
	return b.Status != "pending_payment" && b.Status != "confirmed"
}

func (f Farebook) header(key string) http.Header {
	header := http.Header{"Authorization": {"Bearer " + f.APIKey}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	return header
}

// Book takes a booking whose payment is authorised first.
func (f Farebook) Book(ctx context.Context, o Order) (b Booking, err error) {
	body := map[string]any{
		"customer": map[string]any{"name": o.Name, "email": o.Email, "locale": "en"},
		"amount":   map[string]any{"value": o.Amount, "currency": o.Currency},
		"flight": map[string]any{
			"number": o.Flight, "from": o.From, "to": o.To, "departsAt": o.DepartsAt, "arrivesAt": o.ArrivesAt,
			"passengers": []any{map[string]any{"name": o.Name}},
		},
		"capture": "manual",
	}
	return b, call(ctx, http.MethodPost, f.URL+"/v1/bookings", f.header(o.ID), body, &b)
}

// Booking reads a booking.
func (f Farebook) Booking(ctx context.Context, reference string) (b Booking, err error) {
	return b, call(ctx, http.MethodGet, f.booking(reference), f.header(""), nil, &b)
}

// Capture takes the money that was authorised.
func (f Farebook) Capture(ctx context.Context, order, reference string) error {
	return call(ctx, http.MethodPost, f.booking(reference)+"/capture", f.header(order+"/capture"), nil, &struct{}{})
}

// Cancel closes the booking and lets the authorisation go.
func (f Farebook) Cancel(ctx context.Context, order, reference string) error {
	return call(ctx, http.MethodPost, f.booking(reference)+"/cancel", f.header(order+"/cancel"), nil, &struct{}{})
}

func (f Farebook) booking(reference string) string {
	return f.URL + "/v1/bookings/" + url.PathEscape(reference)
}
