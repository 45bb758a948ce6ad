package testkit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

// RequireLedger requires that a booking has valid ledger transactions of exactly these types, in any order.
func (s *Stack) RequireLedger(reference string, types ...string) {
	s.T.Helper()
	transactions, err := s.DB.Store.Ledger(s.T.Context(), booking.Reference(reference))
	require.NoError(s.T, err)
	var found []string
	for _, transaction := range transactions {
		require.NoError(s.T, transaction.Validate())
		found = append(found, string(transaction.Type))
	}
	slices.Sort(found)
	slices.Sort(types)
	require.Equal(s.T, types, found)
}

// LedgerDigest returns a hash of all ledger rows.
func (s *Stack) LedgerDigest() string { return s.MarkLedger().digest }

// LedgerMark is the state of the ledger at one moment.
type LedgerMark struct {
	lastEntry int
	digest    string // of all entries up to that one
}

// MarkLedger returns the present state of the ledger.
func (s *Stack) MarkLedger() LedgerMark {
	s.T.Helper()
	return s.ledgerUpTo(s.DB.Count(s.T, "SELECT COALESCE(MAX(id), 0) FROM ledger_entries"))
}

// LedgerKept checks promise 4: all rows up to a mark are unchanged.
func (s *Stack) LedgerKept(mark LedgerMark) error {
	s.T.Helper()
	if mark != (LedgerMark{}) && s.ledgerUpTo(mark.lastEntry) != mark {
		return errors.New("promise 4: rows of the ledger have changed")
	}
	return nil
}

func (s *Stack) ledgerUpTo(entry int) LedgerMark {
	text := s.DB.Text(s.T, `SELECT COALESCE(GROUP_CONCAT(CONCAT_WS('|', l.id, l.type, l.stripe_payment_intent_id, l.stripe_object_id,
		e.account, e.side, e.amount, e.currency) ORDER BY e.id SEPARATOR '\n'), '')
		FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id WHERE e.id <= ?`, entry)
	sum := sha256.Sum256([]byte(text))
	return LedgerMark{entry, hex.EncodeToString(sum[:])}
}
