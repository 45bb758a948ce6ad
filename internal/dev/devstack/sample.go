package devstack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"
)

// SampleBooking returns the body of a request for a booking, with more fields in it or other ones.
func SampleBooking(locale string, holdMinutes int, more map[string]any) ([]byte, error) {
	name := map[string]string{"en": "Layla Haddad", "ar": "ليلى حداد"}[locale]
	departs := time.Now().Add(45 * 24 * time.Hour).UTC().Truncate(time.Hour)
	request := map[string]any{
		"customer": map[string]any{"name": name, "email": "layla@example.com", "locale": locale},
		"amount":   map[string]any{"value": 45900, "currency": "USD"},
		"flight": map[string]any{
			"number": "EK2", "from": "LHR", "to": "DXB",
			"departsAt":  departs.Format(time.RFC3339),
			"arrivesAt":  departs.Add(7 * time.Hour).In(time.FixedZone("GST", 4*3600)).Format(time.RFC3339),
			"passengers": []any{map[string]any{"name": name}},
		},
		"holdMinutes": holdMinutes,
	}
	maps.Copy(request, more)
	return json.Marshal(request)
}

// PaymentLink makes a booking that is held for a day, and returns the address of its payment page.
func (s *Stack) PaymentLink(ctx context.Context) (string, error) {
	body, err := SampleBooking("en", 24*60, nil)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.APIURL+"/v1/bookings", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+s.APIKey)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", "sample")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	var booked struct {
		Payment struct {
			URL string `json:"url"`
		} `json:"payment"`
	}
	err = json.Unmarshal(text, &booked)
	if err != nil || booked.Payment.URL == "" {
		return "", fmt.Errorf("the sample booking has no payment page: %d %s", response.StatusCode, text)
	}
	return booked.Payment.URL, nil
}
