package evidence

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"farebook/ledger/seal"
)

// Report is what Verify found, in words for people.
type Report struct {
	Lines  []Line   // what holds, and what is not known
	Broken []string // what does not hold
	// Proven reports that the key has signed the whole bundle, that every sealed transaction leads to a seal that the key has signed, and
	// that nothing is broken. A transaction that is not sealed yet leaves it true: a line says so.
	Proven bool
}

// Line is one part of the report.
type Line struct{ Label, Text string }

// Verify verifies an evidence bundle without the database: that the key has signed it, that its transactions are in the sealed ledger, and
// that its parts agree. Without a key (nil) only the last two are checked, and nothing is proven, because anybody could have written the
// file.
func Verify(document []byte, key *seal.PublicKey) Report {
	v := verifier{key: key, statements: map[uint64]statement{}}
	canonical, signature, err := signedForm(document)
	if err == nil {
		err = json.Unmarshal(document, &v.bundle)
	}
	if err != nil {
		v.broken("%s", err)
		return v.report
	}
	v.say("booking", "%s, collected at %s", v.bundle.Reference, v.bundle.GeneratedAt.UTC().Format("2006-01-02 15:04:05 UTC"))
	signed := v.signature(canonical, signature)
	v.readSeals()
	v.transactions()
	v.report.Proven = signed && !v.gaps && len(v.report.Broken) == 0
	return v.report
}

type verifier struct {
	bundle     Bundle
	key        *seal.PublicKey
	statements map[uint64]statement // the valid ones, by seal
	numbers    []uint64             // of these seals, in the order of the file
	gaps       bool                 // a sealed transaction does not lead to a signed seal
	report     Report
}

// statement is that of a seal.
type statement struct {
	seal.Seal

	signed bool // by the key, or by an unknown one when no key was given
}

func (v *verifier) say(label, format string, args ...any) {
	v.report.Lines = append(v.report.Lines, Line{label, fmt.Sprintf(format, args...)})
}

func (v *verifier) broken(format string, args ...any) {
	v.report.Broken = append(v.report.Broken, fmt.Sprintf(format, args...))
}

// signature verifies that of the whole bundle.
func (v *verifier) signature(canonical []byte, signature *Signature) bool {
	switch {
	case signature == nil && v.key == nil:
		v.say("signature", "none: anybody could have written this file")
	case signature == nil:
		v.broken("the file has no signature: it was removed, or no key was configured when the file was made")
	case v.key == nil:
		v.say("signature", "by key %s, not verified without its public key", signature.KeyID)
	default:
		if err := signature.verify(canonical, *v.key); err != nil {
			v.broken("%s", err)
			return false
		}
		v.say("signature", "of key %s, over the whole file", v.key.ID())
		return true
	}
	return false
}

// readSeals reads the statements, and verifies the signatures of those that have one.
func (v *verifier) readSeals() {
	for i, text := range v.bundle.Sealed.Seals {
		unsigned, signed := seal.SplitSigned(text)
		read, installation, err := seal.ParseStatement(unsigned)
		if err == nil && signed && v.key != nil {
			_, err = v.key.Verify(text)
		}
		if err == nil && installation != v.bundle.Sealed.Installation {
			err = fmt.Errorf("seal %d is of another installation than %q", read.Number, v.bundle.Sealed.Installation)
		}
		_, repeated := v.statements[read.Number]
		if err == nil && repeated {
			err = fmt.Errorf("seal %d has a statement before this one", read.Number)
		}
		if err != nil {
			v.broken("statement %d of the seals: %s", i+1, err)
			continue
		}
		v.statements[read.Number] = statement{read, signed}
		v.numbers = append(v.numbers, read.Number)
	}
}

// transactions verifies that each sealed transaction is under a signed seal, and that all are the booking's and shown as they are.
func (v *verifier) transactions() {
	var last uint64
	var shown []Posting
	ends := map[uint64][]string{} // ids of transactions by the last seal of their chain
	for _, one := range v.bundle.Sealed.Transactions {
		shown = append(shown, one.postings()...)
		if one.ID <= last {
			v.broken("transaction %d is listed twice or out of order", one.ID)
		}
		if one.BookingID != v.bundle.Sealed.Transactions[0].BookingID {
			v.broken("transaction %d is another booking's", one.ID)
		}
		last = one.ID
		if one.Seal == 0 {
			v.say("not sealed", "transaction %d (%s), posted at %s: the seal was not made yet when the file was", one.ID, one.Type,
				one.PostedAt.UTC().Format("2006-01-02 15:04:05 UTC"))
			continue
		}
		end, gap, err := v.followSeals(one)
		switch {
		case err != nil:
			v.broken("transaction %d (%s): %s", one.ID, one.Type, err)
		case gap != "":
			v.gaps = true
			v.say("not proven", "transaction %d (%s): %s; `starter ledger verify-chain` verifies it", one.ID, one.Type, gap)
		default:
			ends[end] = append(ends[end], strconv.FormatUint(one.ID, 10))
		}
	}
	v.sayEnds(ends)
	if !slices.EqualFunc(v.bundle.Ledger, shown, Posting.equal) {
		v.broken("the entries under \"ledger\" are not those of the transactions under \"sealed\"")
	}
}

func (v *verifier) sayEnds(ends map[uint64][]string) {
	for _, number := range v.numbers {
		if ends[number] == nil {
			continue
		}
		read := v.statements[number]
		by := "not signed"
		switch {
		case read.signed && v.key != nil:
			by = "signed with key " + v.key.ID()
		case read.signed:
			by = "its signature not verified"
		}
		compare := fmt.Sprintf("compare its digest with the statement that finance has: %s", read.Digest)
		if read.Format() == seal.FormatSequence { // its digest cannot be recomputed from the statement
			compare = fmt.Sprintf("compare all of its lines with the statement that finance has, also the previous digest, %s, and its digest: %s",
				read.Previous, read.Digest)
		}
		v.say("sealed", "transactions %s, under seal %d of %s, %s; %s", strings.Join(ends[number], ", "), number,
			read.SealedAt.UTC().Format("2006-01-02 15:04:05 UTC"), by, compare)
	}
}

// followSeals follows the path of a transaction to its seal, and the chain from there to the first signed seal. It returns the number of
// that last seal, or a gap: why the chain proves nothing although nothing is wrong with it.
func (v *verifier) followSeals(one SealedTransaction) (last uint64, gap string, err error) {
	own, found := v.statements[one.Seal]
	switch {
	case !found:
		return 0, "", fmt.Errorf("the file has no valid statement of seal %d, which covers it", one.Seal)
	case own.Format() == seal.FormatSequence:
		return 0, fmt.Sprintf("its seal %d is of a format without paths", own.Number), nil
	case one.ID < own.FromID || one.ID > own.ToID:
		return 0, "", fmt.Errorf("seal %d covers transactions %d to %d only", own.Number, own.FromID, own.ToID)
	case one.Path == nil:
		return 0, "", fmt.Errorf("it has no path to seal %d: the path was removed", own.Number)
	}
	path, err := one.Path.domain()
	if err != nil {
		return 0, "", fmt.Errorf("its path: %w", err)
	}
	if err := path.Check(one.domain(), own.Root, own.Transactions); err != nil {
		return 0, "", fmt.Errorf("%w %d: it, its path or the seal was changed, or the seal is another booking's", err, own.Number)
	}
	return v.followChain(own)
}

// followChain follows the seals from one to the first that is signed. A seal of FormatSequence that is not signed itself is a gap: its
// digest covers transactions that the file does not have, so that anybody could put another seal before it. An older release that runs
// beside this one makes such seals honestly.
func (v *verifier) followChain(own statement) (last uint64, gap string, err error) {
	for !own.signed {
		if own.Format() == seal.FormatSequence && gap == "" {
			gap = fmt.Sprintf("seal %d, between it and a signed seal, is of an older format and not signed: without the ledger nothing shows "+
				"which seal comes before it", own.Number)
		}
		next, found := v.statements[own.Number+1]
		if !found {
			if v.key != nil {
				return 0, "", fmt.Errorf("the chain ends at seal %d, which is not signed", own.Number)
			}
			break
		}
		if err := own.Follows(next.Seal); err != nil {
			return 0, "", err
		}
		own = next
	}
	return own.Number, gap, nil
}

func (p Posting) equal(other Posting) bool {
	same := p.PostedAt.Equal(other.PostedAt) && p.EffectiveAt.Equal(other.EffectiveAt)
	p.PostedAt, p.EffectiveAt = other.PostedAt, other.EffectiveAt
	return same && p == other
}
