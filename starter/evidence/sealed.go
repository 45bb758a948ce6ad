package evidence

import (
	"context"
	"time"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store"
)

// Sealed has the booking's transactions as the ledger's seals cover them, each with the path to its seal, and the seals from there to one
// that is signed. Whoever has the public key verifies it without the database; see Verify and docs/seals.md.
type Sealed struct {
	Installation string              `json:"installation" doc:"The database that the ledger is in." example:"in_7K2M9QXA"`
	Transactions []SealedTransaction `json:"transactions" nullable:"false" doc:"Every transaction of the booking, by id."`
	Seals        []string            `json:"seals" nullable:"false" doc:"The statements of the seals, without sums, by number. Each is followed by the next one or ends with a signature."`
}

// SealedTransaction is a ledger transaction with every field that a seal covers.
type SealedTransaction struct {
	ID                   uint64        `json:"id"`
	BookingID            uint64        `json:"bookingId"`
	PostedAt             time.Time     `json:"postedAt"`
	EffectiveAt          time.Time     `json:"effectiveAt,omitzero"`
	EffectiveBasis       string        `json:"effectiveBasis,omitempty"`
	Type                 string        `json:"type"`
	PaymentIntentID      string        `json:"paymentIntentId,omitempty"`
	ObjectID             string        `json:"objectId,omitempty"`
	BalanceTransactionID string        `json:"balanceTransactionId,omitempty"`
	OperationKey         string        `json:"operationKey,omitempty"`
	Description          string        `json:"description"`
	Entries              []SealedEntry `json:"entries" nullable:"false"`
	Seal                 uint64        `json:"seal,omitempty" doc:"The number of its seal; absent for a transaction that is not sealed yet."`
	Path                 *SealedPath   `json:"path,omitempty" doc:"The way to the root of its seal."`
}

// SealedEntry is an entry with its id. The amount is in minor units.
type SealedEntry struct {
	ID       uint64 `json:"id"`
	Account  string `json:"account"`
	Side     string `json:"side"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// SealedPath is the audit path of RFC 6962, section 2.1.1.
type SealedPath struct {
	Leaf   uint64   `json:"leaf" doc:"Which transaction of its seal it is, from 0."`
	Hashes []string `json:"hashes" nullable:"false" doc:"From the leaf to the root, each 64 hexadecimal digits."`
}

// addLedger adds the transactions, each with the path to its seal, and signs the last seal of each chain.
func (b *Bundle) addLedger(ctx context.Context, books *store.Store, known store.Booking, key *seal.Key) error {
	installation, err := books.Installation(ctx)
	if err != nil {
		return err
	}
	transactions, links, err := books.SealedTransactions(ctx, known.ID)
	b.Sealed.Installation = installation.ID
	for _, transaction := range transactions {
		b.happened(transaction.PostedAt, "posted: "+transaction.Description, transaction.BalanceTransactionID)
		sealed := sealedTransaction(transaction)
		b.Sealed.Transactions = append(b.Sealed.Transactions, sealed)
		b.Ledger = append(b.Ledger, sealed.postings()...)
	}
	for _, link := range links {
		statement := link.Extract(installation.ID)
		if key != nil && link.End {
			statement = key.Sign(statement)
		}
		b.Sealed.Seals = append(b.Sealed.Seals, statement)
	}
	return err
}

// postings are the transaction's entries in the form of the bundle's ledger.
func (t SealedTransaction) postings() []Posting {
	out := make([]Posting, len(t.Entries))
	for i, entry := range t.Entries {
		out[i] = Posting{
			PostedAt: t.PostedAt, EffectiveAt: t.EffectiveAt, Type: t.Type, Account: entry.Account, Side: entry.Side, Amount: entry.Amount,
			Currency: entry.Currency, BalanceTransactionID: t.BalanceTransactionID,
		}
	}
	return out
}

func sealedTransaction(t store.SealedTransaction) SealedTransaction {
	out := SealedTransaction{
		ID: t.ID, BookingID: t.BookingID, PostedAt: t.PostedAt, EffectiveAt: t.Effective.At, EffectiveBasis: string(t.Effective.Basis),
		Type: string(t.Type), PaymentIntentID: t.PaymentIntentID, ObjectID: t.ObjectID, BalanceTransactionID: t.BalanceTransactionID,
		OperationKey: t.OperationKey, Description: t.Description, Entries: make([]SealedEntry, len(t.Entries)), Seal: t.Seal,
	}
	for i, entry := range t.Entries {
		out.Entries[i] = SealedEntry{
			ID: t.EntryIDs[i], Account: string(entry.Account), Side: string(entry.Side), Amount: entry.Amount, Currency: string(entry.Currency),
		}
	}
	if t.Path != nil {
		out.Path = &SealedPath{Leaf: t.Path.Leaf, Hashes: make([]string, len(t.Path.Hashes))}
		for i, hash := range t.Path.Hashes {
			out.Path.Hashes[i] = hash.String()
		}
	}
	return out
}

// domain is the transaction as a seal hashes it.
func (t SealedTransaction) domain() seal.Transaction {
	out := seal.Transaction{
		ID: t.ID, BookingID: t.BookingID, PostedAt: t.PostedAt,
		Transaction: ledger.Transaction{
			Type: ledger.Type(t.Type), PaymentIntentID: t.PaymentIntentID, ObjectID: t.ObjectID, BalanceTransactionID: t.BalanceTransactionID,
			OperationKey: t.OperationKey, Description: t.Description,
			Effective: ledger.Effective{At: t.EffectiveAt, Basis: ledger.Basis(t.EffectiveBasis)},
		},
	}
	for _, entry := range t.Entries {
		out.EntryIDs = append(out.EntryIDs, entry.ID)
		out.Entries = append(out.Entries, ledger.Entry{
			Account: ledger.Account(entry.Account), Side: ledger.Side(entry.Side), Amount: entry.Amount, Currency: money.Currency(entry.Currency),
		})
	}
	return out
}

func (p SealedPath) domain() (seal.Path, error) {
	out := seal.Path{Leaf: p.Leaf, Hashes: make([]seal.Digest, len(p.Hashes))}
	for i, text := range p.Hashes {
		hash, err := seal.ParseDigest(text)
		if err != nil {
			return seal.Path{}, err
		}
		out.Hashes[i] = hash
	}
	return out, nil
}
