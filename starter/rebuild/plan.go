// Package rebuild brings back what the books have lost with a restore of the database: bookings from PaymentIntents with our metadata,
// and refunds, disputes and payouts by their own workflows, which read each at Stripe and record it as ever. Nothing is asked of
// Stripe but to be read.
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
}

const (
	// skew widens a search by creation time, as Stripe's clock is not ours.
	skew = 10 * time.Minute
	// before is how long before the fence a search begins at the latest: bookings may have been taken after the restore and before
	// the fence, so that the newest one does not say when the backup was made.
	before = 24 * time.Hour
)

// Since is from when on the books may lack what Stripe has, while a fence is up.
func (r *Rebuilder) Since(ctx context.Context, fence store.Fence) (time.Time, error) {
	newest, err := r.Store.Newest(ctx)
	since := fence.RaisedAt.Add(-before)
	if !newest.At.IsZero() && newest.At.Before(since) {
		since = newest.At
	}
	return since.Add(-skew), err
}

// LeftOut counts PaymentIntents that are not planned, because nobody in the books owns their bookings.
type LeftOut struct {
	Unowned     int      // name no client: of an older release, or somebody else's on the account
	Orphaned    int      // name a client that the books have lost as well
	LostClients []string // whom the orphaned name: cl_...
}

// Lost lists what Stripe has made since, and the books do not know. clientID owns bookings whose PaymentIntent names no client, or one
// that the books do not have; without it they are left out.
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
	items, left, err = r.own(ctx, bookings, clientID)
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
	}{{store.RebuildRefund, reconciliation.ObjectRefund}, {store.RebuildDispute, reconciliation.ObjectDispute}, {store.RebuildPayout, reconciliation.ObjectPayout}} {
		lost, err := r.lostObjects(ctx, kind.kind, kind.object, window, rebuilt)
		if err != nil {
			return nil, LeftOut{}, err
		}
		items = append(items, lost...)
	}
	return items, left, nil
}

// own gives each booking its owner: the client that its PaymentIntent names, or clientID where it names none or one that was lost. A
// client that the books have is never replaced. What has no owner then is left out.
func (r *Rebuilder) own(ctx context.Context, bookings []store.RebuildItem, clientID string) (items []store.RebuildItem, left LeftOut, err error) {
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

// lostBookings are those of PaymentIntents with our metadata that the books know neither by reference nor by id.
func (r *Rebuilder) lostBookings(ctx context.Context, installationID string, since, until time.Time) (items []store.RebuildItem, err error) {
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
			ClientID: payment.ClientID, RequestKey: payment.RequestKey, CorrelationID: payment.CorrelationID, Capture: payment.Capture, Methods: payment.Methods,
		},
	}
}

// oldestFirst turns a list of Stripe's round, and keeps the first PaymentIntent of a booking: others are twins, which nobody could pay.
func oldestFirst(items []store.RebuildItem) []store.RebuildItem {
	turned := make([]store.RebuildItem, 0, len(items))
	seen := map[booking.Reference]int{}
	for i := len(items) - 1; i >= 0; i-- {
		at, twin := seen[items[i].Reference]
		switch {
		case !twin:
			seen[items[i].Reference] = len(turned)
			turned = append(turned, items[i])
		case items[i].StripeStatus == "succeeded": // the one with the money
			turned[at] = items[i]
		}
	}
	return turned
}

// lostObjects are refunds and disputes of payments that are ours, and payouts.
func (r *Rebuilder) lostObjects(
	ctx context.Context, kind store.RebuildKind, object reconciliation.Object, window reconciliation.Window, rebuilt map[string]booking.Reference,
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
				Kind: kind, StripeID: state.ID, PaymentIntentID: state.PaymentIntentID, Reference: reference, StripeStatus: state.Status, Created: state.Created,
			})
		}
	}
	return items, nil
}

// paidBooking is whose payment a PaymentIntent is: of the books, or of the plan.
func (r *Rebuilder) paidBooking(ctx context.Context, paymentIntentID string, rebuilt map[string]booking.Reference) (booking.Reference, bool, error) {
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
