// Package rebuild restores what a restored database has lost: bookings from PaymentIntents with our metadata, and refunds,
// disputes and payouts through their workflows, which read each at Stripe and record it as usual. It only reads from Stripe.
// `starter rebuild` is its only caller. It imports store, starter/dispatch, workflows, internal/, access and the vocabulary.
package rebuild

import (
	"context"
	"slices"
	"time"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/store"
)

// Rebuilder makes plans and applies them.
type Rebuilder struct {
	Store    *store.Store
	Stripe   *stripeapi.Client
	Dispatch *dispatch.Client
	// Revenue is how bookings are posted that come back: Stripe does not have what it was.
	Revenue booking.RevenueRules
}

const (
	// skew widens a search by creation time, because Stripe's clock and ours differ.
	skew = 10 * time.Minute
	// before is how long before the fence a search starts at the latest. Bookings may have been taken between the restore and the fence,
	// so the newest booking does not date the backup.
	before = 24 * time.Hour
)

// Since returns the time from which the database may miss objects of Stripe's, while a fence is up.
func (r *Rebuilder) Since(ctx context.Context, fence store.Fence) (time.Time, error) {
	newest, err := r.Store.Newest(ctx)
	since := fence.RaisedAt.Add(-before)
	if !newest.At.IsZero() && newest.At.Before(since) {
		since = newest.At
	}
	return since.Add(-skew), err
}

// LeftOut counts the PaymentIntents that a plan leaves out, because no client in the database owns their bookings.
type LeftOut struct {
	Unowned     int      // without a client in their metadata: of an older release or of other software
	Orphaned    int      // with a client that the database has lost too
	LostClients []string // the clients of the orphaned ones: cl_...
}

// Lost lists the objects that Stripe created since a time and that the database does not have. clientID becomes the owner of bookings
// whose PaymentIntent names no client or an unknown one; if it is empty, they are left out.
func (r *Rebuilder) Lost(ctx context.Context, since time.Time, clientID string) (items []store.RebuildItem, left LeftOut, err error) {
	installation, err := r.Store.Installation(ctx)
	if err != nil {
		return nil, LeftOut{}, err
	}
	until := r.Store.Now().Add(skew)
	bookings, err := r.lostBookings(ctx, installation.ID, since, until)
	if err != nil {
		return nil, LeftOut{}, err
	}
	items, left, err = r.assignOwners(ctx, bookings, clientID)
	if err != nil {
		return nil, LeftOut{}, err
	}
	rebuilt := map[string]booking.Reference{} // by PaymentIntent
	for _, item := range items {
		rebuilt[item.PaymentIntentID] = item.Reference
	}
	window := reconciliation.Window{From: since.Truncate(time.Second), To: until.Truncate(time.Second)}
	for _, kind := range []struct {
		kind   store.RebuildKind
		object reconciliation.Object
	}{
		{store.RebuildRefund, reconciliation.ObjectRefund},
		{store.RebuildDispute, reconciliation.ObjectDispute},
		{store.RebuildPayout, reconciliation.ObjectPayout},
	} {
		lost, err := r.lostObjects(ctx, kind.kind, kind.object, window, rebuilt)
		if err != nil {
			return nil, LeftOut{}, err
		}
		items = append(items, lost...)
	}
	return items, left, nil
}

// assignOwners sets the owner of each booking: the client that its PaymentIntent names, or clientID where that client is missing from the
// metadata or the database. It never replaces a known client. A booking without an owner is left out.
func (r *Rebuilder) assignOwners(ctx context.Context, bookings []store.RebuildItem,
	clientID string,
) (items []store.RebuildItem, left LeftOut, err error) {
	var named []string
	for _, item := range bookings {
		if item.Booking.ClientID != "" {
			named = append(named, item.Booking.ClientID)
		}
	}
	known, err := r.Store.KnownClients(ctx, named)
	if err != nil {
		return nil, LeftOut{}, err
	}
	for _, item := range bookings {
		owner := item.Booking.ClientID
		switch {
		case known[owner]:
		case clientID != "":
			item.Booking.LostClientID, item.Booking.ClientID = owner, clientID
		case owner == "":
			left.Unowned++
			continue
		default:
			left.Orphaned++
			left.LostClients = append(left.LostClients, owner)
			continue
		}
		items = append(items, item)
	}
	slices.Sort(left.LostClients)
	left.LostClients = slices.Compact(left.LostClients)
	return items, left, nil
}

// lostBookings lists the PaymentIntents with our metadata of which the database has neither the reference nor the id.
func (r *Rebuilder) lostBookings(ctx context.Context, installationID string, since,
	until time.Time,
) (items []store.RebuildItem, err error) {
	for after := ""; ; {
		page, err := r.Stripe.PaymentIntentsPage(ctx, since, until, after)
		if err != nil {
			return nil, err
		}
		ours := page.Ours(installationID, true)
		named := make([]store.NamedPayment, len(ours))
		for i, payment := range ours {
			named[i] = store.NamedPayment{PaymentIntentID: payment.PaymentIntentID, Reference: payment.Reference}
		}
		unknown, err := r.Store.UnknownPayments(ctx, named)
		if err != nil {
			return nil, err
		}
		for _, lost := range unknown {
			for _, payment := range ours {
				if payment.PaymentIntentID == lost.PaymentIntentID {
					items = append(items, bookingItem(payment))
				}
			}
		}
		if after = page.Next; after == "" {
			return oldestFirst(items), nil
		}
	}
}

func bookingItem(payment stripeapi.OurPayment) store.RebuildItem {
	return store.RebuildItem{
		Kind: store.RebuildBooking, StripeID: payment.PaymentIntentID, PaymentIntentID: payment.PaymentIntentID, Reference: payment.Reference,
		Amount: money.Money{Value: payment.Amount, Currency: payment.Currency}, StripeStatus: payment.StripeStatus, Created: payment.Created,
		Booking: store.LostBooking{
			ClientID: payment.ClientID, RequestKey: payment.RequestKey, CorrelationID: payment.CorrelationID, Capture: payment.Capture,
			Methods: payment.Methods, SupplementOf: payment.SupplementOf,
		},
	}
}

// oldestFirst reverses a list of Stripe's and keeps one PaymentIntent of each booking: the paid one, or else the first. Nobody could pay
// the others, because no client received their secrets.
func oldestFirst(items []store.RebuildItem) []store.RebuildItem {
	turned := make([]store.RebuildItem, 0, len(items))
	seen := map[booking.Reference]int{}
	for i := len(items) - 1; i >= 0; i-- {
		at, twin := seen[items[i].Reference]
		switch {
		case !twin:
			seen[items[i].Reference] = len(turned)
			turned = append(turned, items[i])
		case items[i].StripeStatus == "succeeded": // the paid one
			turned[at] = items[i]
		}
	}
	return turned
}

// lostObjects lists refunds and disputes of our payments, and payouts.
func (r *Rebuilder) lostObjects(
	ctx context.Context, kind store.RebuildKind, object reconciliation.Object, window reconciliation.Window,
	rebuilt map[string]booking.Reference,
) (items []store.RebuildItem, err error) {
	after := ""
	for more := true; more; {
		var states []stripeapi.ObjectState
		states, more, err = r.Stripe.States(ctx, object, window, after, true)
		if err != nil || len(states) == 0 {
			return items, err
		}
		after = states[len(states)-1].ID
		ids := make([]string, len(states))
		for i, state := range states {
			ids[i] = state.ID
		}
		known, err := r.Store.StatesOf(ctx, object, ids)
		if err != nil {
			return nil, err
		}
		for _, state := range states {
			_, is := known[state.ID]
			if is || state.Uncaptured {
				continue
			}
			reference, ours, err := r.paidBooking(ctx, state.PaymentIntentID, rebuilt)
			if err != nil {
				return nil, err
			}
			if !ours && object != reconciliation.ObjectPayout {
				continue
			}
			items = append(items, store.RebuildItem{
				Kind: kind, StripeID: state.ID, PaymentIntentID: state.PaymentIntentID, Reference: reference, StripeStatus: state.Status,
				Created: state.Created,
			})
		}
	}
	return items, nil
}

// paidBooking returns the booking of a PaymentIntent, from the database or from the plan.
func (r *Rebuilder) paidBooking(ctx context.Context, paymentIntentID string,
	rebuilt map[string]booking.Reference,
) (booking.Reference, bool, error) {
	if reference, is := rebuilt[paymentIntentID]; is {
		return reference, true, nil
	}
	if paymentIntentID == "" {
		return "", false, nil
	}
	known, err := r.Store.BookingOfPayment(ctx, paymentIntentID)
	if notFound(err) {
		return "", false, nil
	}
	return known.Reference, err == nil, err
}
