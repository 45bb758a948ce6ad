package store_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// verify names the rows that have waited too long, what they wait for and since when; the oldest come first.
func TestRowsThatWaitTooLongAreNamed(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.eventful()
	b.Exec(t, "UPDATE refunds SET refund_id = 'RF-WAITS', status = 'requested', failure_reason = 'insufficient_funds', created_at = "+
		"'2026-01-02 03:04:05'")
	b.Exec(t, "UPDATE bookings SET reference = 'FB-WAITS'")
	b.Exec(t, "UPDATE payouts SET stripe_payout_id = 'po_waits', proof = 'pending', created_at = '2026-01-02 03:04:05'")
	for _, named := range []struct{ id, at string }{{"0", "05"}, {"1", "02"}, {"2", "03"}, {"3", "04"}} {
		b.Exec(t, `INSERT INTO payouts (stripe_payout_id, status, amount, currency, automatic, proof, created_at, updated_at)
			VALUES (?, 'paid', 1, 'USD', TRUE, 'pending', ?, '2026-01-01')`, "po_"+named.id, "2026-01-"+named.at)
	}
	details := map[string]string{}
	for _, promise := range b.Promises(t) {
		details[promise.Text] = promise.Detail
	}
	require.Equal(t, "1 rows break it; refund RF-WAITS of FB-WAITS waits for Stripe, which answers insufficient_funds since "+
		"2026-01-02T03:04:05Z",
		details["no refund that Stripe refuses for now waits for more than a week, or without an email to finance"])
	payouts := details["no payout waits for its proof for more than three days"]
	require.True(t, strings.HasPrefix(payouts,
		"5 rows break it; payout po_1 waits for its proof since 2026-01-02T00:00:00Z; payout po_waits waits for its proof since "+
			"2026-01-02T03:04:05Z; payout po_2 "), payouts)
	require.NotContains(t, payouts, "po_3", "three are named")
}
