package evidence_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger/seal"
	"farebook/starter/evidence"
)

// unsignedBundle is the bundle of signedBundle with its seal, of which it has the unsigned statement.
func unsignedBundle(t *testing.T, key seal.Key) (bundle evidence.Bundle, own seal.Seal) {
	t.Helper()
	require.NoError(t, json.Unmarshal(signedBundle(t, key), &bundle))
	statement, signed := seal.SplitSigned(bundle.Sealed.Seals[0])
	require.True(t, signed)
	own, _, err := seal.ParseStatement(statement)
	require.NoError(t, err)
	bundle.Sealed.Seals[0] = statement
	return bundle, own
}

// verify signs a bundle and verifies it.
func verify(t *testing.T, key seal.Key, bundle evidence.Bundle) evidence.Report {
	t.Helper()
	require.NoError(t, bundle.Sign(key))
	document, err := json.Marshal(bundle)
	require.NoError(t, err)
	public := key.Public()
	return evidence.Verify(document, &public)
}

func linesOf(report evidence.Report) string {
	var out strings.Builder
	for _, line := range report.Lines {
		out.WriteString(line.Label + ": " + line.Text + "\n")
	}
	return out.String()
}

func madeBy(t *testing.T, r *seal.Range) seal.Seal {
	t.Helper()
	made, err := r.Seal(time.Date(2026, 11, 26, 13, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	return made
}

// olderAfter is the seal that the first release of seals makes after another.
func olderAfter(t *testing.T, previous seal.Seal) seal.Seal {
	t.Helper()
	return madeBy(t, seal.Recompute(seal.Seal{
		Number: previous.Number + 1, FromID: previous.ToID + 1, ToID: previous.ToID + 1, Previous: previous.Digest,
	}))
}

func newerAfter(t *testing.T, previous seal.Seal) seal.Seal {
	t.Helper()
	return madeBy(t, seal.NewRange(previous, previous.ToID+1))
}

// An older release that ran beside this one has made the seal in the middle. Nothing is wrong, and nothing shows that it is the one that
// was made.
func TestUnsignedSealOfTheOlderFormatCarriesNoChain(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	bundle, own := unsignedBundle(t, key)
	older := olderAfter(t, own)
	last := newerAfter(t, older)
	require.Equal(t, seal.FormatSequence, older.Format())
	bundle.Sealed.Seals = append(bundle.Sealed.Seals, older.Extract("in_1"), key.Sign(last.Extract("in_1")))
	report := verify(t, key, bundle)
	require.Empty(t, report.Broken)
	require.False(t, report.Proven)
	require.Contains(t, linesOf(report), "not proven: transaction 1 (payment): seal 2, between it and a signed seal, is of an older format")
	require.NotContains(t, linesOf(report), "sealed: transactions")

	bundle.Sealed.Seals[2] = key.Sign(newerAfter(t, olderAfter(t, older)).Extract("in_1"))
	report = verify(t, key, bundle)
	require.Contains(t, strings.Join(report.Broken, "\n"), "the chain ends at seal 2, which is not signed",
		"the rest of the chain is followed")
}

// A forged seal of the newer format is linked to the genuine chain through one of the older format, whose digest is the genuine one and
// whose previous digest is that of the forged seal.
func TestForgedSealIsNotLinkedThroughTheOlderFormat(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	bundle, forged := unsignedBundle(t, key)
	genuine := newerAfter(t, seal.Seal{})
	require.NotEqual(t, genuine.Digest, forged.Digest)
	for name, second := range map[string]seal.Seal{"older": olderAfter(t, genuine), "newer": newerAfter(t, genuine)} {
		last := newerAfter(t, second)
		link := seal.Seal{
			Number: 2, FromID: 2, ToID: 2, Previous: forged.Digest, Digest: second.Digest, SealedAt: second.SealedAt,
		}
		require.NoError(t, forged.Follows(link))
		require.NoError(t, link.Follows(last))
		bundle.Sealed.Seals = append(bundle.Sealed.Seals[:1], link.Extract("in_1"), key.Sign(last.Extract("in_1")))
		report := verify(t, key, bundle)
		require.False(t, report.Proven, name)
		require.Contains(t, linesOf(report), "not proven: transaction 1 (payment)", name)

		link.Root = seal.Digest{1} // a statement of the newer format without the line that says so
		text := strings.Replace(link.Extract("in_1"), "format: 2\n", "", 1)
		bundle.Sealed.Seals[1] = text
		report = verify(t, key, bundle)
		require.False(t, report.Proven, name)
		require.Contains(t, strings.Join(report.Broken, "\n"), "has only one of the lines", name)
	}
}

// The signature covers the previous digest, which the digest of the older format does not show. The reader compares both.
func TestSignedSealOfTheOlderFormatEndsAChain(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	bundle, own := unsignedBundle(t, key)
	older := olderAfter(t, own)
	bundle.Sealed.Seals = append(bundle.Sealed.Seals, key.Sign(older.Extract("in_1")))
	report := verify(t, key, bundle)
	require.Empty(t, report.Broken)
	require.True(t, report.Proven)
	require.Contains(t, linesOf(report), "under seal 2 of 2026-11-26 13:00:00 UTC, signed with key "+key.Public().ID())
	require.Contains(t, linesOf(report), "also the previous digest, "+own.Digest.String()+", and its digest: "+older.Digest.String())
}

// A seal of the older format has no paths: even when it is signed, the file does not show that the transaction is under it.
func TestTransactionUnderASealOfTheOlderFormatIsNotProven(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	bundle, _ := unsignedBundle(t, key)
	bundle.Sealed.Seals = []string{key.Sign(olderAfter(t, seal.Seal{}).Extract("in_1"))}
	bundle.Sealed.Transactions[0].Path = nil
	report := verify(t, key, bundle)
	require.Empty(t, report.Broken)
	require.False(t, report.Proven)
	require.Contains(t, linesOf(report), "not proven: transaction 1 (payment): its seal 1 is of a format without paths")
}

// A transaction is posted up to an hour before its seal: the report says that it is not sealed, and the rest is proven.
func TestTransactionThatIsNotSealedYetIsShown(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	bundle, _ := unsignedBundle(t, key)
	bundle.Sealed.Seals[0] = key.Sign(bundle.Sealed.Seals[0])
	later := bundle.Sealed.Transactions[0]
	later.ID, later.Seal, later.Path = 2, 0, nil
	bundle.Sealed.Transactions = append(bundle.Sealed.Transactions, later)
	bundle.Ledger = append(bundle.Ledger, bundle.Ledger[0])
	report := verify(t, key, bundle)
	require.Empty(t, report.Broken)
	require.True(t, report.Proven)
	require.Contains(t, linesOf(report), "sealed: transactions 1, under seal 1")
	require.Contains(t, linesOf(report), "not sealed: transaction 2 (payment)")
}

// A second statement of a seal could be compared with finance's in place of the one that the transactions lead to.
func TestSealWithTwoStatementsIsRefused(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	bundle, own := unsignedBundle(t, key)
	other := newerAfter(t, seal.Seal{})
	require.Equal(t, own.Number, other.Number)
	bundle.Sealed.Seals = []string{key.Sign(bundle.Sealed.Seals[0]), other.Extract("in_1")}
	report := verify(t, key, bundle)
	require.False(t, report.Proven)
	require.Contains(t, strings.Join(report.Broken, "\n"), "statement 2 of the seals: seal 1 has a statement before this one")
	require.NotContains(t, linesOf(report), other.Digest.String())
}

// A seal of another database proves nothing about this one.
func TestSealOfAnotherInstallationIsRefused(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	bundle, _ := unsignedBundle(t, key)
	bundle.Sealed.Seals[0] = key.Sign(strings.Replace(bundle.Sealed.Seals[0], "installation: in_1\n", "installation: in_2\n", 1))
	report := verify(t, key, bundle)
	require.False(t, report.Proven)
	require.Contains(t, strings.Join(report.Broken, "\n"), `seal 1 is of another installation than "in_1"`)
}
