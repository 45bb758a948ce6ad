package booking_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/money"
	"farebook/validation"
)

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func request(change func(*booking.Request)) booking.Request {
	departs := now.Add(30 * 24 * time.Hour)
	r := booking.Request{
		Customer: booking.Customer{Name: "Layla Haddad", Email: "layla@example.com", Locale: money.LocaleAR},
		Amount:   money.Money{Value: 45900, Currency: "USD"},
		Flight: booking.Flight{
			Number: "EK2", From: "LHR", To: "DXB", DepartsAt: departs, ArrivesAt: departs.Add(7 * time.Hour),
			Passengers: []booking.Passenger{{Name: "Layla Haddad"}},
		},
		HoldMinutes: 30,
	}
	if change != nil {
		change(&r)
	}
	return r
}

func TestGoodRequests(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*booking.Request){
		"plain":                nil,
		"Arabic":               func(r *booking.Request) { r.Customer.Name = "ليلى حداد" },
		"Arabic, with vowels":  func(r *booking.Request) { r.Customer.Name = "مُحَمَّد" },
		"Chinese":              func(r *booking.Request) { r.Customer.Name = "王小明" },
		"Hindi, with a joiner": func(r *booking.Request) { r.Customer.Name = "श्\u200dरीमती" },
		"Persian, non-joiner":  func(r *booking.Request) { r.Customer.Name = "علی\u200cرضا" },
		"accents":              func(r *booking.Request) { r.Customer.Name = "Seán Ó Briain-O'Neill Jr." },
		"accents, decomposed":  func(r *booking.Request) { r.Customer.Name = "Sea\u0301n" },
		"one letter":           func(r *booking.Request) { r.Customer.Name = "O" },
		"longest name":         func(r *booking.Request) { r.Customer.Name = strings.Repeat("a", 200) },
		"plus and subdomain":   func(r *booking.Request) { r.Customer.Email = "a.b+c@sub.example.co.uk" },
		"apostrophe":           func(r *booking.Request) { r.Customer.Email = "o'neill@example.ie" },
		"domain in punycode":   func(r *booking.Request) { r.Customer.Email = "layla@xn--mgbh0fb.xn--kgbechtv" },
		"longest before the @": func(r *booking.Request) { r.Customer.Email = strings.Repeat("a", 64) + "@example.com" },
		"longest hold":         func(r *booking.Request) { r.HoldMinutes = booking.MaxHoldMinutes },
		"shortest hold":        func(r *booking.Request) { r.HoldMinutes = booking.MinHoldMinutes },
		"digit airline":        func(r *booking.Request) { r.Flight.Number = "9W1" },
		"suffix letter":        func(r *booking.Request) { r.Flight.Number = "U24567A" },
		"nine passengers": func(r *booking.Request) {
			r.Flight.Passengers = nil
			for range booking.MaxPassengers {
				r.Flight.Passengers = append(r.Flight.Passengers, booking.Passenger{Name: "Layla Haddad"})
			}
		},
		"arrives on an earlier date": func(r *booking.Request) { // over the date line: later in time, earlier on the calendar
			r.Flight.DepartsAt = time.Date(2030, 3, 2, 1, 0, 0, 0, time.FixedZone("", 14*3600))
			r.Flight.ArrivesAt = time.Date(2030, 3, 1, 6, 0, 0, 0, time.FixedZone("", -10*3600))
		},
		"leap day": func(r *booking.Request) {
			r.Flight.DepartsAt = time.Date(2032, 2, 29, 1, 0, 0, 0, time.UTC)
			r.Flight.DepartsAt = r.Flight.DepartsAt.AddDate(0, -3, 0)
			r.Flight.ArrivesAt = r.Flight.DepartsAt.Add(time.Hour)
		},
		"departs this moment": func(r *booking.Request) { r.Flight.DepartsAt = now; r.Flight.ArrivesAt = now.Add(time.Minute) },
	} {
		require.NoError(t, request(change).Validate(now), name)
	}
}

// problem is one thing wrong with an otherwise good request.
type problem struct {
	name, field, says string
	change            func(*booking.Request)
}

// requireRefused holds that the field, and no other, is named, with what was wrong and what to do, and that nothing that
// was sent comes back: an error may be logged, and what was sent is personal.
func requireRefused(t *testing.T, problems []problem) {
	t.Helper()
	for _, p := range problems {
		err := request(p.change).Validate(now)
		var fields validation.FieldErrors
		require.ErrorAs(t, err, &fields, p.name)
		require.Len(t, fields, 1, "%s: %v", p.name, err)
		require.Equal(t, p.field, fields[0].Field, p.name)
		require.ErrorContains(t, err, p.says, p.name)
		require.NotEmpty(t, fields[0].Fix, p.name)
		require.NotContains(t, err.Error(), "thief", p.name)
		require.NotContains(t, err.Error(), "alert(1)", p.name)
		require.Less(t, len(err.Error()), 250, p.name)
	}
}

func TestBadNames(t *testing.T) {
	t.Parallel()
	var problems []problem
	for _, bad := range []struct{ name, value, says string }{
		{"empty", "", "is empty"},
		{"blank", "   ", "is empty"},
		{"leading space", " Layla", "white space"},
		{"trailing line break", "Layla\n", "white space"},
		{"trailing no-break space", "Layla\u00a0", "white space"},
		{"10 kB", strings.Repeat("a", 10_000), "longer than 200 bytes"},
		{"201 bytes of 2-byte letters", strings.Repeat("ل", 101), "longer than 200 bytes"},
		{"CR LF Bcc", "Layla\r\nBcc: thief@example.com", "invisible characters"},
		{"bare LF", "Layla\nBcc: thief@example.com", "invisible characters"},
		{"bare CR", "Layla\rBcc: thief@example.com", "invisible characters"},
		{"NEL", "Layla\u0085thief", "invisible characters"},
		{"line separator", "Layla\u2028thief", "invisible characters"},
		{"tab", "Layla\tHaddad", "invisible characters"},
		{"NUL", "Lay\x00la", "invisible characters"},
		{"escape", "\x1b[31mLayla", "invisible characters"},
		{"delete", "Lay\x7fla", "invisible characters"},
		{"invalid UTF-8", "Lay\xff\xfela", "invisible characters"},
		{"surrogate half", "Lay\xed\xa0\x80la", "invisible characters"},
		{"overlong slash", "Lay\xc0\xafla", "invisible characters"},
		{"replacement character", "Lay\ufffdla", "invisible characters"},
		{"right-to-left override", "Layla\u202eddaH", "invisible characters"},
		{"left-to-right embedding", "Layla\u202ax", "invisible characters"},
		{"pop direction", "Layla\u202cx", "invisible characters"},
		{"isolate", "Layla\u2066x", "invisible characters"},
		{"right-to-left mark", "Layla\u200fx", "invisible characters"},
		{"Arabic letter mark", "Layla\u061cx", "invisible characters"},
		{"byte order mark", "\ufeffLayla", "invisible characters"},
		{"zero width space", "Lay\u200bla", "invisible characters"},
		{"soft hyphen", "Lay\u00adla", "invisible characters"},
		{"tag characters", "Layla\U000e0041", "invisible characters"},
		{"private use", "Layla\ue000", "invisible characters"},
		{"Hangul filler alone", "\u3164", "invisible characters"},
		{"joiner alone", "\u200d", "no letter"},
		{"digits alone", "12345", "no letter"},
		{"dots alone", "...", "no letter"},
		{"encoded word, Q", "=?utf-8?q?Layla=0D=0ABcc:_thief?=", "encoded word"},
		{"encoded word, B", "=?utf-8?B?TGF5bGENCkJjYzogdGhpZWY=?=", "encoded word"},
		{"half an encoded word", "Layla =?utf-8?Q?thief", "encoded word"},
		{"script", "<script>alert(1)</script>", "angle brackets"},
		{"closing bracket", "Layla> thief", "angle brackets"},
	} {
		problems = append(problems,
			problem{bad.name, "customer.name", bad.says, func(r *booking.Request) { r.Customer.Name = bad.value }},
			problem{bad.name + ", passenger", "flight.passengers[1].name", bad.says, func(r *booking.Request) {
				r.Flight.Passengers = append(r.Flight.Passengers, booking.Passenger{Name: bad.value})
			}})
	}
	requireRefused(t, problems)
}

func TestBadEmails(t *testing.T) {
	t.Parallel()
	var problems []problem
	for _, bad := range []struct{ name, value, says string }{
		{"empty", "", "is empty"},
		{"blank", " ", "cannot have"},
		{"no @", "layla", "not a mail address"},
		{"nothing before the @", "@example.com", "not a mail address"},
		{"nothing behind the @", "layla@", "not a mail address"},
		{"two @", "layla@thief@example.com", "not a mail address"},
		{"two dots", "lay..la@example.com", "not a mail address"},
		{"leading dot", ".layla@example.com", "not a mail address"},
		{"no dot in the domain", "layla@localhost", "no complete domain"},
		{"two dots in the domain", "layla@example..com", "not a mail address"},
		{"trailing dot", "layla@example.com.", "not a mail address"},
		{"leading hyphen", "layla@-example.com", "no complete domain"},
		{"trailing hyphen", "layla@example-.com", "no complete domain"},
		{"underscore", "layla@exa_mple.com", "no complete domain"},
		{"an IP address", "layla@127.0.0.1", "no complete domain"},
		{"an address literal", "layla@[127.0.0.1]", "cannot have"},
		{"long label", "layla@" + strings.Repeat("a", 64) + ".com", "no complete domain"},
		{"long before the @", strings.Repeat("a", 65) + "@example.com", "more than 64 bytes"},
		{"255 bytes", strings.Repeat("a", 64) + "@" + strings.Repeat("a.", 95) + ".com", "longer than 254 bytes"},
		{"10 kB", strings.Repeat("a", 10_000) + "@example.com", "longer than 254 bytes"},
		{"CR LF Bcc", "layla@example.com\r\nBcc: thief@example.com", "cannot have"},
		{"trailing LF", "layla@example.com\n", "cannot have"},
		{"two addresses", "layla@example.com, thief@example.com", "cannot have"},
		{"two addresses, no space", "layla@example.com,thief@example.com", "cannot have"},
		{"with a name", "Layla <layla@example.com>", "cannot have"},
		{"a comment", "layla(thief)@example.com", "cannot have"},
		{"a quoted local part", `"layla thief"@example.com`, "cannot have"},
		{"a source route", "@thief.example:layla@example.com", "cannot have"},
		{"a group", "travellers:layla@example.com;", "cannot have"},
		{"encoded word", "=?utf-8?q?layla?=@example.com", "cannot have"},
		{"NUL", "layla\x00@example.com", "cannot have"},
		{"right-to-left override", "layla\u202e@example.com", "cannot have"},
		{"joiner", "lay\u200dla@example.com", "not every mail server"},
		{"Cyrillic twin of a letter", "l\u0430yla@example.com", "not every mail server"},
		{"domain in another script", "layla@مثال.إختبار", `"xn--" form`},
		{"ideographic full stop", "layla@example。com", "not every mail server"},
		{"invalid UTF-8", "layla\xff@example.com", "cannot have"},
	} {
		problems = append(problems, problem{bad.name, "customer.email", bad.says, func(r *booking.Request) { r.Customer.Email = bad.value }})
	}
	requireRefused(t, problems)
}

func TestBadDates(t *testing.T) {
	t.Parallel()
	departs := func(at time.Time) func(*booking.Request) {
		return func(r *booking.Request) { r.Flight.DepartsAt, r.Flight.ArrivesAt = at, at.Add(time.Hour) }
	}
	arrives := func(at time.Time) func(*booking.Request) {
		return func(r *booking.Request) { r.Flight.ArrivesAt = at }
	}
	good := request(nil).Flight.DepartsAt
	requireRefused(t, []problem{
		{"departure missing", "flight.departsAt", "is missing", func(r *booking.Request) { r.Flight.DepartsAt = time.Time{} }},
		{"departure a moment ago", "flight.departsAt", "in the past", departs(now.Add(-time.Nanosecond))},
		{"departure last year", "flight.departsAt", "in the past", departs(now.AddDate(-1, 0, 0))},
		{"departure in the year 0", "flight.departsAt", "in the past", departs(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))},
		{"departure in the year 9999", "flight.departsAt", "two years ahead", departs(time.Date(9999, 12, 31, 22, 0, 0, 0, time.UTC))},
		{"departure in three years", "flight.departsAt", "two years ahead", departs(now.AddDate(3, 0, 0))},
		{"departure at +14:01", "flight.departsAt", "no place uses", func(r *booking.Request) {
			r.Flight.DepartsAt = good.In(time.FixedZone("", 14*3600+60))
		}},
		{"departure at -23:59", "flight.departsAt", "no place uses", func(r *booking.Request) {
			r.Flight.DepartsAt = good.In(time.FixedZone("", -23*3600-59*60))
		}},
		{"arrival missing", "flight.arrivesAt", "is missing", arrives(time.Time{})},
		{"arrival at departure", "flight.arrivesAt", "not after the departure", arrives(good)},
		{"arrival before departure", "flight.arrivesAt", "not after the departure", arrives(good.Add(-time.Minute))},
		{
			"arrival earlier, clock later", "flight.arrivesAt", "not after the departure",
			arrives(good.Add(-time.Hour).In(time.FixedZone("", 4*3600))),
		},
		{"arrival two days later", "flight.arrivesAt", "more than 48 hours", arrives(good.Add(48*time.Hour + time.Second))},
		{"arrival in the year 9999", "flight.arrivesAt", "more than 48 hours", arrives(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))},
		{"arrival at +15:00", "flight.arrivesAt", "no place uses", arrives(good.Add(time.Hour).In(time.FixedZone("", 15*3600)))},
		{"arrival at +00:00:30", "flight.arrivesAt", "no place uses", arrives(good.Add(time.Hour).In(time.FixedZone("", 30)))},
	})
}

// Dates that the calendar does not have never get as far as Validate.
func TestDatesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"2030-02-30T10:00:00Z", "2030-02-29T10:00:00Z", "2030-13-01T10:00:00Z", "2030-00-10T10:00:00Z", "2030-01-01T24:00:00Z",
		"2030-01-01T10:60:00Z", "2030-01-01T10:00:60Z", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "2030-01-01", "2030-01-01T10:00:00",
		"2030-01-01 10:00:00Z", "2030-01-01T10:00:00+25:00", "1893456000", "",
	} {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		var flight booking.Flight
		require.Error(t, json.Unmarshal([]byte(`{"departsAt":`+string(quoted)+`}`), &flight), text)
	}
}

func TestOtherBadFields(t *testing.T) {
	t.Parallel()
	number := func(n string) func(*booking.Request) { return func(r *booking.Request) { r.Flight.Number = n } }
	from := func(code string) func(*booking.Request) { return func(r *booking.Request) { r.Flight.From = code } }
	amount := func(value int64, currency money.Currency) func(*booking.Request) {
		return func(r *booking.Request) { r.Amount = money.Money{Value: value, Currency: currency} }
	}
	hold := func(minutes int) func(*booking.Request) { return func(r *booking.Request) { r.HoldMinutes = minutes } }
	requireRefused(t, []problem{
		{"no locale", "customer.locale", `"en" or "ar"`, func(r *booking.Request) { r.Customer.Locale = "" }},
		{"another locale", "customer.locale", `"en" or "ar"`, func(r *booking.Request) { r.Customer.Locale = "fr" }},
		{"locale in capitals", "customer.locale", `"en" or "ar"`, func(r *booking.Request) { r.Customer.Locale = "EN" }},
		{"locale with a region", "customer.locale", `"en" or "ar"`, func(r *booking.Request) { r.Customer.Locale = "ar-AE" }},
		{"nothing to pay", "amount.value", "below the least", amount(0, "USD")},
		{"less than nothing", "amount.value", "below the least", amount(-1, "USD")},
		{"2^53+1", "amount.value", "the most that Stripe charges", amount(1<<53+1, "USD")},
		{"2^63-1", "amount.value", "the most that Stripe charges", amount(1<<63-1, "USD")},
		{"nine digits", "amount.value", "the most that Stripe charges", amount(100_000_000, "USD")},
		{"KWD not ending in 0", "amount.value", "end in 0", amount(45_901, "KWD")},
		{"ISK not ending in 00", "amount.value", "end in 00", amount(45_910, "ISK")},
		{"currency in lower case", "amount.currency", `send "USD"`, amount(45_900, "usd")},
		{"no currency", "amount.currency", "not a currency", amount(45_900, "")},
		{"unknown currency", "amount.currency", "not a currency", amount(45_900, "XXX")},
		{"airline alone", "flight.number", "not a flight number", number("EK")},
		{"number alone", "flight.number", "not a flight number", number("1234")},
		{"five digits", "flight.number", "not a flight number", number("EK12345")},
		{"lower case", "flight.number", "not a flight number", number("ek2")},
		{"with a space", "flight.number", "not a flight number", number("EK 2")},
		{"with a line break", "flight.number", "not a flight number", number("EK2\n")},
		{"injection", "flight.number", "not a flight number", number("1=1")},
		{"Arabic digits", "flight.number", "not a flight number", number("EK٢")},
		{"very long", "flight.number", "not a flight number", number(strings.Repeat("EK2", 10_000))},
		{"airport in lower case", "flight.from", "IATA", from("lhr")},
		{"airport of two", "flight.from", "IATA", from("LH")},
		{"ICAO code", "flight.from", "IATA", from("EGLL")},
		{"path", "flight.from", "IATA", from("../")},
		{"wide letters", "flight.from", "IATA", from("ＬＨＲ")},
		{"a round trip", "flight.to", "equals flight.from", from("DXB")},
		{"nobody flies", "flight.passengers", "is empty", func(r *booking.Request) { r.Flight.Passengers = nil }},
		{"ten fly", "flight.passengers", "too many", func(r *booking.Request) { r.Flight.Passengers = make([]booking.Passenger, 10) }},
		{
			"a million fly", "flight.passengers", "too many",
			func(r *booking.Request) { r.Flight.Passengers = make([]booking.Passenger, 1_000_000) },
		},
		{"no hold", "holdMinutes", "from 1 to 1440", hold(0)},
		{"hold below zero", "holdMinutes", "from 1 to 1440", hold(-30)},
		{"hold over a day", "holdMinutes", "from 1 to 1440", hold(1441)},
		{"hold without end", "holdMinutes", "from 1 to 1440", hold(1<<63 - 1)},
	})
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	err := booking.Request{}.Validate(now)
	var fields validation.FieldErrors
	require.ErrorAs(t, err, &fields)
	named := make([]string, len(fields))
	for i, field := range fields {
		named[i] = field.Field
	}
	require.Equal(t, []string{
		"customer.name", "customer.email", "customer.locale", "amount.currency", "flight.number", "flight.from", "flight.to",
		"flight.departsAt", "flight.arrivesAt", "flight.passengers", "holdMinutes",
	}, named)
}

// FuzzRequest: what Validate lets through cannot break a mail header, a log line or a page, whatever was sent.
func FuzzRequest(f *testing.F) {
	f.Add("Layla Haddad", "layla@example.com", "USD", int64(45900), "EK2", "LHR", int64(60), int64(420), 30)
	f.Add("ليلى", "layla@example.com\r\nBcc: x@example.com", "KWD", int64(1), "1=1", "../", int64(-1), int64(0), 0)
	f.Add("=?utf-8?q?=0D=0A?=", "Layla <l@example.com>", "usd", int64(-1), "", "", int64(1)<<40, int64(-1)<<40, -1)
	f.Add("L\u202e", "a@b", "ISK", int64(1<<62), "U2", "ＬＨＲ", int64(0), int64(1), 1440)
	f.Fuzz(func(t *testing.T, name, email, currency string, value int64, number, from string, departs, flies int64, hold int) {
		r := request(func(r *booking.Request) {
			r.Customer.Name, r.Customer.Email = name, email
			r.Amount = money.Money{Value: value, Currency: money.Currency(currency)}
			r.Flight.Number, r.Flight.From = number, from
			r.Flight.DepartsAt = now.Add(time.Duration(departs%(1<<30)) * time.Minute / 60)
			r.Flight.ArrivesAt = r.Flight.DepartsAt.Add(time.Duration(flies%(1<<30)) * time.Minute)
			r.HoldMinutes = hold
		})
		if err := r.Validate(now); err != nil {
			var fields validation.FieldErrors
			require.ErrorAs(t, err, &fields)
			require.NotEmpty(t, fields)
			require.True(t, utf8.ValidString(err.Error()))
			return
		}
		require.NoError(t, r.Validate(now), "the same answer twice")
		require.True(t, utf8.ValidString(name+email))
		require.NotContains(t, name, "<")
		require.False(t, strings.ContainsFunc(name+email, unicode.IsControl))
		require.Equal(t, 1, strings.Count(email, "@"))
		require.Less(t, strings.Index(email, "@"), strings.LastIndex(email, "."))
		require.NoError(t, r.Amount.ValidateCharge())
		require.False(t, r.Flight.DepartsAt.Before(now))
		require.True(t, r.Flight.ArrivesAt.After(r.Flight.DepartsAt))
	})
}
