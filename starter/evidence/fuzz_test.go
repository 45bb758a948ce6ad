package evidence_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/starter/evidence"
)

func newKey(t testing.TB) seal.Key {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	key, err := seal.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
	require.NoError(t, err)
	return key
}

// signedBundle is evidence of one transaction under a seal, signed.
func signedBundle(t testing.TB, key seal.Key) []byte {
	t.Helper()
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	r := seal.NewRange(seal.Seal{}, 1)
	require.NoError(t, r.Add(seal.Transaction{
		ID: 1, BookingID: 7, PostedAt: at, EntryIDs: []uint64{1},
		Transaction: ledger.Transaction{Type: "payment", Entries: []ledger.Entry{
			{Account: ledger.AssetBank, Side: ledger.Debit, Amount: 1, Currency: "USD"},
		}},
	}))
	made, err := r.Seal(at)
	require.NoError(t, err)
	bundle := evidence.Bundle{
		Reference: "FB-7K2M9QXA",
		Ledger:    []evidence.Posting{{PostedAt: at, Type: "payment", Account: "asset:bank", Side: "debit", Amount: 1, Currency: "USD"}},
		Sealed: evidence.Sealed{
			Installation: "in_1", Seals: []string{key.Sign(made.Extract("in_1"))},
			Transactions: []evidence.SealedTransaction{{
				ID: 1, BookingID: 7, PostedAt: at, Type: "payment", Seal: 1, Path: &evidence.SealedPath{Hashes: []string{}},
				Entries: []evidence.SealedEntry{{ID: 1, Account: "asset:bank", Side: "debit", Amount: 1, Currency: "USD"}},
			}},
		},
	}
	require.NoError(t, bundle.Sign(key))
	document, err := json.Marshal(bundle)
	require.NoError(t, err)
	return document
}

// A file from outside may have any bytes: it is answered, and nothing that differs from what was signed is proven.
func FuzzVerify(f *testing.F) {
	key := newKey(f)
	public := key.Public()
	whole := signedBundle(f, key)
	require.True(f, evidence.Verify(whole, &public).Proven)
	f.Add(whole)
	f.Add([]byte(`{"sealed":{"transactions":[{"id":1,"seal":1,"path":{"leaf":18446744073709551615,"hashes":[""]}}],"seals":["Farebook ledger seal 1\n"]}}`))
	f.Add([]byte(`{"signature":null}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		evidence.Verify(document, nil)
		if !evidence.Verify(document, &public).Proven {
			return
		}
		var signed, read evidence.Bundle
		require.NoError(t, json.Unmarshal(whole, &signed))
		require.NoError(t, json.Unmarshal(document, &read))
		require.Equal(t, signed, read)
	})
}
