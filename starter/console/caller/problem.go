package caller

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Problem is a refusal of the API (RFC 9457).
type Problem struct { //nolint:errname // the RFC calls it a problem, and pages show it as one
	Status   int     `json:"status"`
	Type     string  `json:"type"`
	Title    string  `json:"title"`
	Detail   string  `json:"detail"`
	Instance string  `json:"instance"`
	Errors   []Field `json:"errors"`
	// RetryAfter is how many seconds later a repetition may succeed; empty where the API does not say.
	RetryAfter string `json:"-"`
}

// Field is what is wrong with one field of a request.
type Field struct {
	// Location is such as body.amount.value, query.from or header.Idempotency-Key.
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Missing is the problem of a page that does not exist, or of an object that it would show.
func Missing() *Problem {
	return &Problem{Status: http.StatusNotFound, Title: http.StatusText(http.StatusNotFound), Type: "no-such-page"}
}

// Refused is the problem of a form or of filters in which the page itself has found something wrong.
func Refused(fields ...Field) *Problem {
	return &Problem{
		Status: http.StatusUnprocessableEntity, Type: typePrefix + "invalid-fields", Title: http.StatusText(http.StatusUnprocessableEntity),
		Errors: fields,
	}
}

// RefusedField is Refused for one field of a form.
func RefusedField(name, message string) *Problem {
	return Refused(Field{Location: "body." + name, Message: message})
}

func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// typePrefix is that of every type of the API's problems.
const typePrefix = "urn:farebook:problem:"

// Kind is the last part of the type, such as refund-exceeds-captured.
func (p *Problem) Kind() string { return strings.TrimPrefix(p.Type, typePrefix) }

// Safe reports whether a repetition with the same key may succeed: the outcome is not known, or nothing was decided.
func (p *Problem) Safe() bool {
	return p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests || p.Kind() == "idempotency-in-progress"
}

// Of is what is wrong with a field of a form; empty for nothing. The name is the whole location, or what follows body, query or header.
func (p *Problem) Of(name string) string {
	if p == nil || name == "" {
		return ""
	}
	for _, field := range p.Errors {
		_, below, _ := strings.Cut(field.Location, ".")
		if field.Location == name || below == name {
			return field.Message
		}
	}
	return ""
}

func problemOf(status int, header http.Header, body []byte) *Problem {
	p := &Problem{}
	err := json.Unmarshal(body, p)
	if err != nil || p.Title == "" {
		p = &Problem{Title: http.StatusText(status)} // an answer that is no problem, such as ServeMux's own
	}
	p.Status, p.RetryAfter = status, header.Get("Retry-After")
	return p
}
