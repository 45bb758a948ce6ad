package imports_test

import (
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/money"
	"farebook/starter/imports"
	"farebook/validation"
)

var now = time.Date(2027, time.February, 1, 12, 0, 0, 0, time.UTC)

// values are those of a row that is right.
func values() map[string]string {
	return map[string]string{
		"reference": "SD-7K2M9QXA", "client": "shop", "customer_name": "Layla Haddad", "customer_email": "layla@example.com",
		"passengers": "Layla Haddad|Omar Haddad", "flight_number": "EK2", "flight_from": "LHR", "flight_to": "DXB",
		"departs_at": "2027-03-01T14:20:00Z", "arrives_at": "2027-03-02T00:20:00+04:00", "amount_minor": "45900", "currency": "USD",
		"payment_intent": "pi_3M3RS0bM3hwTAcLO", "state": "confirmed", "created_at": "2027-01-31T09:00:00Z",
	}
}

func header() string { return strings.Join(imports.Required, ",") }

// line is a row of CSV with some values changed.
func line(changes map[string]string) string {
	all := values()
	maps.Copy(all, changes)
	cells := make([]string, len(imports.Required))
	for i, column := range imports.Required {
		cells[i] = `"` + strings.ReplaceAll(all[column], `"`, `""`) + `"`
	}
	return strings.Join(cells, ",")
}

// all reads a source to its end, or to its error.
func all(source imports.Source, err error) (records []imports.Record, _ error) {
	if err != nil {
		return nil, err
	}
	for {
		record, err := source.Next()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return records, err
		}
		records = append(records, record)
	}
}

func TestCSVIsReadAsSpreadsheetsWriteIt(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"as RFC 4180 says":        header() + "\n" + line(nil) + "\n",
		"with a byte order mark":  "\ufeff" + header() + "\n" + line(nil),
		"with CRLF":               header() + "\r\n" + line(nil) + "\r\n",
		"with an empty last line": header() + "\n" + line(nil) + "\n\n",
	} {
		records, err := all(imports.CSV(strings.NewReader(text)))
		require.NoError(t, err, name)
		require.Len(t, records, 1, name)
		require.Equal(t, 2, records[0].Number, "the header is row 1")
		row, problems := records[0].Read(now)
		require.Empty(t, problems, name)
		require.Equal(t, money.Money{Value: 45900, Currency: "USD"}, row.Request.Amount)
		require.Equal(t, []booking.Passenger{{Name: "Layla Haddad"}, {Name: "Omar Haddad"}}, row.Request.Flight.Passengers)
		require.Equal(t, booking.StatusConfirmed, row.State)
		require.Equal(t, money.LocaleEN, row.Request.Customer.Locale)
	}
}

func TestFileThatIsNoExportIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	for says, text := range map[string]string{
		"the file is empty":                                "",
		"the file is UTF-16":                               "\xff\xfer\x00e\x00",
		"row 1 is separated by semicolons":                 strings.ReplaceAll(header(), ",", ";") + "\n",
		"row 1 is separated by tabs":                       strings.ReplaceAll(header(), ",", "\t") + "\n",
		"row 1 has an unknown column: seat":                header() + ",seat\n",
		"row 1 has an unknown column: number 1":            line(nil) + "\n", // no header: a value is not repeated
		"row 1 names the column currency twice":            header() + ",currency\n",
		"row 1 has no column client":                       strings.Replace(header(), "client,", "", 1) + "\n",
		"row 3 has a quotation mark in the wrong place":    header() + "\n" + line(nil) + "\nSD-1,sh\"op,\n",
		"row 2 has more than 256 kB: look for a quotation": header() + "\n\"" + strings.Repeat("x\n", 1<<20),
	} {
		_, err := all(imports.CSV(strings.NewReader(text)))
		var wrong *imports.FileError
		require.ErrorAs(t, err, &wrong, says)
		require.ErrorContains(t, err, says)
	}
	for says, text := range map[string]string{
		"the file is empty":                        " ",
		"the file is not an array":                 `"bookings"`,
		"row 2 ends in the middle":                 "{}\n{",
		"the file is not JSON at byte":             `nonsense`,
		"row 1 ends in the middle":                 `[{"reference": "SD-1"`,
		"row 1 is not JSON at byte":                `[{"reference" "SD-1"}]`,
		"the file continues after the array":       `[] []`,
		"row 1 has more than 256 kB":               `[{"reference": "` + strings.Repeat("x", 1<<20),
		"row 2 has more than 256 kB: look for a q": `[{}, ` + strings.Repeat("[", 1<<20),
	} {
		_, err := all(imports.JSON(strings.NewReader(text)))
		require.ErrorContains(t, err, says)
	}
}

func TestWhatIsWrongWithARowIsNamedByItsColumn(t *testing.T) {
	t.Parallel()
	for says, changes := range map[string]map[string]string{
		"amount_minor has a decimal point or separators: write minor units alone": {"amount_minor": "459.00"},
		"amount_minor has a decimal point or separators: write minor units":       {"amount_minor": "1.234,56"},
		"amount_minor is not a whole number: write":                               {"amount_minor": "459E2"},
		"amount_minor is below the least that Stripe charges in USD":              {"amount_minor": "1"},
		"amount_minor is missing":                                                 {"amount_minor": ""},
		"currency must be in upper case":                                          {"currency": "usd"},
		"departs_at has no UTC offset: write RFC 3339":                            {"departs_at": "2027-03-01 14:20"},
		"created_at has no UTC offset":                                            {"created_at": "2027-01-31T09:00:00"},
		"departs_at is not a date and time":                                       {"departs_at": "01.03.2027"},
		"departs_at is before created_at": {
			"departs_at": "2027-01-30T14:20:00Z",
			"arrives_at": "2027-01-30T15:20:00Z",
		},
		"created_at is in the future":                                     {"created_at": "2027-02-02T00:00:00Z"},
		"arrives_at is not after the departure":                           {"arrives_at": "2027-03-01T14:20:00Z"},
		"customer_email has no complete domain":                           {"customer_email": "layla@example"},
		"customer_name has invisible characters":                          {"customer_name": "Layla\nBcc: x"},
		"passengers is empty":                                             {"passengers": "|"},
		"payment_intent is a client secret: write the PaymentIntent's id": {"payment_intent": "pi_3M3_secret_abc"},
		"payment_intent is not the id of a PaymentIntent":                 {"payment_intent": "ch_3M3"},
		"reference is not a reference":                                    {"reference": "SD 1"},
		"state is not a state: translate it":                              {"state": "paid"},
		"client is missing":                                               {"client": ""},
	} {
		records, err := all(imports.CSV(strings.NewReader(header() + "\n" + line(changes) + "\n")))
		require.NoError(t, err, says)
		_, problems := records[0].Read(now)
		require.ErrorContains(t, problems, says)
		require.Len(t, problems, 1, "%s: %v", says, problems)
	}
	records, err := all(imports.CSV(strings.NewReader(header() + "\nSD-1,shop\n" + line(nil) + "\n")))
	require.NoError(t, err)
	_, problems := records[0].Read(now)
	require.ErrorContains(t, problems, "row has 2 values, and the header has 15 columns")
	_, problems = records[1].Read(now)
	require.Empty(t, problems, "the rows behind it are read")
}

func TestJSONIsReadStrictly(t *testing.T) {
	t.Parallel()
	const rest = `"client": "shop", "customer_name": "ليلى حداد", "customer_email": "layla@example.com", "customer_locale": "ar",
		"passengers": ["Layla Haddad"], "flight_number": "EK2", "flight_from": "LHR", "flight_to": "DXB", "departs_at": "2027-03-01T14:20:00Z",
		"arrives_at": "2027-03-02T00:20:00+04:00", "currency": "USD", "payment_intent": "pi_3M3", "state": "confirmed",
		"created_at": "2027-01-31T09:00:00Z"`
	lines, err := all(imports.JSON(strings.NewReader(`{"reference": "SD-1"}` + "\n" + `{"reference": "SD-2"}` + "\n")))
	require.NoError(t, err, "objects one behind another")
	require.Len(t, lines, 2)
	require.Equal(t, "SD-2", lines[1].Values["reference"])
	for text, says := range map[string]string{
		`{"reference": "SD-1", "amount_minor": 45900, "confirmed_at": null, ` + rest + `}`: "",
		`{"reference": "SD-1", "amount_minor": "45900", ` + rest + `}`:                     "amount_minor is a string",
		`{"reference": "SD-1", "amount_minor": 459.00, ` + rest +
			`}`: "amount_minor has a decimal point",
		`{"reference": "SD-1", "amount_minor": 4.59e4, ` + rest +
			`}`: "amount_minor has a decimal point",
		`{"reference": 1, "amount_minor": 45900, ` + rest + `}`:                           "reference is a number",
		`{"reference": {"id": ["SD-1"]}, "amount_minor": 45900, ` + rest + `}`:            "reference is of the wrong type",
		`{"reference": "SD-1", "reference": "SD-2", "amount_minor": 45900, ` + rest + `}`: "reference is there twice",
		`{"reference": "SD-1", "seats": [[1]], "amount_minor": 45900, ` + rest + `}`:      "row has an unknown field: seats",
		`{"reference": "SD-1", "Layla Haddad": {}, "amount_minor": 45900, ` + rest +
			`}`: "row has an unknown field: number",
		`{"reference": "SD-1", "amount_minor": 45900, ` + strings.TrimPrefix(rest, `"client": "shop", `) + `}`: "client is missing",
		`["SD-1"]`: "row is not an object",
		`7`:        "row is not an object",
	} {
		records, err := all(imports.JSON(strings.NewReader("[" + text + ",\n" + text + "]")))
		require.NoError(t, err, text)
		require.Len(t, records, 2, text)
		require.Equal(t, 2, records[1].Number)
		row, problems := records[1].Read(now)
		if says == "" {
			require.Empty(t, problems)
			require.Equal(t, "ليلى حداد", row.Request.Customer.Name)
			continue
		}
		require.ErrorContains(t, problems, says)
		require.NotContains(t, problems.Error(), "Layla", "no value is repeated")
	}
}

// The price of an agent's booking comes in parts, all four or none of them, which add up to it.
func TestBreakdownsAreRead(t *testing.T) {
	t.Parallel()
	const parts = ",fare_minor,taxes_minor,service_fee_minor,commission_minor"
	read := func(cells string) (imports.Row, validation.FieldErrors) {
		records, err := all(imports.CSV(strings.NewReader(header() + parts + "\n" + line(nil) + "," + cells + "\n")))
		require.NoError(t, err)
		return records[0].Read(now)
	}
	row, problems := read("38001,4899,999,2001")
	require.Empty(t, problems)
	require.Equal(t, &booking.Breakdown{Fare: 38001, Taxes: 4899, ServiceFee: 999, Commission: 2001}, row.Request.Breakdown)
	row, problems = read(",,,")
	require.Empty(t, problems)
	require.Nil(t, row.Request.Breakdown)
	for cells, says := range map[string]string{
		"38001,4899,,2001":    "service_fee_minor is missing: write all of fare_minor, taxes_minor, service_fee_minor, commission_minor",
		"38001,48.99,0,2001":  "taxes_minor has a decimal point",
		"38001,4899,999,2000": "fare_minor with the other parts adds up to $458.99, and the amount is $459.00: write parts whose sum is",
		"0,0,0,99999":         "commission_minor is more than the amount",
	} {
		_, problems := read(cells)
		require.ErrorContains(t, problems, says)
		require.Len(t, problems, 1, "%s: %v", says, problems)
	}
	text := `[{"reference": "SD-1", "fare_minor": "38001", "taxes_minor": 4899}]`
	records, err := all(imports.JSON(strings.NewReader(text)))
	require.NoError(t, err)
	require.ErrorContains(t, records[0].Problems, "fare_minor is a string: write a whole number in minor units")
	require.Equal(t, "4899", records[0].Values["taxes_minor"])
}

// Whatever bytes a file is made of, each record is understood or refused by its column, and nothing of a customer is repeated.
func FuzzFile(f *testing.F) {
	f.Add(true, header()+"\n"+line(nil)+"\n")
	f.Add(true, "\ufeff"+header()+"\r\n"+line(map[string]string{"customer_name": "a\nb\"c"})+"\r\n")
	f.Add(true, header()+"\n\"\n")
	f.Add(false, `[{"reference":"SD-1","passengers":["A",2,{}],"amount_minor":1e2},7,[[]]]`)
	f.Add(false, `[{"reference":"SD-1"`)
	f.Fuzz(func(t *testing.T, isCSV bool, text string) {
		read := imports.JSON
		if isCSV {
			read = imports.CSV
		}
		records, err := all(read(strings.NewReader(text)))
		var wrong *imports.FileError
		require.True(t, err == nil || errors.As(err, &wrong), "%v", err)
		for i, record := range records {
			require.Positive(t, record.Number)
			require.True(t, i == 0 || record.Number > records[i-1].Number)
			row, problems := record.Read(now)
			if len(problems) == 0 {
				require.NoError(t, row.Request.Validate(row.TakenAt))
				require.NotEmpty(t, row.Reference)
				require.NotEmpty(t, row.PaymentIntentID)
			}
			for _, problem := range problems {
				require.NotEmpty(t, problem.Field)
				require.NotEmpty(t, problem.Fix)
				if email := record.Values["customer_email"]; len(email) > 8 && strings.Contains(email, "@") {
					require.NotContains(t, problem.Problem, email)
				}
			}
		}
	})
}
