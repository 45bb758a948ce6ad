package mail

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
)

// Whatever texts a booking holds, its email has one recipient, no header and no tag of theirs, and can be read.
func FuzzEmail(f *testing.F) {
	f.Add("Layla", "Omar", "insufficient_funds", "EK2")
	f.Add("{{.}}", "\"><script>", "x'y", "<b>")
	f.Add("=?utf-8?q?a?=", "a\r\nBcc: x@example.com", "\u2028", "&amp;")
	f.Add("a\",<x@example.com>", "ليلى", "\xff", "\x00")
	f.Fuzz(func(t *testing.T, name, passenger, code, number string) {
		content := fuzzContent(name, passenger, code, number)
		subject, text, html, err := Render(content)
		if err != nil {
			t.Fatal(err)
		}
		_, _, plain, err := Render(fuzzContent("N", "P", code, "EK2"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(html, "<") != strings.Count(plain, "<") {
			t.Fatalf("a tag comes from %q, %q or %q", name, passenger, number)
		}
		message, err := Message{
			MessageID: "<a@b.example>", To: "a@example.com", ToName: name, Subject: subject + name, Text: text, HTML: html, CorrelationID: code,
			Locale: "en",
		}.compose("Farebook <b@example.com>")
		if err != nil {
			return // refused is safe
		}
		var out bytes.Buffer
		if _, err := message.WriteTo(&out); err != nil {
			return
		}
		requireOneRecipient(t, out.Bytes())
	})
}

func fuzzContent(name, passenger, code, number string) Content {
	return Content{
		Kind: notice.PaymentFailed, Reference: "FB-7K2M9QXA",
		Customer: booking.Customer{Name: name, Email: "a@example.com", Locale: "en"},
		Amount:   money.Money{Value: 100, Currency: "USD"},
		Flight: booking.Flight{
			Number: number, From: "LHR", To: "DXB", DepartsAt: time.Unix(1e9, 0), ArrivesAt: time.Unix(1e9+3600, 0),
			Passengers: []booking.Passenger{{Name: passenger}},
		},
		HoldExpiresAt: time.Unix(1e9, 0), DeclineCode: code, Payable: true,
	}
}

func requireOneRecipient(t *testing.T, sent []byte) {
	t.Helper()
	parsed, err := netmail.ReadMessage(bytes.NewReader(sent))
	if err != nil {
		t.Fatalf("cannot be read: %v\n%s", err, sent)
	}
	for header := range parsed.Header {
		switch header {
		case "Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To",
			"X-Correlation-Id":
		default:
			t.Fatalf("another header: %q\n%s", header, sent)
		}
	}
	to, err := parsed.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "a@example.com" {
		t.Fatalf("recipients %v, %v\n%s", to, err, sent)
	}
}
