package seal

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"farebook/money"
)

// Statement is the seal as text, readable, and covered by a signature. It is the same for the same seal, to the byte:
//
//	Farebook ledger seal 12
//	installation: in_7K2M9QXA
//	transactions: 98, from id 1201 to 1300
//	entries: 420
//	sum: asset:stripe_clearing USD 44539.00
//	previous: 5e88...
//	digest: 9f86...
//	sealed at: 2026-11-25T21:00:00.000000Z
//
// A sum is debits less credits, with its currency's decimals. installation is the id of the database that the ledger stands in.
func (s Seal) Statement(installation string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Farebook ledger seal %d\n", s.Number)
	fmt.Fprintf(&out, "installation: %s\n", installation)
	fmt.Fprintf(&out, "transactions: %d, from id %d to %d\n", s.Transactions, s.FromID, s.ToID)
	fmt.Fprintf(&out, "entries: %d\n", s.Entries)
	for _, account := range slices.Sorted(maps.Keys(s.Sums)) {
		for _, currency := range slices.Sorted(maps.Keys(s.Sums[account])) {
			sum := money.Money{Value: s.Sums[account][currency], Currency: currency}
			fmt.Fprintf(&out, "sum: %s %s %s\n", account, currency, sum.Decimal())
		}
	}
	fmt.Fprintf(&out, "previous: %s\n", s.Previous)
	fmt.Fprintf(&out, "digest: %s\n", s.Digest)
	fmt.Fprintf(&out, "sealed at: %s\n", s.SealedAt.UTC().Format("2006-01-02T15:04:05.000000Z07:00"))
	return out.String()
}

// ParseStatement reads what identifies a seal in a statement: its number, its digest and the time it was made. The caller compares the
// whole text with the statement of the recorded seal of that number.
func ParseStatement(text string) (number uint64, digest Digest, sealedAt time.Time, err error) {
	if _, err := fmt.Sscanf(text, "Farebook ledger seal %d\n", &number); err != nil {
		return 0, digest, sealedAt, fmt.Errorf("the text does not begin with \"Farebook ledger seal\" and a number")
	}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "digest":
			digest, err = ParseDigest(value)
		case "sealed at":
			sealedAt, err = time.Parse(time.RFC3339Nano, value)
		}
		if err != nil {
			return 0, digest, sealedAt, fmt.Errorf("%s: %w", name, err)
		}
	}
	if digest == (Digest{}) || sealedAt.IsZero() {
		return 0, digest, sealedAt, fmt.Errorf("seal %d has no digest or no time: the text is cut", number)
	}
	return number, digest, sealedAt, nil
}
