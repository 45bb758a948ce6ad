package inbox

// The notes of events that no workflow handles, as stripe_events and `starter events` show them. store.NoteForeign and
// store.NoteReleased are two more, which the activities write as well.
const (
	noteType    = "not acted on"
	notePing    = "a ping of Stripe's: the endpoint can be reached"
	noteUnknown = "no booking with this reference"
	noteKnown   = "its refunds are known"
	noteFunds   = "refunds that wait for the balance are asked for again"

	// Of objects that name a charge and no PaymentIntent.
	noteChargeAlone = "about a charge without a PaymentIntent: not a booking's"
	noteChargeGone  = "Stripe does not have the charge that it is about"

	// Of objects whose booking is not in the books.
	noteAwaitsBooking     = "about a booking of ours that the books do not know: it is handed on once they do"
	noteOtherInstallation = "made by another installation of Farebook on the same Stripe account"
)
