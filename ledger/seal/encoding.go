package seal

import (
	"encoding/binary"
	"fmt"

	"farebook/ledger"
)

// encoding is a list of fields as bytes, of which no two lists have the same.
type encoding []byte

// text writes a field with its length before it.
func (e *encoding) text(field string) {
	e.number(uint64(len(field)))
	*e = append(*e, field...)
}

func (e *encoding) number(n uint64) { *e = binary.BigEndian.AppendUint64(*e, n) }

// encode returns the bytes of a transaction that a digest covers: every column of it and of its entries.
func (t Transaction) encode() (encoding, error) {
	if len(t.EntryIDs) != len(t.Entries) {
		return nil, fmt.Errorf("transaction %d has %d entries and %d ids of entries", t.ID, len(t.Entries), len(t.EntryIDs))
	}
	var out encoding
	out.number(t.ID)
	out.number(t.BookingID)
	out.number(uint64(t.PostedAt.UnixMicro()))           //nolint:gosec // bits, which are the same for each time
	out.number(uint64(t.Effective.At.UTC().UnixMicro())) //nolint:gosec // bits, which are the same for each time
	for _, field := range []string{
		string(t.Type), t.PaymentIntentID, t.ObjectID, t.BalanceTransactionID, t.OperationKey, string(t.Effective.Basis), t.Description,
	} {
		out.text(field)
	}
	out.number(uint64(len(t.Entries)))
	for i, entry := range t.Entries {
		out.entry(t.EntryIDs[i], entry)
	}
	return out, nil
}

func (e *encoding) entry(id uint64, entry ledger.Entry) {
	e.number(id)
	e.text(string(entry.Account))
	e.text(string(entry.Side))
	e.number(uint64(entry.Amount)) //nolint:gosec // bits, which are the same for each amount
	e.text(string(entry.Currency))
}
