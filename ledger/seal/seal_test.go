package seal_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"farebook/ledger"
	"farebook/ledger/seal"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 123456000, time.UTC)

func transaction(id uint64) seal.Transaction {
	return seal.Transaction{
		ID: id, BookingID: 7, PostedAt: noon, EntryIDs: []uint64{2 * id, 2*id + 1},
		Transaction: ledger.Transaction{
			Type: ledger.TypePayment, PaymentIntentID: "pi_1", ObjectID: "ch_1", BalanceTransactionID: "txn_1", OperationKey: "key",
			Effective: ledger.Effective{At: noon.Add(-time.Minute), Basis: ledger.ByBalanceTransaction}, Description: "a payment",
			Entries: []ledger.Entry{
				{Account: ledger.AssetStripeClearing, Side: ledger.Debit, Amount: 45900, Currency: "USD"},
				{Account: ledger.LiabilityUnearnedRevenue, Side: ledger.Credit, Amount: 45900, Currency: "USD"},
			},
		},
	}
}

func sealOf(t require.TestingT, previous seal.Seal, to uint64, transactions ...seal.Transaction) seal.Seal {
	r := seal.NewRange(previous, to)
	for _, one := range transactions {
		require.NoError(t, r.Add(one))
	}
	return r.Seal(noon)
}

// Every way to change history changes the digest: of each field, of each entry, and of what is there at all.
func TestEveryChangeOfHistoryChangesTheDigest(t *testing.T) {
	t.Parallel()
	whole := sealOf(t, seal.Seal{}, 3, transaction(1), transaction(3))
	for name, change := range map[string]func(*seal.Transaction){
		"id":                  func(x *seal.Transaction) { x.ID = 2 },
		"booking":             func(x *seal.Transaction) { x.BookingID = 0 },
		"posted at":           func(x *seal.Transaction) { x.PostedAt = x.PostedAt.Add(-time.Microsecond) },
		"effective at":        func(x *seal.Transaction) { x.Effective.At = x.Effective.At.Add(time.Microsecond) },
		"basis":               func(x *seal.Transaction) { x.Effective.Basis = "" },
		"type":                func(x *seal.Transaction) { x.Type = ledger.TypeRefund },
		"PaymentIntent":       func(x *seal.Transaction) { x.PaymentIntentID = "pi_2" },
		"object":              func(x *seal.Transaction) { x.ObjectID = "" },
		"balance transaction": func(x *seal.Transaction) { x.BalanceTransactionID = "txn_2" },
		"fields shifted":      func(x *seal.Transaction) { x.ObjectID, x.BalanceTransactionID = "ch_1t", "xn_1" },
		"operation key":       func(x *seal.Transaction) { x.OperationKey = "" },
		"description":         func(x *seal.Transaction) { x.Description = "a Payment" },
		"entry's id":          func(x *seal.Transaction) { x.EntryIDs[1]++ },
		"entry's account":     func(x *seal.Transaction) { x.Entries[1].Account = ledger.AssetBank },
		"entry's side":        func(x *seal.Transaction) { x.Entries[1].Side = ledger.Debit },
		"entry's amount":      func(x *seal.Transaction) { x.Entries[0].Amount++ },
		"entry's currency":    func(x *seal.Transaction) { x.Entries[0].Currency = "EUR" },
		"entry removed":       func(x *seal.Transaction) { x.Entries, x.EntryIDs = x.Entries[:1], x.EntryIDs[:1] },
		"entry added": func(x *seal.Transaction) {
			x.Entries, x.EntryIDs = append(x.Entries, x.Entries[0]), append(x.EntryIDs, 99)
		},
	} {
		changed := transaction(3)
		change(&changed)
		require.NotEqual(t, whole.Digest, sealOf(t, seal.Seal{}, 3, transaction(1), changed).Digest, name)
	}
	require.NotEqual(t, whole.Digest, sealOf(t, seal.Seal{}, 3, transaction(1)).Digest, "removed")
	require.NotEqual(t, whole.Digest, sealOf(t, seal.Seal{}, 3, transaction(1), transaction(2), transaction(3)).Digest, "added")
	require.NotEqual(t, whole.Digest, sealOf(t, seal.Seal{}, 4, transaction(1), transaction(3)).Digest, "another end")
	require.NotEqual(t, whole.Digest, sealOf(t, seal.Seal{Digest: seal.Digest{1}}, 3, transaction(1), transaction(3)).Digest,
		"another seal before")
	require.Equal(t, whole, sealOf(t, seal.Seal{}, 3, transaction(1), transaction(3)))
}

func TestSealCountsAndSums(t *testing.T) {
	t.Parallel()
	first := sealOf(t, seal.Seal{}, 3, transaction(1), transaction(3))
	require.Equal(t, seal.Sums{ledger.AssetStripeClearing: {"USD": 91800}, ledger.LiabilityUnearnedRevenue: {"USD": -91800}}, first.Sums)
	require.Equal(t, [4]uint64{1, 3, 2, 4}, [4]uint64{first.FromID, first.ToID, first.Transactions, first.Entries})
	second := sealOf(t, first, 9, transaction(8))
	require.NoError(t, first.Follows(second))
	require.ErrorContains(t, first.Follows(sealOf(t, second, 12)), "one is missing")
	second.Previous[0]++
	require.ErrorContains(t, first.Follows(second), "another digest")
	second = sealOf(t, first, 9)
	second.FromID++
	require.ErrorContains(t, first.Follows(second), "begins at transaction 5")
}

// What is out of order or outside the range was not read as the range says.
func TestRangeRefusesWhatDoesNotBelong(t *testing.T) {
	t.Parallel()
	first := sealOf(t, seal.Seal{}, 3, transaction(3))
	for _, ids := range [][]uint64{{3}, {4, 4}, {5, 4}, {7}} {
		r := seal.NewRange(first, 6)
		var err error
		for _, id := range ids {
			err = r.Add(transaction(id))
		}
		require.ErrorContains(t, err, "does not follow", "%v", ids)
	}
	bad := transaction(4)
	bad.EntryIDs = nil
	require.ErrorContains(t, seal.NewRange(first, 6).Add(bad), "0 ids of entries")
}

func TestStatementIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		made := sealOf(r, seal.Seal{Number: rapid.Uint64Range(0, 1<<40).Draw(r, "number")}, 3, transaction(3))
		made.SealedAt = time.UnixMicro(rapid.Int64Range(1, 1<<52).Draw(r, "time")).UTC()
		number, digest, at, err := seal.ParseStatement(made.Statement("in_1"))
		require.NoError(r, err)
		require.Equal(r, made.Number, number)
		require.Equal(r, made.Digest, digest)
		require.True(r, made.SealedAt.Equal(at))
	})
	for _, text := range []string{"", "Farebook ledger seal x", "Farebook ledger seal 1\n", "Farebook ledger seal 1\ndigest: 12\n"} {
		_, _, _, err := seal.ParseStatement(text)
		require.Error(t, err, "%q", text)
	}
}

func newKey(t *testing.T) (seal.Key, []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
	key, err := seal.ParseKey(text)
	require.NoError(t, err)
	return key, text
}

func TestSignatureCoversEveryByte(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t)
	statement := sealOf(t, seal.Seal{}, 3, transaction(3)).Statement("in_1")
	signed := key.Sign(statement)
	read, err := key.Public().Verify(signed)
	require.NoError(t, err)
	require.Equal(t, statement, read)
	for i := range statement {
		changed := []byte(signed)
		changed[i] ^= 1
		_, err := key.Public().Verify(string(changed))
		require.Error(t, err, "byte %d", i)
	}
	_, err = key.Public().Verify(statement)
	require.ErrorContains(t, err, "no signature line")
	other, _ := newKey(t)
	_, err = other.Public().Verify(signed)
	require.ErrorContains(t, err, "signed with key")
}

func TestKeysOfAnotherKindAreRefused(t *testing.T) {
	t.Parallel()
	_, text := newKey(t)
	for _, bad := range []string{
		"", "x", strings.ReplaceAll(string(text), "PRIVATE", "PUBLIC"),
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		_, err := seal.ParseKey([]byte(bad))
		require.Error(t, err)
		require.NotContains(t, err.Error(), "AAAA")
	}
	_, err := seal.ParsePublicKey(text)
	require.Error(t, err)
}
