package inbox

import (
	"maps"
	"slices"

	"farebook/booking"
	"farebook/internal/stripeapi"
)

// owner is the kind of workflow that handles an event.
type owner int

const (
	nobody owner = iota
	payment
	refund
	chargeRefunds
	dispute
	payout
	funds
)

// owners lists the types of which a workflow is notified; every other type is stored and acknowledged
// (stripe.com/docs/api/events/types).
var owners = map[string]owner{
	"payment_intent.succeeded":                 payment,
	"payment_intent.payment_failed":            payment,
	"payment_intent.canceled":                  payment,
	"payment_intent.processing":                payment,
	"payment_intent.requires_action":           payment,
	"payment_intent.amount_capturable_updated": payment,
	"charge.updated":                           payment,
	"charge.captured":                          payment,
	"charge.expired":                           payment,
	"refund.created":                           refund,
	"refund.updated":                           refund,
	"refund.failed":                            refund, // newer than API version 2023-10-16; endpoints may have it
	"charge.refund.updated":                    refund,
	"charge.refunded":                          chargeRefunds, // the only event of a refund at an endpoint without refund.*
	"charge.dispute.created":                   dispute,
	"charge.dispute.updated":                   dispute,
	"charge.dispute.closed":                    dispute,
	"charge.dispute.funds_withdrawn":           dispute,
	"charge.dispute.funds_reinstated":          dispute,
	"payout.created":                           payout,
	"payout.updated":                           payout,
	"payout.paid":                              payout,
	"payout.failed":                            payout,
	"payout.canceled":                          payout,
	"payout.reconciliation_completed":          payout,
	"balance.available":                        funds,
}

// Types returns, in alphabetical order, the event types that Farebook acts on: the enabled_events of a webhook endpoint at Stripe,
// which takes whole names only (stripe.com/docs/api/webhook_endpoints).
func Types() []string { return slices.Sorted(maps.Keys(owners)) }

// newer are types that Stripe sends since later API versions than 2023-10-16. An endpoint of this version cannot be asked for them
// (docs.stripe.com/changelog, 2024-10-28).
var newer = []string{"refund.failed"}

// EndpointTypes returns the Types that an endpoint of API version 2023-10-16 offers, which is what `starter stripe setup` asks for.
func EndpointTypes() []string {
	return slices.DeleteFunc(Types(), func(name string) bool { return slices.Contains(newer, name) })
}

// Subject is the object that an event concerns, as the event describes it. Ids are empty where the object has none. Metadata can be
// edited in Stripe's dashboard: its values have the right form and may still be false.
type Subject struct {
	ObjectID        string
	PaymentIntentID string // the object's own id, or that of the PaymentIntent it belongs to
	ChargeID        string // likewise
	// AmountRefunded is a charge's, in minor units; Captured is false for a charge that was only authorised. Nil where they are missing.
	AmountRefunded *int64
	Captured       *bool

	// From Farebook's metadata.
	Reference      booking.Reference
	RefundID       booking.RefundID
	CorrelationID  string
	InstallationID string // of the database that created the object; empty for an older release and for other software

	owner owner
}

func subjectOf(eventType string, object eventObject) Subject {
	s := Subject{
		ObjectID: object.ID, PaymentIntentID: object.PaymentIntent, ChargeID: object.Charge,
		AmountRefunded: object.AmountRefunded, Captured: object.Captured,
		Reference:      booking.Reference(object.Metadata[stripeapi.MetadataReference]),
		RefundID:       booking.RefundID(object.Metadata[stripeapi.MetadataRefundID]),
		CorrelationID:  object.Metadata[stripeapi.MetadataCorrelationID],
		InstallationID: object.Metadata[stripeapi.MetadataInstallation],
		owner:          owners[eventType],
	}
	switch object.Object {
	case "payment_intent":
		s.PaymentIntentID = object.ID
	case "charge":
		s.ChargeID = object.ID
	}
	return s
}
