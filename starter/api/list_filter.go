package api

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/store"
)

// ListFilters narrow a list of bookings, refunds or disputes. They are exported because huma ignores unexported embedded types.
type ListFilters struct {
	TimeFilters
	AmountFilters
	Q             string `query:"q" maxLength:"64" doc:"A booking's reference, a refund's id, or an id of Stripe's (pi_, ch_, re_, dp_, du_, po_, evt_). Lists what it names, and ignores all filters." example:"FB-7K2M9QXA"`
	PaymentIntent string `query:"paymentIntent" pattern:"^pi_[A-Za-z0-9_]{1,61}$" doc:"Of the booking." example:"pi_3PabcDEF"`
	Charge        string `query:"charge" pattern:"^(ch|py)_[A-Za-z0-9_]{1,61}$" doc:"Of the booking." example:"ch_3PabcDEF"`
	Email         string `query:"email" doc:"The customer's whole address; letters match in both cases." example:"layla@example.com"`
	Flight        string `query:"flight" pattern:"^[A-Z0-9]{2}[0-9]{1,4}[A-Z]?$" doc:"The number of the booking's flight." example:"EK2"`
	Attention     string `query:"attention" enum:"open" doc:"Only where an operator has to examine the booking."`
}

// wrong collects errors of query parameters.
type wrong []*huma.ErrorDetail

// add reports a parameter, without the value that was sent, which may be personal.
func (w *wrong) add(parameter, message string) {
	*w = append(*w, &huma.ErrorDetail{Location: "query." + parameter, Message: message})
}

// problem is a 422 with each error; nil without one.
func (w *wrong) problem(ctx context.Context) error {
	if len(*w) == 0 {
		return nil
	}
	return invalid(ctx, *w...)
}

// filter adds the filters to those that one list has.
func (in ListFilters) filter(f store.ListFilter) (store.ListFilter, []*huma.ErrorDetail) {
	var w wrong
	f.PaymentIntentID, f.ChargeID, f.Email, f.Flight = in.PaymentIntent, in.Charge, in.Email, in.Flight
	f.Attention, f.Amount = in.Attention != "", in.amounts(&w)
	f.Named = w.named(in.Q)
	f.From, f.To = w.times(in.From, in.To)
	if in.Email != "" && !isAddress(in.Email) {
		w.add("email", "is no email address: send the whole address, such as layla@example.com")
	}
	return f, w
}

// ownerOf is whose rows a caller lists: nil for every client's.
func ownerOf(ctx context.Context) *store.Owner {
	caller := callerOf(ctx)
	if caller.Scopes.Has(access.OperationsRead) {
		return nil
	}
	return &caller.Owner
}

// stripeID is an id of an object that a list can be searched for.
var stripeID = regexp.MustCompile(`^(pi|ch|py|re|pyr|dp|du|po|evt)_[A-Za-z0-9_]{1,58}$`)

func (w *wrong) named(q string) string {
	_, notReference := booking.ParseReference(q)
	_, notRefund := booking.ParseRefundID(q)
	if q != "" && notReference != nil && notRefund != nil && !stripeID.MatchString(q) {
		w.add("q", "is no reference or id: send FB- or RF- with eight capital letters or digits, or an id that begins with pi_, ch_, re_, dp_, "+
			"du_, po_ or evt_")
	}
	return q
}

// times reads a range whose ends huma has checked the form of.
func (w *wrong) times(from, to string) (start, end time.Time) {
	read := func(name, text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || at.Year() < 1000 || at.Year() > 9999 {
			w.add(name, "is no time: send RFC 3339 with an offset, such as 2026-11-01T00:00:00Z, with a + as %2B")
		}
		return at.UTC()
	}
	start, end = read("from", from), read("to", to)
	if !start.IsZero() && !end.IsZero() && !start.Before(end) {
		w.add("to", "is not after from: send a later time, or leave one of them out")
	}
	return start, end
}

func (w *wrong) amounts(r store.AmountRange) {
	if r.Currency == "" && (r.Min != 0 || r.Max != 0) {
		w.add("currency", "is missing: send the currency of the amounts, such as USD")
	}
	if r.Max != 0 && r.Max < r.Min {
		w.add("amountTo", "is below amountFrom: send the larger amount here")
	}
}

// isAddress is a rough check: an address that nobody has is not in the books.
func isAddress(text string) bool {
	name, host, found := strings.Cut(text, "@")
	return found && name != "" && host != "" && len(text) <= maxAddress && strings.ToValidUTF8(text, "") == text
}

// maxAddress is the length of an address in bytes.
const maxAddress = 254
