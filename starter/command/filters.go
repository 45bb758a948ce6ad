package command

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/spf13/cobra"

	"farebook/money"
)

// filters are the flags of a list: one for each filter that the list has over HTTP, with its name in the notation of flags: amountFrom is
// --amount-from. Values and patterns are those of the tags there, so that both take the same.
type filters struct {
	into  reflect.Value // the filters over HTTP
	flags []*filterFlag
}

type filterFlag struct {
	parameter reflect.StructField
	name      string // of the flag
	text      string // as typed
}

// usages explain the filters.
var usages = map[string]string{
	"from": "only what was created at this time or later: a day (2026-11-01, UTC) or a time (2026-11-01T12:00:00Z)",
	"to":   "only what was created before this time", "currency": "only amounts in this currency, such as USD",
	"amount-from": "at least this amount, such as 459.00; needs --currency", "amount-to": "at most this amount; needs --currency",
	"payment-intent": "only of this PaymentIntent (pi_...)", "charge": "only of this charge (ch_... or py_...)",
	"email": "only of this email address, whole", "flight": "only of this flight, such as EK2",
	"attention": "only where an operator has to examine the booking",
	"status":    "only in this status", "state": "only in this state", "type": "only of this type, such as payment_intent.succeeded",
	"paid": "only bookings whose payment was captured, or was not", "failed": "only refunds that gave nothing back, or only the others",
	"decline-code": "only bookings that are not paid and whose last attempt was declined with this code, such as insufficient_funds",
	"booking":      "only about the booking with this reference",
	"kind":         "only of this kind, such as refund_failed",
	"taken-by":     "only open matters that somebody has: me, nobody, or a name as the list shows it",
	"order":        "which come first",
}

// addFilters adds the flags to a command; into points to the filters over HTTP. q is no flag: it is the argument.
func addFilters(cmd *cobra.Command, into any) *filters {
	f := &filters{into: reflect.ValueOf(into).Elem()}
	for _, field := range reflect.VisibleFields(f.into.Type()) {
		parameter := field.Tag.Get("query")
		if parameter == "" || parameter == "q" {
			continue
		}
		flag := &filterFlag{parameter: field, name: flagName(parameter)}
		usage := usages[flag.name]
		if values := flag.values(); values != nil {
			if len(values) > 1 {
				usage += ": " + oneOf(values)
			}
			defer completeFlag(cmd, flag.name, values...) // when the flag is there
		}
		cmd.Flags().StringVar(&flag.text, flag.name, "", usage)
		f.flags = append(f.flags, flag)
	}
	return f
}

var capital = regexp.MustCompile(`[A-Z]`)

// flagName is the flag of a parameter: decline-code of declineCode.
func flagName(parameter string) string {
	return strings.ToLower(capital.ReplaceAllString(parameter, "-$0"))
}

// values are what the flag takes, if it takes only certain values.
func (f *filterFlag) values() []string {
	if list := f.parameter.Tag.Get("enum"); list != "" {
		return strings.Split(list, ",")
	}
	return nil
}

// read checks the flags and the argument, which may be empty, and fills the filters with them. Errors repeat no value that may be personal.
func (f *filters) read(argument string) error {
	for _, flag := range f.flags {
		if flag.text == "" {
			continue
		}
		if err := f.readFlag(flag); err != nil {
			return err
		}
	}
	setArgument(f.into, argument)
	return nil
}

// nameIn fills filters over HTTP with the argument alone.
func nameIn(into any, argument string) { setArgument(reflect.ValueOf(into).Elem(), argument) }

func setArgument(into reflect.Value, argument string) {
	if q := into.FieldByName("Q"); q.IsValid() {
		q.SetString(argument)
	}
}

func (f *filters) readFlag(flag *filterFlag) error {
	text, field := flag.text, f.into.FieldByIndex(flag.parameter.Index)
	values, pattern := flag.values(), flag.parameter.Tag.Get("pattern")
	switch {
	case values != nil && !slices.Contains(values, text):
		return misused("invalid --%s %q: must be %s", flag.name, text, oneOf(values))
	case pattern != "" && !regexp.MustCompile(pattern).MatchString(text):
		return misused("invalid --%s: must be like %s", flag.name, flag.parameter.Tag.Get("example"))
	case flag.parameter.Tag.Get("format") == "date-time":
		at, err := parseInstant(text)
		if err != nil {
			return misused("invalid --%s: must be a day such as 2026-11-01, or a time such as 2026-11-01T12:00:00Z", flag.name)
		}
		text = at.Format(time.RFC3339Nano)
	case field.Kind() == reflect.Int64:
		amount, err := f.amount(text)
		if err != nil {
			return misused("invalid --%s: %w", flag.name, err)
		}
		field.SetInt(amount)
		return nil
	}
	field.SetString(text)
	return nil
}

// amount reads an amount in the currency of --currency, which comes before it: flags are read in the order of the parameters.
func (f *filters) amount(text string) (int64, error) {
	code := f.into.FieldByName("Currency").String()
	currency, err := money.ParseCurrency(code)
	if err != nil {
		return 0, misused("it needs --currency, such as USD")
	}
	amount, err := money.ParseDecimal(text, currency)
	if err == nil && amount.Value < 1 {
		err = misused("must be above zero")
	}
	return amount.Value, err
}

// parseInstant reads a day, which begins at midnight UTC, or a time with its zone.
func parseInstant(text string) (time.Time, error) {
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, nil
	}
	return time.Parse(time.RFC3339, text)
}

// misusedFilters are the problems that the API finds in filters, with the names of flags.
func misusedFilters(problems []*huma.ErrorDetail) error {
	if len(problems) == 0 {
		return nil
	}
	parameter := strings.TrimPrefix(problems[0].Location, "query.")
	name := "--" + flagName(parameter)
	if parameter == "q" {
		name = "the argument"
	}
	message := strings.NewReplacer("amountFrom", "--amount-from", "after from", "after --from").Replace(problems[0].Message)
	return misused("%s %s", name, message)
}
