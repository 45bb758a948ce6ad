package store_test

import (
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
	"farebook/ledger/seal"
)

// post appends a balanced transaction, in a transaction of the database that the caller ends. locked says whether it first takes the lock
// that whoever posts shares.
func (b books) post(tx *sql.Tx, locked bool) {
	b.t.Helper()
	if locked {
		_, err := tx.ExecContext(b.t.Context(), "SELECT opened_at FROM ledger_opening WHERE id = 1 LOCK IN SHARE MODE")
		require.NoError(b.t, err)
	}
	inserted, err := tx.ExecContext(b.t.Context(), `INSERT INTO financial_ledger
		(type, operation_key, description, posted_at, effective_at, effective_basis) VALUES ('correction', UUID(), 'a test', ?, ?, 'person')`,
		b.Store.Now(), b.Store.Now())
	require.NoError(b.t, err)
	id, err := inserted.LastInsertId()
	require.NoError(b.t, err)
	_, err = tx.ExecContext(b.t.Context(), `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) VALUES
		(?, 'asset:bank', 'debit', 100, 'USD'), (?, 'asset:stripe_clearing', 'credit', 100, 'USD')`, id, id)
	require.NoError(b.t, err)
}

func (b books) begin() *sql.Tx {
	b.t.Helper()
	tx, err := b.SQL.BeginTx(b.t.Context(), nil)
	require.NoError(b.t, err)
	return tx
}

// posted appends a balanced transaction and commits it.
func (b books) posted() {
	b.t.Helper()
	tx := b.begin()
	b.post(tx, true)
	require.NoError(b.t, tx.Commit())
}

func (b books) seal() (seal.Seal, bool) {
	b.t.Helper()
	made, sealed, err := b.Store.SealLedger(b.t.Context())
	require.NoError(b.t, err)
	return made, sealed
}

// chain verifies the chain and returns the reasons why it does not hold.
func (b books) chain() (reasons []string) {
	b.t.Helper()
	chain, err := b.Store.VerifyChain(b.t.Context(), func(seal.Seal) {})
	require.NoError(b.t, err)
	require.Equal(b.t, len(chain.Broken) == 0, chain.Holds())
	for _, broken := range chain.Broken {
		reasons = append(reasons, broken.Reason)
	}
	return reasons
}

func TestSealsCoverTheLedgerWithoutGaps(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	_, sealed := b.seal()
	require.False(t, sealed, "an empty ledger")
	b.paidBooking()
	first, sealed := b.seal()
	require.True(t, sealed)
	_, sealed = b.seal()
	require.False(t, sealed, "nothing new")
	b.posted()
	b.posted()
	second, sealed := b.seal()
	require.True(t, sealed)
	require.NoError(t, first.Follows(second))
	require.Equal(t, uint64(1), first.Number)
	require.Equal(t, uint64(2), second.Transactions)
	require.Equal(t, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"), int(first.Transactions+second.Transactions))
	require.Equal(t, b.Count(t, "SELECT MAX(id) FROM financial_ledger"), int(second.ToID))
	b.posted()
	chain, err := b.Store.VerifyChain(t.Context(), func(seal.Seal) {})
	require.NoError(t, err)
	require.True(t, chain.Holds())
	require.Equal(t, [2]uint64{2, 1}, [2]uint64{chain.Seals, chain.Unsealed})
	require.Equal(t, second, chain.Last)
}

// Somebody with the database's password changes history in every way there is: the chain says in which range.
func TestTamperingBreaksTheChain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statements []string
		says       string
	}{
		"amount changed": {
			[]string{"UPDATE ledger_entries SET amount = amount + 1 WHERE ledger_id = 1"}, "was changed after it was sealed",
		},
		"account changed": {
			[]string{"UPDATE ledger_entries SET account = 'asset:bank' WHERE id = 1"}, "was changed after it was sealed",
		},
		"description changed": {
			[]string{"UPDATE financial_ledger SET description = 'another' WHERE id = 1"}, "was changed after it was sealed",
		},
		"dated back": {
			[]string{"UPDATE financial_ledger SET posted_at = '2020-01-01' WHERE id = 1"}, "was changed after it was sealed",
		},
		"effective date changed": {
			[]string{"UPDATE financial_ledger SET effective_at = effective_at - INTERVAL 1 DAY WHERE id = 1"}, "was changed after it was sealed",
		},
		"balanced lines added to an old transaction": {
			[]string{`INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
				VALUES (1, 'asset:bank', 'debit', 5, 'USD'), (1, 'asset:stripe_clearing', 'credit', 5, 'USD')`},
			"transactions with",
		},
		"an entry removed": {[]string{"DELETE FROM ledger_entries WHERE id = 1"}, "transactions with"},
		"a transaction removed": {
			[]string{"DELETE FROM ledger_entries WHERE ledger_id = 1", "DELETE FROM financial_ledger WHERE id = 1"}, "transactions with",
		},
		"a transaction added that says 2020": {
			[]string{
				"INSERT INTO financial_ledger (type, description, posted_at, effective_at, effective_basis) VALUES ('correction', '', '2020-01-01', " +
					"'2020-01-01', 'person')",
				`INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT MAX(id), 'asset:bank', 'debit', 5, 'USD' FROM financial_ledger`,
			}, "dated back",
		},
		"a transaction moved past its seal": {
			[]string{
				"SET FOREIGN_KEY_CHECKS = 0", "UPDATE ledger_entries SET ledger_id = 1000 WHERE ledger_id = 1",
				"UPDATE financial_ledger SET id = 1000 WHERE id = 1",
			}, "transactions with",
		},
		"a seal removed":       {[]string{"DELETE FROM ledger_seals WHERE number = 1"}, "one is missing"},
		"a seal's range moved": {[]string{"UPDATE ledger_seals SET from_id = from_id + 1 WHERE number = 2"}, "begins at transaction"},
		"a seal's sums changed": {
			[]string{`UPDATE ledger_seals SET sums = '{"asset:bank": {"USD": 1}}' WHERE number = 1`}, "was changed: its digest does not cover",
		},
		"a seal dated back": {
			[]string{"UPDATE ledger_seals SET sealed_at = sealed_at - INTERVAL 1 YEAR WHERE number = 1"}, "was changed: its digest does not cover",
		},
		"a seal's root removed": {[]string{"UPDATE ledger_seals SET root = NULL WHERE number = 1"}, "was changed after it was sealed"},
		"a seal replaced":       {[]string{"UPDATE ledger_seals SET digest = REPEAT('x', 32) WHERE number = 1"}, "names another digest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			b.paidBooking()
			b.seal()
			b.Clock.Advance(2 * time.Hour)
			b.posted()
			b.seal()
			require.Empty(t, b.chain())
			connection, err := b.SQL.Conn(t.Context())
			require.NoError(t, err)
			defer func() { require.NoError(t, connection.Close()) }()
			for _, statement := range c.statements {
				_, err := connection.ExecContext(t.Context(), statement)
				require.NoError(t, err)
			}
			require.Contains(t, fmt.Sprint(b.chain()), c.says)
		})
	}
}

// A transaction that has taken an id and has not committed keeps the ledger from being sealed past it, whether it holds the lock that
// whoever posts shares, or has inserted its row without it as another program would.
func TestWhatIsInFlightIsNotSealedOver(t *testing.T) {
	t.Parallel()
	for name, locked := range map[string]bool{"with the lock": true, "without the lock": false} {
		for end, finish := range map[string]func(*sql.Tx) error{"commits": (*sql.Tx).Commit, "is killed": (*sql.Tx).Rollback} {
			t.Run(name+", then it "+end, func(t *testing.T) {
				t.Parallel()
				b := newBooks(t)
				held := b.begin()
				b.post(held, locked) // id 1, in flight
				b.posted()           // id 2, committed
				_, _, err := b.Store.SealLedger(t.Context())
				require.ErrorContains(t, err, "Lock wait timeout")
				require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM ledger_seals"))
				require.NoError(t, finish(held))
				made, sealed := b.seal()
				require.True(t, sealed)
				require.Equal(t, [2]uint64{1, 2}, [2]uint64{made.FromID, made.ToID})
				require.Equal(t, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"), int(made.Transactions))
				require.Empty(t, b.chain())
			})
		}
	}
}

// The process dies with a transaction open: the server rolls it back, and its id stays unused inside a sealed range.
func TestAKilledConnectionLeavesAGapThatIsSealed(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	held := b.begin()
	b.post(held, true)
	var connection int
	require.NoError(t, held.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&connection))
	b.posted()
	b.Exec(t, fmt.Sprintf("KILL %d", connection))
	require.Error(t, held.Commit())
	made, sealed := b.seal()
	require.True(t, sealed)
	require.Equal(t, [3]uint64{1, 2, 1}, [3]uint64{made.FromID, made.ToID, made.Transactions})
	require.Empty(t, b.chain())
}

func TestTwoThatSealAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	for range 5 {
		b.posted()
		var sealers sync.WaitGroup
		for range 3 {
			sealers.Go(func() {
				_, _, err := b.Store.SealLedger(t.Context())
				if err != nil {
					t.Error(err)
				}
			})
		}
		sealers.Wait()
	}
	require.Empty(t, b.chain())
	require.Equal(t, 5, b.Count(t, "SELECT SUM(transactions) FROM ledger_seals"))
}

// A transaction of an older release has no effective date until `starter migrate` completes it: what completes it later must not break a
// seal.
func TestUndatedTransactionsAreNotSealed(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.posted()
	b.posted()
	b.Exec(t, "UPDATE financial_ledger SET effective_at = NULL, effective_basis = NULL WHERE id = 2")
	made, sealed := b.seal()
	require.True(t, sealed)
	require.Equal(t, uint64(1), made.ToID)
	_, sealed = b.seal()
	require.False(t, sealed)
	b.Exec(t, "UPDATE financial_ledger SET effective_at = posted_at, effective_basis = 'posted' WHERE id = 2")
	_, sealed = b.seal()
	require.True(t, sealed)
	require.Empty(t, b.chain())
}

// A seal of the first format has no root: it is verified in its own format, and the next seal is made in the newer one.
func TestSealOfTheFirstFormatIsVerified(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	b.Exec(t, `INSERT INTO financial_ledger (id, type, operation_key, description, posted_at, effective_at, effective_basis) VALUES
		(1, 'correction', 'key', 'a test', '2026-11-25 12:00:00', '2026-11-25 12:00:00', 'person')`)
	b.Exec(t, `INSERT INTO ledger_entries (id, ledger_id, account, side, amount, currency) VALUES
		(1, 1, 'asset:bank', 'debit', 100, 'USD'), (2, 1, 'asset:stripe_clearing', 'credit', 100, 'USD')`)
	ranged := seal.Recompute(seal.Seal{Number: 1, FromID: 1, ToID: 1})
	require.NoError(t, ranged.Add(seal.Transaction{
		ID: 1, PostedAt: at, EntryIDs: []uint64{1, 2},
		Transaction: ledger.Transaction{
			Type: ledger.TypeCorrection, OperationKey: "key", Description: "a test",
			Effective: ledger.Effective{At: at, Basis: ledger.ByPerson},
			Entries: []ledger.Entry{
				{Account: ledger.AssetBank, Side: ledger.Debit, Amount: 100, Currency: "USD"},
				{Account: ledger.AssetStripeClearing, Side: ledger.Credit, Amount: 100, Currency: "USD"},
			},
		},
	}))
	earlier, err := ranged.Seal(at)
	require.NoError(t, err)
	b.Exec(t, fmt.Sprintf(`INSERT INTO ledger_seals (number, from_id, to_id, transactions, entries, sums, previous_digest, digest, sealed_at)
		VALUES (1, 1, 1, 1, 2, '{"asset:bank":{"USD":100},"asset:stripe_clearing":{"USD":-100}}', REPEAT(x'00', 32), x'%s',
		'2026-11-25 12:00:00')`, earlier.Digest))
	require.Empty(t, b.chain())
	b.posted()
	made, sealed := b.seal()
	require.True(t, sealed)
	require.Equal(t, seal.FormatTree, made.Format())
	require.Equal(t, earlier.Digest, made.Previous)
	require.Empty(t, b.chain())
	b.Exec(t, "UPDATE ledger_entries SET amount = 101 WHERE ledger_id = 1")
	require.Contains(t, fmt.Sprint(b.chain()), "was changed after it was sealed")
}
