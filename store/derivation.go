package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// derivation yields what identifies a row outside the database, from what asked for the row and the installation's secret: the same
// again after a restore, and nothing that a stranger can compute. A row's number is no part of it, because a restored database gives
// numbers to other rows.
type derivation struct {
	secret []byte
	parts  []string
}

// request derives from a client's idempotency key.
func (i Installation) request(key IdempotencyKey) derivation {
	return derivation{i.secret, []string{key.Operation, key.Caller.ClientCode, key.Key}}
}

// occasion derives from what makes the books reserve a refund automatically: the cancellation of a booking, or late money.
func (i Installation) occasion(originKey string) derivation {
	return derivation{i.secret, []string{"occasion", originKey}}
}

// refundAtStripe derives from a refund that was made in Stripe's dashboard.
func (i Installation) refundAtStripe(id string) derivation {
	return derivation{i.secret, []string{"stripe-refund", id}}
}

// imported derives from the PaymentIntent of a booking that another system had taken.
func (i Installation) imported(paymentIntentID string) derivation {
	return derivation{i.secret, []string{"import", paymentIntentID}}
}

// sum is 256 bits for one use. Each part is preceded by its length, so that no two lists of parts are the same bytes.
func (d derivation) sum(use string) []byte {
	mac := hmac.New(sha256.New, d.secret)
	for _, part := range append([]string{use}, d.parts...) {
		_, _ = fmt.Fprintf(mac, "%d:%s", len(part), part) // a hash takes everything
	}
	return mac.Sum(nil)
}

// requestKeyBytes is half of the hash: 128 bits, which are 32 letters.
const requestKeyBytes = 16

// requestKey identifies the request in the books, in Stripe's idempotency keys and in its metadata.
func (d derivation) requestKey() string {
	return hex.EncodeToString(d.sum("request")[:requestKeyBytes])
}

// derivedCodes bounds how many codes are tried. A code has 40 bits, so that one in a million finds its first one taken in a
// database of a million rows.
const derivedCodes = 8

// code is what a reference or a refund's id is made from. twin counts those that another row has.
func (d derivation) code(twin int) []byte {
	return d.sum(fmt.Sprintf("code/%d", twin))
}

var errNoCodeLeft = errors.New("every code that derives from the request is another row's")
