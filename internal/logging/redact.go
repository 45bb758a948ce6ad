package logging

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
	"time"

	"farebook/notice"
)

// Redacted replaces redacted text.
const Redacted = "[redacted]"

var (
	// Stripe's keys (sk_, rk_), webhook secrets (whsec_), client secrets (pi_..._secret_...), Farebook's own keys,
	// and tokens of links to the payment page (fpl_).
	secrets = regexp.MustCompile(`\b(?:[sr]k_(?:live|test)_|whsec_|fbk_)[A-Za-z0-9_+/=-]+|\b[a-z]+_[A-Za-z0-9]+_secret_[A-Za-z0-9]+|\bfpl_[A-Za-z0-9._-]+`)
	bearer  = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`)
	// user:password@ of a DSN or an URL.
	password = regexp.MustCompile(`([A-Za-z0-9_.%-]+):[^\s:@/]+@(tcp|unix|[A-Za-z0-9.-]+[:/])`)
	// A mail address, its @ also as a URL writes it. The domain may have the full stops of other scripts (UTS #46).
	address = regexp.MustCompile(
		`(?i)[^\s<>"'(),;:\\\[\]@=]+(?:@|%40)[\p{L}0-9](?:[\p{L}\p{M}0-9.\x{3002}\x{FF0E}\x{FF61}-]*[\p{L}\p{M}0-9])?`,
	)
	// The local part of a Message-ID made by Farebook: what the email is about, and its occasion.
	messageID = regexp.MustCompile(`^<?(?:u003c)?(?:fb-[0-9a-z]{8}|rf-[0-9a-z]+|(?:re|dp|du|po|recon|we)_[0-9a-z_-]+|overdue-[0-9a-z_-]+|resent\.[0-9]+)\.[0-9a-z._-]+@` +
		regexp.QuoteMeta(notice.MessageIDDomain) + `$`)
)

// domainDots separate the labels of a domain.
const domainDots = ".\u3002\uff0e\uff61"

// Redact removes secret keys, client secrets, passwords, mail addresses and card numbers from a text.
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
	}
	if strings.Contains(text, "@") || strings.Contains(text, "%40") {
		text = address.ReplaceAllStringFunc(text, redactAddress)
	}
	return redactCards(text)
}

// redactAddress keeps what is not an address: a process on a host (pid@host, root@3f2a), because a mail domain has a dot, and
// Farebook's Message-IDs.
func redactAddress(found string) string {
	at := max(strings.LastIndex(found, "@"), strings.LastIndex(found, "%40"))
	if !strings.ContainsAny(found[at+1:], domainDots) || messageID.MatchString(found) {
		return found
	}
	return Redacted
}

// redactValue turns everything that can contain text into a redacted string. Numbers remain numbers unless they are a card
// number.
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

// redactGroup handles groups returned by a LogValuer; slog passes other groups attribute by attribute.
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
	case hexID:
		return slog.StringValue(string(v))
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
	if text := reflect.ValueOf(value); text.Kind() == reflect.String { // a type based on string: a status, a reference
		return slog.StringValue(Redact(text.String()))
	}
	// Anything else becomes a string with its JSON, so that redaction cannot break the line.
	text, err := json.Marshal(value)
	if err != nil {
		return slog.StringValue(fmt.Sprintf("(%T that cannot be written: %s)", value, Redact(err.Error())))
	}
	return slog.StringValue(Redact(string(text)))
}
