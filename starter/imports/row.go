package imports

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/validation"
)

// Row is a record with its values parsed.
type Row struct {
	Reference       string
	Client          string
	PaymentIntentID string
	// State is the state of the booking in the earlier system. It is compared with Stripe and never trusted.
	State         booking.Status
	Request       booking.Request
	TakenAt       time.Time
	HoldExpiresAt time.Time // zero when absent
	ConfirmedAt   time.Time // when the earlier system sent the confirmation; zero when absent
}

var (
	intentID         = regexp.MustCompile(`^pi_[A-Za-z0-9_]{1,60}$`)
	earlierReference = regexp.MustCompile(`^[!-~]{1,64}$`)
	wholeNumber      = regexp.MustCompile(`^[0-9]{1,18}$`)
)

// states lists the accepted values of the state column.
var states = []booking.Status{
	booking.StatusPendingPayment, booking.StatusConfirmed, booking.StatusPaymentFailed, booking.StatusExpired, booking.StatusCancelled,
	booking.StatusPartiallyRefunded, booking.StatusRefunded, booking.StatusDisputed,
}

// Read parses a record, or returns everything that is wrong with it.
func (r Record) Read(now time.Time) (Row, validation.FieldErrors) {
	if len(r.Problems) > 0 && len(r.Values) == 0 {
		return Row{}, r.Problems // the shape is wrong already
	}
	p := &parser{Record: r}
	row := Row{
		Reference: p.matching(columnReference, earlierReference, "is not a reference",
			"write up to 64 letters, digits and signs without spaces"),
		Client:          p.text(columnClient),
		PaymentIntentID: p.intent(),
		State:           p.state(),
		TakenAt:         p.time(columnTaken, true),
		HoldExpiresAt:   p.time(columnHold, false),
		ConfirmedAt:     p.time(columnConfirmed, false),
		Request: booking.Request{
			Customer: booking.Customer{
				Name: booking.PlainSpaces(p.text(columnCustomerName)), Email: p.text(columnCustomerEmail), Locale: money.LocaleEN,
			},
			Amount:    money.Money{Value: p.amount(columnAmount), Currency: money.Currency(p.text(columnCurrency))},
			Breakdown: p.breakdown(),
			Flight: booking.Flight{
				Number: p.text(columnFlight), From: p.text(columnFrom), To: p.text(columnTo),
				DepartsAt: p.time(columnDeparts, true), ArrivesAt: p.time(columnArrives, true), Passengers: p.passengers(),
			},
			HoldMinutes: booking.DefaultHoldMinutes, // not in the file: the hold ends at HoldExpiresAt
		},
	}
	if locale := p.Values[columnLocale]; locale != "" {
		row.Request.Customer.Locale = money.Locale(locale)
	}
	p.checkTimes(row, now)
	p.validate(row)
	return row, p.Problems
}

type parser struct{ Record }

// text returns a required value.
func (p *parser) text(column string) string {
	value := p.Values[column]
	if value == "" {
		p.wrong(column, "is missing", "every booking needs it")
	}
	return value
}

// wrong adds the first problem of a column.
func (p *parser) wrong(column, problem, fix string) {
	if !slices.ContainsFunc(p.Problems, func(known *validation.FieldError) bool { return known.Field == column }) {
		p.refuse(column, problem, fix)
	}
}

func (p *parser) matching(column string, pattern *regexp.Regexp, problem, fix string) string {
	value := p.text(column)
	if value != "" && !pattern.MatchString(value) {
		p.wrong(column, problem, fix)
		return ""
	}
	return value
}

func (p *parser) intent() string {
	if strings.Contains(p.Values[columnIntent], "_secret_") {
		p.wrong(columnIntent, "is a client secret", "write the PaymentIntent's id, and keep the secret out of files")
		return ""
	}
	return p.matching(columnIntent, intentID, "is not the id of a PaymentIntent", "write pi_... as Stripe has it")
}

func (p *parser) state() booking.Status {
	state := booking.Status(p.text(columnState))
	if state != "" && !slices.Contains(states, state) {
		p.wrong(columnState, "is not a state", fmt.Sprintf("translate it to one of %v", states))
	}
	return state
}

// amount parses minor units. Decimals are refused, because a spreadsheet writes them by its language: 1.234 may be either.
func (p *parser) amount(column string) int64 {
	text := p.text(column)
	if text == "" {
		return 0
	}
	if !wholeNumber.MatchString(text) {
		problem := "is not a whole number"
		if strings.ContainsAny(text, ".,'") {
			problem = "has a decimal point or separators"
		}
		p.wrong(column, problem, "write minor units alone, as Stripe counts them: 45900 for $459.00")
		return 0
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		p.wrong(column, "is too large", "write minor units, as Stripe counts them")
	}
	return value
}

// breakdown parses the parts of the price; nil when the row has none, or when one of them is wrong.
func (p *parser) breakdown() *booking.Breakdown {
	given := func(column string) bool { return p.Values[column] != "" }
	if !slices.ContainsFunc(breakdownColumns, given) {
		return nil
	}
	before := len(p.Problems)
	for _, column := range breakdownColumns {
		if !given(column) {
			p.wrong(column, "is missing", "write all of "+strings.Join(breakdownColumns, ", ")+", or none; 0 where the price has no such part")
		}
	}
	parts := booking.Breakdown{
		Fare: p.amount(columnFare), Taxes: p.amount(columnTaxes), ServiceFee: p.amount(columnServiceFee), Commission: p.amount(columnCommission),
	}
	if len(p.Problems) > before {
		return nil
	}
	return &parts
}

const timeFix = "write RFC 3339 with its UTC offset, such as 2027-03-01T09:30:00+04:00; the airport's offset for a flight"

func (p *parser) time(column string, required bool) time.Time {
	text := p.Values[column]
	if text == "" {
		if required {
			p.wrong(column, "is missing", timeFix)
		}
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err == nil {
		return at
	}
	problem := "is not a date and time"
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04"} {
		if _, err := time.Parse(layout, text); err == nil {
			problem = "has no UTC offset"
		}
	}
	p.wrong(column, problem, timeFix)
	return time.Time{}
}

func (p *parser) passengers() []booking.Passenger {
	passengers := make([]booking.Passenger, len(p.Passengers))
	for i, name := range p.Passengers {
		passengers[i].Name = booking.PlainSpaces(strings.TrimSpace(name))
	}
	return passengers
}

func (p *parser) checkTimes(row Row, now time.Time) {
	switch {
	case row.TakenAt.IsZero():
	case row.TakenAt.After(now):
		p.wrong(columnTaken, "is in the future", "write when the booking was taken")
	case !row.HoldExpiresAt.IsZero() && row.HoldExpiresAt.Before(row.TakenAt):
		p.wrong(columnHold, "is before created_at", "write when the hold ends")
	case !row.Request.Flight.DepartsAt.IsZero() && row.Request.Flight.DepartsAt.Before(row.TakenAt):
		p.wrong(columnDeparts, "is before created_at", "write when the flight departs")
	case !row.HoldExpiresAt.IsZero() && row.HoldExpiresAt.After(row.Request.Flight.DepartsAt):
		p.wrong(columnHold, "is after the departure", "write when the hold ends")
	}
}

// validate applies the rules for new bookings as of the time when this one was taken, because its flight may have departed since.
func (p *parser) validate(row Row) {
	at := row.TakenAt
	if at.IsZero() {
		at = row.Request.Flight.DepartsAt // reported already; compare the flight with itself
	}
	var found validation.FieldErrors
	if !errors.As(row.Request.Validate(at), &found) {
		return
	}
	p.take(found)
}

// take adds problems of a request to the columns that its fields come from.
func (p *parser) take(found validation.FieldErrors) {
	for _, one := range found {
		field, _, _ := strings.Cut(one.Field, "[")
		switch column := columnOf[field]; {
		case field == "breakdown":
			p.wrong(column, "with the other parts "+one.Problem, "write parts whose sum is amount_minor; fare_minor is without the commission")
		case column != "":
			p.wrong(column, one.Problem, one.Fix)
		}
	}
}
