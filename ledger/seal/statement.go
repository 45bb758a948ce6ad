package seal

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"farebook/money"
)

// Statement is the seal as text, readable, and covered by a signature. It is the same for the same seal, to the byte:
//
//	Farebook ledger seal 12
//	format: 2
//	transactions: 98, from id 1201 to 1300
//	entries: 420
//	sums: 2c26...
//	root: 6b86...
//	previous: 5e88...
//	sealed at: 2026-11-25T21:00:00.000000Z
//	digest: 9f86...
//	installation: in_7K2M9QXA
//	sum: asset:stripe_clearing USD 44539.00
//
// The digest is the SHA-256 of the lines above it, and sums that of the lines that begin with "sum:". A sum is debits less credits, with
// its currency's decimals. installation is the id of the database that the ledger is in.
func (s Seal) Statement(installation string) string {
	if s.Format() == FormatSequence {
		return s.sequenceStatement(installation)
	}
	return s.Extract(installation) + s.sumLines()
}

// Extract is the statement without the sums, for readers who may know of a transaction but not of the business of an hour.
func (s Seal) Extract(installation string) string {
	if s.Format() == FormatSequence {
		return s.sequenceStatement(installation)
	}
	return s.head() + fmt.Sprintf("digest: %s\ninstallation: %s\n", s.Digest, installation)
}

// head are the lines of the statement that the digest of FormatTree covers.
func (s Seal) head() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %d\n", title, s.Number)
	fmt.Fprintf(&out, "format: %d\n", FormatTree)
	fmt.Fprintf(&out, "transactions: %d, from id %d to %d\n", s.Transactions, s.FromID, s.ToID)
	fmt.Fprintf(&out, "entries: %d\n", s.Entries)
	fmt.Fprintf(&out, "sums: %s\n", Digest(sha256.Sum256([]byte(s.sumLines()))))
	fmt.Fprintf(&out, "root: %s\n", s.Root)
	fmt.Fprintf(&out, "previous: %s\n", s.Previous)
	fmt.Fprintf(&out, "sealed at: %s\n", s.sealedAt())
	return out.String()
}

func (s Seal) digest() Digest { return sha256.Sum256([]byte(s.head())) }

// sequenceStatement is the statement of a seal of FormatSequence.
func (s Seal) sequenceStatement(installation string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %d\n", title, s.Number)
	fmt.Fprintf(&out, "installation: %s\n", installation)
	fmt.Fprintf(&out, "transactions: %d, from id %d to %d\n", s.Transactions, s.FromID, s.ToID)
	fmt.Fprintf(&out, "entries: %d\n", s.Entries)
	out.WriteString(s.sumLines())
	fmt.Fprintf(&out, "previous: %s\n", s.Previous)
	fmt.Fprintf(&out, "digest: %s\n", s.Digest)
	fmt.Fprintf(&out, "sealed at: %s\n", s.sealedAt())
	return out.String()
}

func (s Seal) sealedAt() string { return s.SealedAt.UTC().Format("2006-01-02T15:04:05.000000Z07:00") }

func (s Seal) sumLines() string {
	var out strings.Builder
	for _, account := range slices.Sorted(maps.Keys(s.Sums)) {
		for _, currency := range slices.Sorted(maps.Keys(s.Sums[account])) {
			sum := money.Money{Value: s.Sums[account][currency], Currency: currency}
			fmt.Fprintf(&out, "sum: %s %s %s\n", account, currency, sum.Decimal())
		}
	}
	return out.String()
}

const title = "Farebook ledger seal"

// ParseStatement reads a statement, or an extract of one, without its sums, and the installation that it names. Of a statement of
// FormatTree it returns an error when the digest is not that of the lines above it, or when the sums are not those under it; the digest of
// FormatSequence is only verified with the transactions. The caller compares the text or the digest with those of the recorded seal, or of
// one that was signed.
func ParseStatement(text string) (s Seal, installation string, err error) {
	if _, err := fmt.Sscanf(text, title+" %d\n", &s.Number); err != nil {
		return Seal{}, "", fmt.Errorf("the text does not begin with %q and a number", title)
	}
	head, tail, _ := strings.Cut(text, "\ndigest: ")
	tree := strings.Contains(head, "\nformat: ")
	if !tree {
		head = text // what follows the digest is read, too: the digest does not cover the lines above it
	}
	installation, err = s.parseLines(head + "\n")
	if err == nil && tree {
		installation, err = s.parseTail(head+"\n", tail)
	}
	switch {
	case err != nil:
		return Seal{}, "", fmt.Errorf("seal %d: %w", s.Number, err)
	case tree != (s.Format() == FormatTree):
		return Seal{}, "", fmt.Errorf("seal %d has only one of the lines \"format\" and \"root\": the text was changed", s.Number)
	case s.Digest == (Digest{}) || s.SealedAt.IsZero():
		return Seal{}, "", fmt.Errorf("seal %d has no digest or no time: the text is cut", s.Number)
	}
	return s, installation, nil
}

// parseLines reads the lines of a statement, and returns the installation if one of the lines names it.
func (s *Seal) parseLines(text string) (installation string, err error) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "installation":
			installation = value
		case "format":
			if value != strconv.Itoa(FormatTree) {
				err = fmt.Errorf("%q is not known to this version of Farebook", value)
			}
		case "transactions":
			_, err = fmt.Sscanf(value, "%d, from id %d to %d", &s.Transactions, &s.FromID, &s.ToID)
		case "entries":
			_, err = fmt.Sscanf(value, "%d", &s.Entries)
		case "root":
			s.Root, err = ParseDigest(value)
		case "previous":
			s.Previous, err = ParseDigest(value)
		case "digest":
			s.Digest, err = ParseDigest(value)
		case "sealed at":
			s.SealedAt, err = time.Parse(time.RFC3339Nano, value)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	return installation, nil
}

// parseTail reads what follows the lines that the digest covers: the digest, the installation, and sums unless the text is an extract.
func (s *Seal) parseTail(head, tail string) (installation string, err error) {
	digest, rest, _ := strings.Cut(tail, "\n")
	if s.Digest, err = ParseDigest(digest); err != nil {
		return "", err
	}
	if Digest(sha256.Sum256([]byte(head))) != s.Digest {
		return "", errors.New("the digest is not that of the lines above it: the text was changed")
	}
	line, sums, _ := strings.Cut(rest, "\n")
	installation, found := strings.CutPrefix(line, "installation: ")
	if !found {
		return "", errors.New("the line of the installation is missing: the text is cut")
	}
	covered := "\nsums: " + Digest(sha256.Sum256([]byte(sums))).String() + "\n"
	if sums != "" && !strings.Contains(head, covered) {
		return "", errors.New("the sums are not those that were sealed: the text was changed")
	}
	return installation, nil
}
