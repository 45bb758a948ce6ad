package seal_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/ledger/seal"
)

func TestDigestsAreWholeAndHexadecimal(t *testing.T) {
	t.Parallel()
	whole := strings.Repeat("0f", 32)
	digest, err := seal.ParseDigest(whole)
	require.NoError(t, err)
	require.Equal(t, whole, digest.String())
	for _, text := range []string{"", "0f", whole + "0f", strings.Repeat("xx", 32), whole[1:]} {
		_, err := seal.ParseDigest(text)
		require.ErrorContains(t, err, "is not a digest", text)
	}
}

// A path is of a transaction of its range, and no range has more transactions than a seal may have.
func TestPathsBeyondTheirRange(t *testing.T) {
	t.Parallel()
	for transactions, says := range map[uint64]string{
		0: "its path begins at transaction 1 of 0", 1<<32 + 1: "its path begins at", 1: "does not lead", 1 << 32: "does not lead",
	} {
		require.ErrorContains(t, seal.Path{}.Check(transaction(1), seal.Digest{}, transactions), says)
	}
}

// A public key is read back as it is written, and only from PEM of a public key.
func TestPublicKeysAreReadBack(t *testing.T) {
	t.Parallel()
	key, private := newKey(t)
	text, err := key.Public().PEM()
	require.NoError(t, err)
	public, err := seal.ParsePublicKey(text)
	require.NoError(t, err)
	require.Equal(t, key.Public(), public)
	for _, bad := range []string{"", "x", string(private), strings.ReplaceAll(string(text), "PUBLIC KEY", "CERTIFICATE")} {
		_, err := seal.ParsePublicKey([]byte(bad))
		require.ErrorContains(t, err, "not a public key in PEM")
	}
}

// The signature line is behind the statement, also behind an empty one.
func TestSignedTextIsSplitAtItsSignature(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t)
	for _, statement := range []string{"", "a statement\n"} {
		read, err := key.Public().Verify(key.Sign(statement))
		require.NoError(t, err)
		require.Equal(t, statement, read)
		split, signed := seal.SplitSigned(key.Sign(statement))
		require.True(t, signed)
		require.Equal(t, statement, split)
	}
	split, signed := seal.SplitSigned("a statement\n")
	require.False(t, signed)
	require.Equal(t, "a statement\n", split)
}

// A seal follows the one before it by number, range and digest.
func TestSealsFollowOneAnother(t *testing.T) {
	t.Parallel()
	first := sealOf(t, seal.Seal{}, 3, transaction(3))
	second := sealOf(t, first, 5, transaction(5))
	require.NoError(t, seal.Seal{}.Follows(first))
	require.NoError(t, first.Follows(second))
	for says, change := range map[string]func(*seal.Seal){
		"one is missing":                 func(s *seal.Seal) { s.Number++ },
		"begins at transaction 5":        func(s *seal.Seal) { s.FromID++ },
		"names another digest for seal ": func(s *seal.Seal) { s.Previous[0]++ },
	} {
		other := second
		change(&other)
		require.ErrorContains(t, first.Follows(other), says)
	}
}
