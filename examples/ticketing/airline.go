package ticketing

import (
	"context"
	"net/http"
	"net/url"
)

// Airline is the airline's system. An order has at most one ticket, however often it is asked for, and a void order never gets one.
type Airline struct{ URL string }

// Ticket asks for the ticket of an order.
func (a Airline) Ticket(ctx context.Context, order string) (number string, err error) {
	var issued struct{ Ticket string }
	err = call(ctx, http.MethodPost, a.order(order)+"/ticket", http.Header{}, nil, &issued)
	return issued.Ticket, err
}

// Known returns the ticket that an order has, or nothing.
func (a Airline) Known(ctx context.Context, order string) (number string, err error) {
	var known struct{ Ticket string }
	err = call(ctx, http.MethodGet, a.order(order), http.Header{}, nil, &known)
	return known.Ticket, err
}

// Void voids an order with its ticket, if it has one.
func (a Airline) Void(ctx context.Context, order string) error {
	return call(ctx, http.MethodPost, a.order(order)+"/void", http.Header{}, nil, &struct{}{})
}

func (a Airline) order(id string) string { return a.URL + "/orders/" + url.PathEscape(id) }
