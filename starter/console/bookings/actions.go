package bookings

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/money"
	"farebook/starter/console/caller"
	"farebook/starter/console/page"
)

// tell reads the story of the booking in the URL.
func tell(r *page.Request) (of told, err error) {
	err = r.API.Get(r.Context(), apiPath(r.PathValue("reference"))+"/story", nil, &of)
	return of, err
}

func showStory(r *page.Request) (templ.Component, error) {
	of, err := tell(r)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("bookings.story.title", "Reference", of.Reference), story(r, of)), nil
}

// scopes are what each action needs.
var scopes = map[string]access.Scope{
	"refund": access.RefundsWrite, "cancel": access.BookingsWrite, "capture": access.BookingsWrite, "resend": access.OperationsWrite,
}

// may reports whether the person's role allows an action on every client's bookings.
func may(r *page.Request, action string) bool {
	return r.Person.May(scopes[action]) && r.Person.May(access.OperationsWrite)
}

func showRefundForm(r *page.Request) (templ.Component, error) {
	of, err := tell(r)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("bookings.refund.title", "Reference", of.Reference), refundForm(r, of)), nil
}

// refund asks for a refund of the amount that was typed twice, in major units.
func refund(r *page.Request) (string, error) {
	of, err := tell(r)
	if err != nil {
		return "", err
	}
	amount, err := typed(r, of.Figures.Refundable.Currency)
	if err != nil {
		return "", err
	}
	body := map[string]any{"amount": amount, "reason": r.Field("reason")}
	if note := r.Field("note"); note != "" {
		body["note"] = note
	}
	if of.Payment != nil {
		body["payment"] = of.Payment.PaymentIntentID // the figures on the page are this payment's
	}
	err = r.API.Send(r.Context(), http.MethodPost, apiPath(of.Reference)+"/refunds", r.Key(), body, nil)
	return storyPath(of.Reference) + "?done=refund", err
}

// typed reads an amount in major units, which is typed a second time to confirm it.
func typed(r *page.Request, currency money.Currency) (money.Money, error) {
	amount, err := money.ParseDecimal(r.Field("amount.value"), currency)
	if err != nil || amount.Value < 1 {
		return money.Money{}, caller.RefusedField("amount.value", r.T("bookings.wrong.amount", "Currency", string(currency)))
	}
	again, err := money.ParseDecimal(r.Field("confirm"), currency)
	if err != nil || again != amount {
		return money.Money{}, caller.RefusedField("confirm", r.T("bookings.wrong.confirm"))
	}
	return amount, nil
}

// quote is what a cancellation would refund now.
type quote struct {
	Refund, Kept         money.Money
	Percent              int
	HoursBeforeDeparture int
	Explanation          string
}

func showCancelForm(r *page.Request) (templ.Component, error) {
	of, err := tell(r)
	if err != nil {
		return nil, err
	}
	var quoted *quote
	if of.paid() && of.allows("cancel") {
		quoted = &quote{}
		if err := r.API.Get(r.Context(), apiPath(of.Reference)+"/cancellation-quote", nil, quoted); err != nil {
			return nil, err
		}
	}
	return r.Page(r.T("bookings.cancel.title", "Reference", of.Reference), cancelForm(r, of, quoted)), nil
}

// cancel cancels a booking; a paid one only for the refund that the form has shown.
func cancel(r *page.Request) (string, error) {
	reference := r.PathValue("reference")
	body := map[string]any{}
	if expected := r.Field("expectedRefund.value"); expected != "" {
		value, err := strconv.ParseInt(expected, 10, 64)
		if err != nil {
			return "", caller.RefusedField("expectedRefund.value", r.T("bookings.wrong.form"))
		}
		body["expectedRefund"] = money.Money{Value: value, Currency: money.Currency(r.Field("expectedRefund.currency"))}
	}
	err := r.API.Send(r.Context(), http.MethodPost, apiPath(reference)+"/cancel", r.Key(), body, nil)
	return storyPath(reference) + "?done=cancel", err
}

func showCaptureForm(r *page.Request) (templ.Component, error) {
	of, err := tell(r)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("bookings.capture.title", "Reference", of.Reference), captureForm(r, of)), nil
}

// capture takes the amount that was typed twice; the rest of the authorisation is released.
func capture(r *page.Request) (string, error) {
	of, err := tell(r)
	if err != nil {
		return "", err
	}
	amount, err := typed(r, of.Amount.Currency)
	if err != nil {
		return "", err
	}
	err = r.API.Send(r.Context(), http.MethodPost, apiPath(of.Reference)+"/capture", r.Key(), map[string]any{"amount": amount}, nil)
	return storyPath(of.Reference) + "?done=capture", err
}

// resend sends one of the booking's emails again.
func resend(r *page.Request) (string, error) {
	number, err := strconv.ParseUint(r.Field("email"), 10, 63)
	if err != nil {
		return "", caller.RefusedField("email", r.T("bookings.wrong.form"))
	}
	err = r.API.Send(r.Context(), http.MethodPost, "/v1/emails/"+strconv.FormatUint(number, 10)+"/resend", r.Key(), nil, nil)
	return storyPath(r.PathValue("reference")) + "?done=resend", err
}

// paid reports whether money was captured.
func (t told) paid() bool { return t.Figures.Captured.Value > 0 }

func (t told) allows(name string) bool {
	for _, a := range t.Actions {
		if a.Action == name {
			return a.Allowed
		}
	}
	return false
}
