package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
	"time"

	"farebook/booking"
)

//go:embed templates
var files embed.FS

// Content is what a mail is made of.
type Content struct {
	Kind          booking.EmailKind
	Reference     booking.Reference
	Customer      booking.Customer
	Flight        booking.Flight
	Amount        booking.Money
	HoldExpiresAt time.Time
	DeclineCode   string
	// Payable: after a failed payment, the customer may try again until the hold ends.
	Payable bool
}

// view is what the templates see: everything in the customer's language already.
type view struct {
	Content
	Price   string
	Departs string
	Arrives string
	Hold    string
	Reason  string // why a payment failed
	Dir     string
}

// Render writes a mail's subject, text and HTML.
func Render(c Content) (subject, text, html string, err error) {
	words, known := languages[c.Customer.Locale]
	if !known {
		words, c.Customer.Locale = languages[booking.LocaleEN], booking.LocaleEN
	}
	v := view{
		Content: c,
		Price:   c.Amount.Format(c.Customer.Locale),
		Departs: words.moment(c.Flight.DepartsAt),
		Arrives: words.moment(c.Flight.ArrivesAt),
		Hold:    words.moment(c.HoldExpiresAt.UTC()) + " UTC",
		Reason:  words.reason(c.DeclineCode),
		Dir:     words.direction,
	}
	folder := "templates/" + string(c.Customer.Locale) + "/"
	plain, err := texttemplate.New("").Funcs(texttemplate.FuncMap{"ltr": isolate}).
		ParseFS(files, folder+string(c.Kind)+".txt", folder+"flight.txt")
	if err != nil {
		return "", "", "", fmt.Errorf("mail of kind %q: %w", c.Kind, err)
	}
	rich, err := htmltemplate.ParseFS(files, "templates/layout.html", folder+string(c.Kind)+".html", folder+"flight.html")
	if err != nil {
		return "", "", "", fmt.Errorf("mail of kind %q: %w", c.Kind, err)
	}
	var s, t, h strings.Builder
	for _, err := range []error{
		plain.ExecuteTemplate(&s, "subject", v), plain.ExecuteTemplate(&t, "text", v), rich.ExecuteTemplate(&h, "layout", v),
	} {
		if err != nil {
			return "", "", "", fmt.Errorf("mail of kind %q: %w", c.Kind, err)
		}
	}
	return strings.TrimSpace(s.String()), strings.TrimLeft(t.String(), "\n"), h.String(), nil
}

// isolate keeps a run of Latin letters together within right-to-left text (Unicode's first-strong isolate).
func isolate(text any) string { return "\u2068" + fmt.Sprint(text) + "\u2069" }

// language is what a language needs beside its templates.
type language struct {
	direction string
	months    [12]string
	clock     string // how a moment is put together: day, month, year, time
	reasons   map[string]string
	otherwise string
}

func (l language) moment(at time.Time) string {
	return fmt.Sprintf(l.clock, at.Day(), l.months[at.Month()-1], at.Year(), at.Format("15:04"))
}

func (l language) reason(code string) string {
	if text, known := l.reasons[family(code)]; known {
		return text
	}
	return l.otherwise
}

// family gathers Stripe's decline codes by what the customer can do (stripe.com/docs/declines/codes). A stolen or lost
// card is not told apart: whoever uses it should not learn that it was reported.
func family(code string) string {
	switch code {
	case "insufficient_funds", "withdrawal_count_limit_exceeded", "card_velocity_exceeded":
		return "funds"
	case "expired_card", "incorrect_cvc", "incorrect_number", "incorrect_zip", "invalid_cvc", "invalid_expiry_year", "invalid_number":
		return "details"
	case "authentication_required", "payment_intent_authentication_failure":
		return "authentication"
	case "processing_error", "issuer_not_available", "try_again_later", "reenter_transaction":
		return "later"
	case "stripe_unreachable":
		return "unreachable"
	default:
		return ""
	}
}
