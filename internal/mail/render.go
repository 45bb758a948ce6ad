package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"regexp"
	"strings"
	"sync"
	texttemplate "text/template"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
)

//go:embed templates
var files embed.FS

// Content is the data of one email.
type Content = notice.Email

// view is the data of the templates, with every text in the customer's language.
type view struct {
	Content
	Price   string
	Departs string
	Arrives string
	Hold    string
	Reason  string            // why a payment failed
	Booking booking.Reference // the email's own, or that of the booking that a further payment is of
	For     string            // what a further payment is for; empty if nobody knows
	Rows    []row             // the table of amounts
	Dir     string
}

// LanguageOf returns the language of an email. Emails to the finance department and to owners of webhook endpoints are in English.
func LanguageOf(c Content) money.Locale {
	_, known := languages[c.Customer.Locale]
	if !known || c.Kind.Audience() != notice.ToCustomer {
		return money.LocaleEN
	}
	return c.Customer.Locale
}

// ErrEmptied says that an email has no text, because its content is not kept any more.
var ErrEmptied = errors.New("the content of this email is not kept any more")

// Render returns an email's subject, plain text and HTML.
func Render(c Content) (subject, text, html string, err error) {
	if c.Notice.Emptied {
		return "", "", "", ErrEmptied
	}
	c.Customer.Locale = LanguageOf(c)
	words := languages[c.Customer.Locale]
	forms, err := templatesOf(templatesKey{c.Customer.Locale, c.Kind, c.Supplement != nil && c.Kind.AboutPayment()})
	if err != nil {
		return "", "", "", fmt.Errorf("email of kind %q: %w", c.Kind, err)
	}
	v := view{
		Content: c,
		Price:   words.price(received(c), c.Customer.Locale),
		Departs: words.moment(c.Flight.DepartsAt),
		Arrives: words.moment(c.Flight.ArrivesAt),
		Hold:    words.moment(c.HoldExpiresAt.UTC()) + words.utc,
		Reason:  words.reasons[family(c.DeclineCode, c.Payable || c.Confirmed)],
		Booking: c.Reference,
		For:     words.purpose(c.Supplement),
		Rows:    words.rows(c),
		Dir:     words.direction,
	}
	if c.Supplement != nil {
		v.Booking = c.Supplement.Of
	}
	var s, t, h strings.Builder
	for _, err := range []error{
		forms.plain.ExecuteTemplate(&s, "subject", v), forms.plain.ExecuteTemplate(&t, "text", v), forms.rich.ExecuteTemplate(&h, "layout", v),
	} {
		if err != nil {
			return "", "", "", fmt.Errorf("email of kind %q: %w", c.Kind, err)
		}
	}
	return oneStop(strings.TrimSpace(s.String())), oneStop(strings.TrimLeft(t.String(), "\n")), oneStop(h.String()), nil
}

// twoStops matches a full stop after an abbreviation that already ends in one, with only direction marks or the end of an
// element between them: Arabic writes the dinar د.ك. and the dirham د.إ.
var twoStops = regexp.MustCompile(`\.([\x{200e}\x{200f}\x{2066}-\x{2069}]+|[\x{200e}\x{200f}]*</bdi>)\.`)

// oneStop removes the full stop of a sentence that ends in an abbreviation with its own full stop.
func oneStop(text string) string { return twoStops.ReplaceAllString(text, ".$1") }

// received returns the amount that an email is about: the booking's, or what was captured if that is less.
func received(c Content) money.Money {
	if c.Notice.Receipt != nil {
		return c.Notice.Receipt.Paid
	}
	return c.Amount
}

// templates are those of one kind of email in one language.
type templates struct {
	plain *texttemplate.Template
	rich  *htmltemplate.Template
}

type templatesKey struct {
	locale     money.Locale
	kind       notice.Kind
	supplement bool // about the payment of a further payment
}

// parsed caches parsed templates (templatesKey to templates): parsing takes longer than the rest of rendering.
var parsed sync.Map // of templatesKey to templates

func templatesOf(key templatesKey) (templates, error) {
	if known, found := parsed.Load(key); found {
		return known.(templates), nil
	}
	fresh, err := parse(key)
	if err == nil {
		parsed.Store(key, fresh)
	}
	return fresh, err
}

func parse(key templatesKey) (templates, error) {
	words := languages[key.locale]
	helpers := map[string]any{
		"isolate": words.isolate,
		"price": func(amount money.Money) (string, error) {
			if amount.Currency == "" {
				return "", errors.New("an amount of the email is missing")
			}
			return words.price(amount, key.locale), nil
		},
		"hours":   words.hours,
		"at":      financeTime,
		"earlier": func(quote *notice.QuoteContent) bool { return countsEarlier(*quote) },
	}
	text, html := key.files()
	plain, err := texttemplate.New("").Funcs(helpers).ParseFS(files, text...)
	if err != nil {
		return templates{}, err
	}
	rich, err := htmltemplate.New("").Funcs(helpers).ParseFS(files, html...)
	return templates{plain, rich}, err
}

// files are the templates of the plain text and of the HTML. Emails to finance, and those about a further payment, are a letter with parts
// that both share.
func (k templatesKey) files() (text, html []string) {
	folder := "templates/" + string(k.locale) + "/"
	switch {
	case k.kind.Audience() != notice.ToCustomer:
		about := "templates/finance/" + string(k.kind) + ".txt"
		return []string{"templates/finance/letter.txt", about, "templates/amounts.txt"},
			[]string{"templates/layout.html", "templates/finance/letter.html", about, "templates/amounts.html"}
	case k.supplement:
		about := folder + "supplement.txt"
		return []string{"templates/supplement.txt", about, folder + "flight.txt", "templates/amounts.txt"},
			[]string{"templates/layout.html", "templates/supplement.html", about, folder + "flight.html", "templates/amounts.html"}
	}
	return []string{folder + string(k.kind) + ".txt", folder + "flight.txt", "templates/amounts.txt"},
		[]string{"templates/layout.html", folder + string(k.kind) + ".html", folder + "flight.html", "templates/amounts.html"}
}
