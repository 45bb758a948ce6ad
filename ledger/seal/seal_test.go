package seal_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	_ "farebook/internal/dev/pinned" // the same draws each time
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
	return sealIn(t, seal.NewRange(previous, to), transactions...)
}

func sealIn(t require.TestingT, r *seal.Range, transactions ...seal.Transaction) seal.Seal {
	for _, one := range transactions {
		require.NoError(t, r.Add(one))
	}
	sealed, err := r.Seal(noon)
	require.NoError(t, err)
	return sealed
}

// Every way to change history changes the digest, in both formats: of each field, of each entry, and of what is there at all.
func TestEveryChangeOfHistoryChangesTheDigest(t *testing.T) {
	t.Parallel()
	sequence := sealIn(t, seal.Recompute(seal.Seal{Number: 1, FromID: 1, ToID: 3}), transaction(1), transaction(3))
	require.Equal(t, seal.FormatSequence, sequence.Format())
	whole := sealOf(t, seal.Seal{}, 3, transaction(1), transaction(3))
	require.Equal(t, seal.FormatTree, whole.Format())
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
		require.NotEqual(t, sequence.Digest, sealIn(t, seal.Recompute(sequence), transaction(1), changed).Digest, name)
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

// What the first release of seals has made verifies as it did, and its seals are followed by seals of the newer format.
func TestSealsOfTheFirstFormatStayVerifiable(t *testing.T) {
	t.Parallel()
	first := sealIn(t, seal.Recompute(seal.Seal{Number: 1, FromID: 1, ToID: 3}), transaction(1), transaction(3))
	require.Equal(t, "9705760b7ca294395f35329bcc648f94d23a4708df71a663759efe2b0d1a700e", first.Digest.String())
	second := sealIn(t, seal.Recompute(seal.Seal{Number: 2, FromID: 4, ToID: 9, Previous: first.Digest}), transaction(8))
	require.Equal(t, "361591954a1d9f6e4f650d536d8d5b19128526f5497cba223b17e28823b867e4", second.Digest.String())
	const statement = `Farebook ledger seal 1
installation: in_1
transactions: 2, from id 1 to 3
entries: 4
sum: asset:stripe_clearing USD 918.00
sum: liability:unearned_revenue USD -918.00
previous: 0000000000000000000000000000000000000000000000000000000000000000
digest: 9705760b7ca294395f35329bcc648f94d23a4708df71a663759efe2b0d1a700e
sealed at: 2026-11-25T12:00:00.123456Z
`
	require.Equal(t, statement, first.Statement("in_1"))
	read, installation, err := seal.ParseStatement(statement)
	require.NoError(t, err)
	require.Equal(t, "in_1", installation)
	require.Equal(t, first.Digest, read.Digest)
	require.Equal(t, seal.FormatSequence, read.Format())
	require.NoError(t, first.Intact())
	newer := sealOf(t, second, 12, transaction(11))
	require.NoError(t, second.Follows(newer))
	require.Equal(t, seal.FormatTree, newer.Format())
}

func TestStatementIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		number := rapid.Uint64Range(0, 1<<40).Draw(r, "number")
		ranged := seal.NewRange(seal.Seal{Number: number, ToID: 1}, 3)
		require.NoError(r, ranged.Add(transaction(3)))
		made, err := ranged.Seal(time.UnixMicro(rapid.Int64Range(1, 1<<52).Draw(r, "time")))
		require.NoError(r, err)
		for _, text := range []string{made.Statement("in_1"), made.Extract("in_1")} {
			read, installation, err := seal.ParseStatement(text)
			require.NoError(r, err, text)
			require.Equal(r, "in_1", installation)
			require.NotEmpty(r, made.Sums)
			read.Sums = made.Sums // the text has decimals, and the reader leaves them to the hash
			require.Equal(r, made, read)
		}
	})
}

// Each line of a statement is under its digest or under the hash of its sums; an extract shows no sum.
func TestChangedStatementIsRefused(t *testing.T) {
	t.Parallel()
	made := sealOf(t, seal.Seal{}, 3, transaction(3))
	statement := made.Statement("in_1")
	require.NotContains(t, made.Extract("in_1"), "459")
	require.Contains(t, statement, "\nsum: asset:stripe_clearing USD 459.00\n")
	for says, texts := range map[string][]string{
		"does not begin with": {"", "Farebook ledger seal x", "x" + statement},
		"the text is cut":     {"Farebook ledger seal 1\n", strings.SplitAfter(statement, made.Digest.String()+"\n")[0]},
		"lines above it": {
			strings.Replace(statement, "seal 1", "seal 2", 1), strings.Replace(statement, "entries: 2", "entries: 4", 1),
			strings.Replace(statement, "to 3", "to 4", 1), strings.Replace(statement, "12:00", "11:00", 1),
			strings.Replace(statement, "root", "format: 2\nroot", 1), strings.Replace(statement, "previous: 0", "previous: 1", 1),
		},
		"the sums are not those": {strings.Replace(statement, "459.00", "460.00", 1), statement + "sum: asset:bank USD 1.00\n"},
		"digest":                 {strings.Replace(statement, "digest: ", "digest: x", 1)},
		"is not known to":        {strings.Replace(statement, "format: 2", "format: 3", 1)},
		"has only one of the lines": {
			strings.Replace(statement, "format: 2\n", "", 1), strings.Replace(statement, "format: 2", "format:2", 1),
		},
	} {
		for _, text := range texts {
			_, _, err := seal.ParseStatement(text)
			require.ErrorContains(t, err, says, "%q", text)
		}
	}
	read, _, err := seal.ParseStatement(made.Extract("in_1") + "root: " + made.Digest.String() + "\n")
	require.Error(t, err, "%v", read)
}

func TestChangedSealIsNotIntact(t *testing.T) {
	t.Parallel()
	made := sealOf(t, seal.Seal{}, 3, transaction(3))
	require.NoError(t, made.Intact())
	for name, change := range map[string]func(*seal.Seal){
		"sums":         func(s *seal.Seal) { s.Sums = seal.Sums{ledger.AssetBank: {"USD": 1}} },
		"time":         func(s *seal.Seal) { s.SealedAt = s.SealedAt.Add(time.Hour) },
		"transactions": func(s *seal.Seal) { s.Transactions++ },
		"end":          func(s *seal.Seal) { s.ToID++ },
		"root":         func(s *seal.Seal) { s.Root[0]++ },
	} {
		changed := made
		change(&changed)
		require.ErrorContains(t, changed.Intact(), "was changed", name)
	}
}

// merkleRoot is the Merkle tree hash as RFC 6962, section 2.1 defines it, over the hashes of the leaves.
func merkleRoot(leaves [][]byte) []byte {
	if len(leaves) == 1 {
		return leaves[0]
	}
	half := 1
	for 2*half < len(leaves) {
		half *= 2
	}
	node := sha256.Sum256(slices.Concat([]byte{1}, merkleRoot(leaves[:half]), merkleRoot(leaves[half:])))
	return node[:]
}

// The leaf of a transaction is the root of a range with that transaction alone.
func leafOf(t require.TestingT, one seal.Transaction) []byte {
	root := sealOf(t, seal.Seal{}, one.ID, one).Root
	return root[:]
}

// The path of each transaction leads to the root, whatever the size of the range, and that of no other transaction does.
func TestPathsLeadToTheRoot(t *testing.T) {
	t.Parallel()
	for _, size := range []uint64{1, 2, 3, 4, 5, 7, 8, 33, 100} {
		r := seal.NewRange(seal.Seal{}, 2*size)
		var leaves [][]byte
		for id := uint64(2); id <= 2*size; id += 2 {
			require.NoError(t, r.Add(transaction(id)))
			leaves = append(leaves, leafOf(t, transaction(id)))
		}
		made, err := r.Seal(noon)
		require.NoError(t, err)
		require.Equal(t, merkleRoot(leaves), made.Root[:], "%d transactions", size)
		for id := uint64(2); id <= 2*size; id += 2 {
			path, found, err := r.Path(id)
			require.NoError(t, err)
			require.True(t, found)
			require.NoError(t, path.Check(transaction(id), made.Root, size))
			require.Error(t, path.Check(transaction(id+1), made.Root, size))
			require.Error(t, path.Check(transaction(id), made.Digest, size))
			for _, transactions := range []uint64{path.Leaf, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
				require.Error(t, path.Check(transaction(id), made.Root, transactions), "a file from outside may say anything")
			}
			longer := seal.Path{Leaf: path.Leaf, Hashes: append(path.Hashes, seal.Digest{})}
			require.Error(t, longer.Check(transaction(id), made.Root, size))
			for i := range path.Hashes {
				path.Hashes[i][0]++
				require.Error(t, path.Check(transaction(id), made.Root, size))
				path.Hashes[i][0]--
			}
		}
		after, to := r.Missing()
		require.Equal(t, [2]uint64{2 * size, 2 * size}, [2]uint64{after, to})
		_, found, err := r.Path(1)
		require.NoError(t, err)
		require.False(t, found)
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
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	raw, err := x509.MarshalPKIXPublicKey(other.Public())
	require.NoError(t, err)
	_, err = seal.ParsePublicKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: raw}))
	require.ErrorContains(t, err, "not an Ed25519 key")
}
