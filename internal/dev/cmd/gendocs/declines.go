package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"farebook/booking"
)

// declinesPage is the text of docs/declines.md: what to tell a traveller whose card was declined.
func declinesPage() string {
	var out strings.Builder
	out.WriteString("# Declined payments\n\n" + generated)
	out.WriteString(`What to tell a traveller whose payment was declined, and what helps, by Stripe's
[decline code](https://docs.stripe.com/declines/codes). The story of a booking shows it (` + "`GET /v1/bookings/{reference}/story`" + `, and the
booking's page of the console).

Codes marked confidential are never told to the traveller, who hears the same as after a decline without a reason: whoever uses a lost or
stolen card, or is suspected of fraud, would be warned. A code that is not in the table counts as confidential.

| code | confidential | tell the traveller | what helps |
|---|---|---|---|
`)
	for _, code := range slices.Sorted(maps.Keys(booking.Declines)) {
		advice := booking.Declines[code]
		confidential := ""
		if advice.Confidential {
			confidential = "yes"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", code, confidential, advice.Tell, advice.Do)
	}
	return out.String()
}
