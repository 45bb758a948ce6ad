package api

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
)

const (
	signatureHeader = "Stripe-Signature"
	// signatureTolerance is how far a signature's time may be from now, in either direction. Stripe's library limits only the past; a
	// signature from the future could be replayed later.
	signatureTolerance = 5 * time.Minute
	// maxSignature limits the header: Stripe sends one v1 for each valid secret, and a v0 in test mode.
	maxSignature = 2048
)

var (
	unixSeconds = regexp.MustCompile(`^[1-9][0-9]{0,10}$`)
	signed      = regexp.MustCompile(`(^|,)v1=[0-9a-f]{64}(,|$)`)
)

// checkSignature accepts a body that was recently signed with one of the secrets. Unlike ConstructEvent, it does not compare the
// event's API version with the library's: the event is only a pointer to an object, in any version.
// Errors complete "header.Stripe-Signature ...".
func (a *api) checkSignature(headers []string, body []byte, now time.Time) error {
	header, err := signatureIn(headers, now)
	if err != nil {
		return err
	}
	for _, secret := range a.WebhookSecrets() {
		if webhook.ValidatePayloadIgnoringTolerance(body, header, secret) == nil {
			return nil
		}
	}
	return errors.New("does not match the body for any of the configured secrets")
}

// signatureIn returns the header if it has the form of a recent signature. Nothing more can be checked before the body arrives.
func signatureIn(headers []string, now time.Time) (string, error) {
	switch {
	case len(headers) == 0 || headers[0] == "":
		return "", errors.New("is missing")
	case len(headers) > 1:
		return "", errors.New("is sent more than once")
	case len(headers[0]) > maxSignature:
		return "", errors.New("is too long")
	case !signed.MatchString(headers[0]):
		return "", errors.New("has no v1= with 64 hexadecimal digits")
	}
	at, err := signedAt(headers[0])
	if err != nil {
		return "", err
	}
	if at.Before(now.Add(-signatureTolerance)) || at.After(now.Add(signatureTolerance)) {
		return "", errors.New("has a time that is too far from now")
	}
	return headers[0], nil
}

// signedAt reads the time t= of the header.
func signedAt(header string) (time.Time, error) {
	var stamps []string
	for part := range strings.SplitSeq(header, ",") {
		if value, found := strings.CutPrefix(part, "t="); found {
			stamps = append(stamps, value)
		}
	}
	if len(stamps) != 1 || !unixSeconds.MatchString(stamps[0]) {
		return time.Time{}, errors.New("does not have exactly one t= with a time in seconds")
	}
	seconds, err := strconv.ParseInt(stamps[0], 10, 64)
	if err != nil {
		return time.Time{}, errors.New("has a t= that is not a time")
	}
	return time.Unix(seconds, 0), nil
}
