package paypage

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
	"farebook/store"
)

// shown is what a page shows of a booking.
type shown struct {
	*visit
	state  state
	reason string
	// returnURL is where the shop wants its traveller back; empty for nowhere.
	returnURL      string
	publishableKey string
	scriptURL      string
	live           bool
}

// link is the path of something below the page, in the language of the page.
func (p *shown) link(below string) string { return p.path(below) + "?lang=" + string(p.texts.Locale()) }

// price is the amount as people read it.
func (p *shown) price() string { return p.texts.Price(p.known.Amount) }

// bookingReference is the booking that the traveller knows: that of a further payment is the one that it is paid for.
func (p *shown) bookingReference() booking.Reference {
	if of := p.known.Supplement; of != nil {
		return of.Of
	}
	return p.known.Reference
}

// milliseconds is a time for the page's script.
func milliseconds(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

func (s *site) show(v *visit) *shown {
	return &shown{visit: v, state: v.state(), publishableKey: s.PublishableKey, scriptURL: s.ScriptURL, live: s.Live}
}

func (s *site) showPage(w http.ResponseWriter, v *visit) {
	page := s.show(v)
	if page.state == stateDeclined {
		page.reason = v.texts.Reason(v.known.Payment.DeclineCode)
	}
	back, err := s.Store.ReturnURLOf(v.Context(), v.known)
	if err != nil { // the page is worth more than the way back
		s.Log.WarnContext(v.Context(), "return URL not read", "error", err)
	}
	page.returnURL = back
	s.render(w, v.Request, http.StatusOK, payPage(page))
}

// receipt is what the receipt says beside the booking.
type receipt struct {
	paid, refunded money.Money
	paidAt         time.Time // zero when the books have no confirmation, as for imported bookings
	payment        string
}

func (s *site) showReceipt(w http.ResponseWriter, v *visit) {
	page := s.show(v)
	payment := v.known.Payment
	if payment == nil || payment.AmountCaptured == 0 {
		s.render(w, v.Request, http.StatusNotFound, message(v.texts, v.path("/receipt"), "notpaid"))
		return
	}
	emails, err := s.Store.EmailsOf(v.Context(), v.known.ID)
	if err != nil {
		s.Log.ErrorContext(v.Context(), "receipt not read", "error", err)
		s.showNoPage(w, v.Request, http.StatusServiceUnavailable)
		return
	}
	s.render(w, v.Request, http.StatusOK, receiptPage(page, receipt{
		paid:     money.Money{Value: payment.AmountCaptured, Currency: payment.Amount.Currency},
		refunded: money.Money{Value: payment.AmountRefunded, Currency: payment.Amount.Currency},
		paidAt:   paidAt(emails), payment: payment.PaymentIntentID,
	}))
}

// paidAt is the time of the receipt in the confirmation, so that page and email agree.
func paidAt(emails []store.Email) time.Time {
	for _, email := range emails {
		if email.Kind == notice.Confirmed && email.Notice.Receipt != nil {
			return email.Notice.Receipt.PaidAt
		}
	}
	return time.Time{}
}

// refusals are the texts of what is shown instead of the page.
var refusals = map[int]string{
	http.StatusNotFound: "notfound", http.StatusGone: "gone", http.StatusServiceUnavailable: "unavailable",
}

// showNoPage is what somebody sees whose link shows nothing.
func (s *site) showNoPage(w http.ResponseWriter, r *http.Request, status int) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	s.render(w, r, status, message(textsIn(preferred(r)), r.URL.Path, refusals[status]))
}

// render writes a page. It is rendered whole before, so that a fault is answered as one.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) {
	var body bytes.Buffer
	if err := page.Render(r.Context(), &body); err != nil {
		s.Log.ErrorContext(r.Context(), "payment page not rendered", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser may have gone
}
