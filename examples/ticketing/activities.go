package ticketing

import "context"

// Activities are the steps of a sale. Each may be repeated: its key is the order.
type Activities struct {
	Orders   Orders
	Farebook Farebook
	Airline  Airline
}

// Book takes the booking of an order.
func (a *Activities) Book(ctx context.Context, order string) (Booking, error) {
	known, err := a.Orders.Order(order)
	if err != nil {
		return Booking{}, err
	}
	return a.Farebook.Book(ctx, known)
}

// ReadBooking reads a booking.
func (a *Activities) ReadBooking(ctx context.Context, reference string) (Booking, error) {
	return a.Farebook.Booking(ctx, reference)
}

// IssueTicket asks the airline for the ticket.
func (a *Activities) IssueTicket(ctx context.Context, order string) (string, error) {
	return a.Airline.Ticket(ctx, order)
}

// FindTicket asks the airline whether an order has a ticket.
func (a *Activities) FindTicket(ctx context.Context, order string) (string, error) {
	return a.Airline.Known(ctx, order)
}

// VoidOrder makes sure that the order has no ticket and never gets one.
func (a *Activities) VoidOrder(ctx context.Context, order string) error {
	return a.Airline.Void(ctx, order)
}

// Capture takes the money.
func (a *Activities) Capture(ctx context.Context, order, reference string) error {
	return a.Farebook.Capture(ctx, order, reference)
}

// Cancel lets the money go.
func (a *Activities) Cancel(ctx context.Context, order, reference string) error {
	return a.Farebook.Cancel(ctx, order, reference)
}
