package closing

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"farebook/ledger/seal"
)

// Action is what was done to a month.
type Action string

// The actions.
const (
	Close  Action = "close"
	Reopen Action = "reopen"
)

// Note says why a finding of the month end does not block the close.
type Note struct {
	Item string `json:"item"` // such as attention/12
	Text string `json:"text"`
	By   string `json:"by"` // who answers for it
}

// Closing is one decision about a month: it was closed with a trial balance, or reopened. Of two operators one proposes and the other
// approves. A closing never changes; the last one of a month says whether it is closed.
type Closing struct {
	Number uint64 // from 1, without a gap
	Action Action
	Trial  Trial
	// LastLedgerID is the last transaction of the ledger when it was decided: a later one is not in a month that is closed by then.
	LastLedgerID           uint64
	Reason                 string
	Notes                  []Note
	ProposedBy, ApprovedBy string
	ProposedAt, ApprovedAt time.Time
	Previous, Digest       seal.Digest // Previous is the digest of the closing before this one; zero for the first
}

const title = "Farebook closing"

// Statement is the closing as text. Its digest is the SHA-256 of the lines above it.
func (c Closing) Statement() string {
	return c.head() + "digest: " + c.Digest.String() + "\n"
}

func (c Closing) head() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %d\n", title, c.Number)
	fmt.Fprintf(&out, "action: %s\n", c.Action)
	out.WriteString(c.Trial.Text())
	fmt.Fprintf(&out, "last transaction: %d\n", c.LastLedgerID)
	fmt.Fprintf(&out, "reason: %s\n", quoted(c.Reason))
	out.WriteString(noteLines(c.Notes))
	fmt.Fprintf(&out, "proposed: %s by %s\n", timestamp(c.ProposedAt), quoted(c.ProposedBy))
	fmt.Fprintf(&out, "approved: %s by %s\n", timestamp(c.ApprovedAt), quoted(c.ApprovedBy))
	fmt.Fprintf(&out, "previous: %s\n", c.Previous)
	return out.String()
}

func noteLines(notes []Note) string {
	var out strings.Builder
	for _, note := range notes {
		fmt.Fprintf(&out, "note: %s %s by %s\n", note.Item, quoted(note.Text), quoted(note.By))
	}
	return out.String()
}

// quoted keeps a text on one line, so that it cannot pass for another one.
func quoted(text string) string { return strconv.Quote(text) }

func timestamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z07:00") }

// Sealed returns the closing with its digest, after another one.
func (c Closing) Sealed(previous Closing) Closing {
	c.Number, c.Previous = previous.Number+1, previous.Digest
	c.Digest = digestOf(c.head())
	return c
}

// Intact returns an error when the closing is not as it was recorded, or does not follow the one before it.
func (c Closing) Intact(previous Closing) error {
	switch {
	case c.Number != previous.Number+1 || c.Previous != previous.Digest:
		return fmt.Errorf("closing %d does not follow closing %d: one is missing, or was replaced", c.Number, previous.Number)
	case digestOf(c.head()) != c.Digest:
		return fmt.Errorf("closing %d of %s was changed: its digest does not cover what it says", c.Number, c.Trial.Period)
	}
	return nil
}

// ProposalDigest is the digest of what is proposed: the trial balance, and the notes that it needs.
func ProposalDigest(action Action, trial Trial, reason string, notes []Note) seal.Digest {
	return digestOf(fmt.Sprintf("%s\n%sreason: %s\n%s", action, trial.Text(), quoted(reason), noteLines(notes)))
}

// errDiffers is why a month is not as it was closed.
var errDiffers = errors.New("the trial balance of its entries is another one than when it was closed")

// Holds compares the trial balance of a closed month with that of its entries now.
func (c Closing) Holds(now Trial) error {
	if c.Trial.Digest() != now.Digest() {
		return errDiffers
	}
	return nil
}
