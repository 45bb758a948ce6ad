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
	// Confirmed: a later attempt went through before the mail about a decline could be sent.
	Confirmed bool
	// Letter is what the mail says beside the booking: amounts, states and ids of when it was written.
	Letter booking.Letter
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
		Price:   words.price(c.Amount, c.Customer.Locale),
		Departs: words.moment(c.Flight.DepartsAt),
		Arrives: words.moment(c.Flight.ArrivesAt),
		Hold:    words.moment(c.HoldExpiresAt.UTC()) + words.utc,
		Reason:  words.reasons[family(c.DeclineCode, c.Payable)],
		Dir:     words.direction,
	}
	folder := "templates/" + string(c.Customer.Locale) + "/"
	plain, err := texttemplate.New("").Funcs(texttemplate.FuncMap{"isolate": words.isolate}).
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
