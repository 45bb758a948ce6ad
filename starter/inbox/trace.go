package inbox

import "context"

// TraceParent returns the span of the request that made the booking or the refund that an event concerns, so that its webhook is recorded
// in the same trace; empty where the books know none. It reads the books only, and an error is no reason to refuse the event.
func (i *Inbox) TraceParent(ctx context.Context, e Event) string {
	subject := e.Subject
	if e.Note != "" {
		return ""
	}
	var r resolution
	var err error
	switch subject.owner {
	case refund:
		r.refund, err = i.refundOf(ctx, subject)
	case payment, chargeRefunds:
		if subject.PaymentIntentID != "" {
			r.booking, err = i.bookingOf(ctx, subject.PaymentIntentID, subject.Reference)
		}
	}
	if err != nil {
		i.Log.DebugContext(ctx, "the trace of an event is not known", "eventId", e.ID, "error", err)
		return ""
	}
	return r.traceParent(subject)
}

// traceParent is that of the refund or the booking. Each event about a dispute or a payout begins a trace: it is not part of the
// request that made a booking, which was months ago or concerns one of many bookings.
func (r resolution) traceParent(subject Subject) string {
	switch {
	case subject.owner == dispute || subject.owner == payout:
		return ""
	case r.refund != nil:
		return r.refund.TraceParent
	case r.booking != nil:
		return r.booking.TraceParent
	}
	return ""
}
