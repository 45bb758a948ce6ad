package proof_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/testdb"
	"farebook/store/proof"
)

// What the tests break: an old payment, and what proofs say of it.
const (
	breakPayment  = "UPDATE payments SET amount_refunded = amount_refunded + 1 WHERE id = 5"
	repairPayment = "UPDATE payments SET amount_refunded = amount_refunded - 1 WHERE id = 5"
	sealedHistory = "the ledger is as it was sealed, and nothing in it was dated back"
	sealedSums    = "the sums of the seals equal the sums of the sealed ledger, per account and currency"
)

// brokenPayment are the promises that breakPayment breaks.
var brokenPayment = []string{
	"each paid booking's status matches its money", "each payment's refunded amount is the sum of its succeeded refunds",
}

// filled are the books of five days: most of them are older than what a proof reads again.
func filled(t *testing.T, bookings int) *testdb.DB {
	db := testdb.New(t)
	require.NoError(t, bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: bookings}))
	return db
}

// broken are the promises that a proof found broken.
func broken(t *testing.T, result proof.Result, err error) (texts []string) {
	t.Helper()
	require.NoError(t, err)
	for _, promise := range result.Promises {
		if !promise.Held {
			require.NotEmpty(t, promise.Detail, promise.Text)
			texts = append(texts, promise.Text)
		}
	}
	return texts
}

func changes(t *testing.T, db *testdb.DB) []string {
	t.Helper()
	result, err := proof.New(db.Store).Changes(t.Context())
	return broken(t, result, err)
}

func whole(t *testing.T, db *testdb.DB) []string {
	t.Helper()
	result, err := proof.New(db.Store).Whole(t.Context(), proof.Options{})
	return broken(t, result, err)
}

func baseline(t *testing.T, db *testdb.DB) int {
	t.Helper()
	return db.Count(t, "SELECT COALESCE(MAX(id), 0) FROM proofs WHERE held = TRUE")
}

func TestTheFirstProofIsAWholeOne(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	_, err := proof.New(db.Store).Changes(t.Context())
	var none *proof.NoBaselineError
	require.ErrorAs(t, err, &none)
	require.EqualError(t, none, "the whole books have to be proven: they were not proven before")
	require.Empty(t, whole(t, db))
	require.Empty(t, changes(t, db))
}

// Each proof that holds is the baseline of the next. One that is broken leaves the baseline where it was, so that the next one finds the
// same again, however often it is run.
func TestABrokenPromiseDoesNotMoveTheBaseline(t *testing.T) {
	t.Parallel()
	db := filled(t, bigbooks.LeastBookings)
	require.Empty(t, whole(t, db))
	first := baseline(t, db)
	require.Empty(t, changes(t, db))
	require.Greater(t, baseline(t, db), first)

	first = baseline(t, db)
	db.Exec(t, breakPayment)
	db.Exec(t, "UPDATE payments SET updated_at = ? WHERE id = 5", db.Store.Now())
	for range 2 {
		require.Equal(t, brokenPayment, changes(t, db))
		require.Equal(t, first, baseline(t, db))
		db.Clock.Advance(time.Minute)
	}
	db.Exec(t, repairPayment)
	require.Empty(t, changes(t, db))
	require.Greater(t, baseline(t, db), first)
}

// Somebody with the administrator's password changes a row of days ago and no time. Only a whole proof reads it; what that finds is
// checked again from then on, until it is repaired.
func TestATamperedOldRowIsFoundByTheWholeProof(t *testing.T) {
	t.Parallel()
	db := filled(t, bigbooks.LeastBookings)
	require.Empty(t, whole(t, db))
	db.Exec(t, breakPayment)
	require.Empty(t, changes(t, db))
	require.Equal(t, brokenPayment, whole(t, db))
	for range 2 {
		require.Equal(t, brokenPayment, changes(t, db))
	}
	db.Exec(t, repairPayment)
	require.Empty(t, changes(t, db))
	require.Empty(t, whole(t, db))
}

// History that was sealed before the last proof is read by the whole proof; seals that were made since are verified by each.
func TestTamperedHistoryIsFoundByItsSeal(t *testing.T) {
	t.Parallel()
	for name, tampering := range map[string]struct {
		statement string
		found     []string
	}{
		"balanced entries added to an old transaction": {`INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
			SELECT MIN(id), 'expense:stripe_fees', 'debit', 5, 'USD' FROM financial_ledger
			UNION ALL SELECT MIN(id), 'asset:stripe_clearing', 'credit', 5, 'USD' FROM financial_ledger`, []string{sealedHistory, sealedSums}},
		"the sums of a seal changed": {`UPDATE ledger_seals SET sums = REPLACE(sums, 'asset:bank', 'asset:issuing') WHERE number = 1`, []string{sealedHistory, sealedSums}},
		"an old description changed": {"UPDATE financial_ledger SET description = 'another' ORDER BY id LIMIT 1", []string{sealedHistory}},
		"an old transaction dated off": {
			"UPDATE financial_ledger SET effective_at = effective_at - INTERVAL 1 DAY ORDER BY id LIMIT 1", []string{sealedHistory},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := filled(t, bigbooks.LeastBookings)
			require.Empty(t, whole(t, db))
			db.Exec(t, tampering.statement)
			require.Empty(t, changes(t, db), "the seal was verified before")
			require.Equal(t, tampering.found, whole(t, db))
		})
	}
}

func TestASealThatWasMadeAnewIsFoundFromTheLastProof(t *testing.T) {
	t.Parallel()
	db := filled(t, bigbooks.LeastBookings)
	require.Empty(t, whole(t, db))
	db.Exec(t, "DELETE FROM ledger_seals")
	require.Equal(t, []string{sealedHistory}, changes(t, db))
	_, made, err := db.Store.SealLedger(t.Context())
	require.NoError(t, err)
	require.True(t, made)
	require.Contains(t, changes(t, db), sealedHistory, "another digest")
}

// A proof that is interrupted continues behind the last range that was recorded, also when the interruption came between two ranges of
// different tables.
func TestAnInterruptedProofContinues(t *testing.T) {
	t.Parallel()
	const bookings = 12_000 // five ranges, and as many of the ledger and of keys
	db := filled(t, bookings)
	prover := proof.New(db.Store)
	db.Exec(t, breakPayment) // in the first range
	ranges := func(stopAfter int) (all int) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		_, err := prover.Whole(ctx, proof.Options{Progress: func(at proof.Progress) {
			require.NotEmpty(t, at.Subject)
			if all++; all == stopAfter {
				stop()
			}
		}})
		if stopAfter > 0 {
			require.ErrorIs(t, err, context.Canceled)
		} else {
			require.NoError(t, err)
		}
		return all
	}
	first := ranges(2)
	done := db.Count(t, "SELECT SUM(done_to) FROM proof_parts")
	require.NotZero(t, done)
	second := ranges(0)
	require.Equal(t, 1, db.Count(t, "SELECT COUNT(*) FROM proofs"), "one proof")
	require.Equal(t, 1, db.Count(t, "SELECT COUNT(*) FROM proofs WHERE held = FALSE"), "what the first ranges had found counts")
	require.Zero(t, db.Count(t, "SELECT COUNT(*) FROM proof_parts WHERE done_to <> to_id"))
	db.Exec(t, repairPayment)
	whole := ranges(0)
	require.LessOrEqual(t, first+second, whole, "no range was read twice")
	require.GreaterOrEqual(t, first+second, whole-1, "one of two at a time may be recorded and not reported at the end")
}

// Two processes do not continue the same proof: the second one says so.
func TestAProofIsContinuedByOne(t *testing.T) {
	t.Parallel()
	db := filled(t, bigbooks.LeastBookings)
	prover := proof.New(db.Store)
	met := false
	_, err := prover.Whole(t.Context(), proof.Options{Progress: func(proof.Progress) {
		if met {
			return
		}
		met = true
		var running *proof.RunningError
		_, err := prover.Whole(t.Context(), proof.Options{})
		require.ErrorAs(t, err, &running)
	}})
	require.NoError(t, err)
	require.True(t, met)
}

// The clearing balance and all others are the seals' sums and the rest: the same as the sums of all entries, with seals, without, and
// after a proof that has recorded the sums.
func TestBalancesAreTheSealsAndTheRest(t *testing.T) {
	t.Parallel()
	db := filled(t, bigbooks.LeastBookings)
	requireBalances := func() {
		t.Helper()
		balances, err := db.Store.Balances(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, balances)
		for _, balance := range balances {
			require.Equal(t, int64(db.Count(t, `SELECT SUM(CASE side WHEN 'debit' THEN amount ELSE -amount END) FROM ledger_entries
				WHERE account = ? AND currency = ?`, balance.Account, balance.Currency)), balance.Amount, balance.Account)
		}
		require.Len(t, balances, db.Count(t, "SELECT COUNT(DISTINCT account, currency) FROM ledger_entries"))
	}
	requireBalances()
	require.Empty(t, whole(t, db))
	requireBalances()
	db.Exec(t, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
		SELECT MAX(id), 'equity:suspense', 'debit', 7, 'EUR' FROM financial_ledger`)
	db.Exec(t, "DELETE FROM ledger_seals")
	requireBalances()
	db.Exec(t, "DELETE FROM proof_parts")
	db.Exec(t, "DELETE FROM proofs")
	requireBalances()
}
