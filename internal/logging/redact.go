package logging

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// Redacted stands where something was taken out.
const Redacted = "[redacted]"

var (
	// Stripe's keys (sk_, rk_), webhook secrets (whsec_), client secrets (pi_..._secret_...) and Farebook's own keys.
	secrets = regexp.MustCompile(`\b(?:[sr]k_(?:live|test)_|whsec_|fbk_)[A-Za-z0-9_+/=-]+|\b[a-z]+_[A-Za-z0-9]+_secret_[A-Za-z0-9]+`)
	bearer  = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`)
	// user:password@ of a DSN or an URL.
	password = regexp.MustCompile(`([A-Za-z0-9_.%-]+):[^\s:@/]+@(tcp|unix|[A-Za-z0-9.-]+[:/])`)
	address  = regexp.MustCompile(`[^\s<>"'(),;:\\\[\]@=]+@[\p{L}0-9](?:[\p{L}0-9.-]*[\p{L}0-9])?`)
	// 13 to 19 digits, with or without spaces or dashes between them.
	digits = regexp.MustCompile(`[0-9](?:[ -]?[0-9]){12,18}`)
)

// Redact takes secret keys, client secrets, passwords, mail addresses and card numbers out of a text.
func Redact(text string) string {
	if len(text) < 5 {
		return text
	}
	if strings.ContainsAny(text, "_ ") {
		text = secrets.ReplaceAllString(text, Redacted)
		text = bearer.ReplaceAllString(text, "$1 "+Redacted)
	}
	if strings.Contains(text, "@") {
		text = password.ReplaceAllString(text, "$1:"+Redacted+"@$2")
		text = address.ReplaceAllStringFunc(text, redactAddress)
	}
	return redactCards(text)
}

// redactAddress leaves "user:[redacted]@tcp" of a DSN alone: what follows the bracket is no name.
func redactAddress(found string) string {
	if strings.HasPrefix(found, "@") {
		return found
	}
	return Redacted
}

func redactCards(text string) string {
	if !strings.ContainsAny(text, "0123456789") {
		return text
	}
	return digits.ReplaceAllStringFunc(text, func(found string) string {
		if isCardNumber(found) {
			return Redacted
		}
		return found
	})
}

// isCardNumber: begins as card networks' numbers do (2 to 6), and its check digit holds (Luhn, ISO/IEC 7812-1).
// Timestamps in nanoseconds begin with 1.
func isCardNumber(text string) bool {
	if text[0] < '2' || text[0] > '6' {
		return false
	}
	sum, double := 0, false
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] < '0' || text[i] > '9' {
			continue
		}
		digit := int(text[i] - '0')
		if double {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum, double = sum+digit, !double
	}
	return sum%10 == 0
}

// redactValue turns whatever can hold a text into a redacted string. Numbers stay numbers unless they are a card's.
func redactValue(value slog.Value) slog.Value {
	switch value.Kind() {
	case slog.KindString:
		return slog.StringValue(Redact(value.String()))
	case slog.KindInt64, slog.KindUint64:
		if text := value.String(); len(text) >= 13 && redactCards(text) != text {
			return slog.StringValue(Redacted)
		}
		return value
	case slog.KindTime:
		return slog.StringValue(value.Time().UTC().Format(TimeFormat))
	case slog.KindDuration:
		return slog.StringValue(value.Duration().String())
	case slog.KindAny:
		return redactAny(value.Any())
	case slog.KindGroup:
		return redactGroup(value.Group())
	case slog.KindLogValuer:
		return redactValue(value.Resolve())
	default:
		return value
	}
}

// redactGroup is for groups that come out of a LogValuer; slog hands the others over attribute by attribute.
func redactGroup(attrs []slog.Attr) slog.Value {
	cleaned := make([]slog.Attr, len(attrs))
	for i, attr := range attrs {
		cleaned[i] = slog.Attr{Key: Redact(attr.Key), Value: redactValue(attr.Value)}
	}
	return slog.GroupValue(cleaned...)
}

func redactAny(value any) slog.Value {
	switch v := value.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(Redact(v.Error()))
	case time.Time:
		return slog.StringValue(v.UTC().Format(TimeFormat))
	case fmt.Stringer:
		return slog.StringValue(Redact(v.String()))
	case []byte:
		return slog.StringValue(Redact(string(v)))
	case bool:
		return slog.BoolValue(v)
	}
	if text := reflect.ValueOf(value); text.Kind() == reflect.String { // a named string: a status, a reference
		return slog.StringValue(Redact(text.String()))
	}
	// Anything else is written as the JSON it would be, but as a string, so that redaction cannot break the line.
	text, err := json.Marshal(value)
	if err != nil {
		return slog.StringValue(fmt.Sprintf("(%T that cannot be written: %s)", value, Redact(err.Error())))
	}
	return slog.StringValue(Redact(string(text)))
}
