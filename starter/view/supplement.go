package view

import (
	"cmp"
	"strings"

	"farebook/booking"
)

// Supplement is what a further payment of a booking is for.
type Supplement struct {
	Of          booking.Reference `json:"of" doc:"The booking that it is a further payment of." example:"FB-9QXA7K2M"`
	Purpose     string            `json:"purpose" enum:"fare_difference,baggage,seat,other,unknown"`
	Description string            `json:"description,omitempty" example:"one bag of 23 kg"`
}

// SupplementOf is nil for a booking.
func SupplementOf(s *booking.Supplement) *Supplement {
	if s == nil {
		return nil
	}
	return &Supplement{s.Of, PurposeOf(*s), s.Description}
}

// PurposeText is the purpose in words, with the description.
func (s Supplement) PurposeText() string {
	text := strings.ReplaceAll(s.Purpose, "_", " ")
	if s.Description != "" {
		text += ": " + s.Description
	}
	return text
}

// PurposeOf is "unknown" for a payment that was rebuilt from Stripe, until its request is repeated.
func PurposeOf(s booking.Supplement) string { return cmp.Or(string(s.Purpose), "unknown") }
