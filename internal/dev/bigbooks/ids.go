package bigbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"farebook/booking"
)

// Token is the token of the API key that takes the bookings of a client; clients count from 1.
func Token(client int) string { return "fbk_bigbooks" + number(client) }

// ClientOf is the client of booking n in books of that many bookings, PerClient at least.
func ClientOf(n, bookings int) int { return 1 + n%(bookings/PerClient) }

// Reference is that of booking n; bookings count from 1, the oldest one.
func Reference(n int) booking.Reference {
	return booking.Reference(fmt.Sprintf("FB-%08X", uint32(n*2654435761))) //nolint:gosec // modulo 2^32
}

// Intent is the PaymentIntent of booking n.
func Intent(n int) string { return stripeID("pi_", n) }

// Charge is the charge of its payment.
func Charge(n int) string { return stripeID("ch_", n) }

// BalanceTransaction is that of its payment.
func BalanceTransaction(n int) string { return stripeID("txn_", n) }

// stripeID is what the expressions of the statements make. SHA2 is the only digest that both servers have: MySQL 9.6 has dropped MD5.
func stripeID(prefix string, n int) string {
	sum := sha256.Sum256([]byte(prefix + number(n)))
	return prefix + hex.EncodeToString(sum[:])[:24]
}
