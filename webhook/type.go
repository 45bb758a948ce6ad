// Package webhook defines the events that Farebook sends to the webhook endpoints of its clients: their types, versions and payloads, and
// the signing secrets. Payloads have ids, states and amounts, and no personal data. It imports booking and money, and does no I/O.
package webhook

import "slices"

// Type is the type of an event.
type Type string

// The types. Each is sent once for an object, or once for each state that it names.
const (
	BookingConfirmed          Type = "booking.confirmed"
	BookingExpired            Type = "booking.expired"
	BookingCancelled          Type = "booking.cancelled"
	BookingPaymentFailed      Type = "booking.payment_failed"
	PaymentAuthorized         Type = "payment.authorized"
	RefundSucceeded           Type = "refund.succeeded"
	RefundFailed              Type = "refund.failed"
	DisputeOpened             Type = "dispute.opened"
	DisputeClosed             Type = "dispute.closed"
	PayoutPaid                Type = "payout.paid"
	ReconciliationDifferences Type = "reconciliation.differences"
	// Test is sent on request, to any endpoint; nobody subscribes to it.
	Test Type = "test"
)

// Version is the version of every payload below. A change that a receiver would have to adapt to raises it, and the earlier payload is sent
// to the endpoints that were made with it.
const Version = 1

var clientTypes = []Type{
	BookingConfirmed, BookingExpired, BookingCancelled, BookingPaymentFailed, PaymentAuthorized, RefundSucceeded, RefundFailed, DisputeOpened,
	DisputeClosed,
}

// operationsTypes are about no client's booking: only a client whose key has the scope operations:read gets them.
var operationsTypes = []Type{PayoutPaid, ReconciliationDifferences}

// ClientTypes are the types about a client's own bookings.
func ClientTypes() []Type { return slices.Clone(clientTypes) }

// OperationsTypes are the types about no client's booking.
func OperationsTypes() []Type { return slices.Clone(operationsTypes) }

// Types are the types that an endpoint can subscribe to.
func Types() []Type { return slices.Concat(clientTypes, operationsTypes) }

// Names are types as text.
func Names(types []Type) []string {
	names := make([]string, len(types))
	for i, one := range types {
		names[i] = string(one)
	}
	return names
}

// ForOperations reports whether the type is about no client's booking.
func (t Type) ForOperations() bool { return slices.Contains(operationsTypes, t) }

// Known reports whether an endpoint can subscribe to the type.
func (t Type) Known() bool { return slices.Contains(Types(), t) }
