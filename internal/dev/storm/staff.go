package storm

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"farebook/internal/wait"
)

// The actors of Farebook's own staff. Support has the key of the client that has the bookings, finance that of another client: the keys of
// one client are one operator, who cannot send what they have proposed.
const (
	support = "support"
	finance = "finance"
)

// staff acts as support and as finance until the storm ends: matters that need attention, proposals, journals, months.
type staff struct {
	s        *System
	draw     *rand.Rand
	patience context.Context //nolint:containedctx // as that of a traveller
	made     int
}

func newStaff(patience context.Context, s *System, seed uint64) *staff {
	return &staff{s: s, draw: rand.New(rand.NewPCG(seed, 1<<33)), patience: patience}
}

// workAsStaff has one clerk do what support and finance do, in the order that the seed draws.
func (s *System) workAsStaff(patience, storm context.Context, seed uint64) {
	c := newStaff(patience, s, seed)
	moves := []func(){c.onMatter, c.propose, c.propose, c.decide, c.decide, c.postJournal, c.closeMonth}
	for storm.Err() == nil {
		moves[c.draw.IntN(len(moves))]()
		_ = wait.For(storm, time.Duration(c.draw.Int64N(int64(2*time.Second)))) // ended by the storm's end
	}
}

func (c *staff) key() string {
	c.made++
	return fmt.Sprintf("staff-%d", c.made)
}

// post sends a request of the staff. found reports whether it was carried out.
func (c *staff) post(actor, path string, body any, answer any) (found bool) {
	text, err := json.Marshal(body)
	if err != nil {
		c.s.violated("the staff cannot write a request: %v", err)
		return false
	}
	got := c.s.ask(c.patience, actor, path, c.key(), text)
	return got.Status < http.StatusBadRequest && got.Status > 0 && (answer == nil || json.Unmarshal(got.Body, answer) == nil)
}

// onMatter takes the newest matter that needs attention, comments on it, and closes it or gives it back.
func (c *staff) onMatter() {
	var list struct{ Matters []struct{ ID int } }
	answer, err := c.s.get(c.patience, support, "/v1/attention?limit=5")
	if err != nil || json.Unmarshal(answer.Body, &list) != nil || len(list.Matters) == 0 {
		return
	}
	path := fmt.Sprintf("/v1/attention/%d", list.Matters[c.draw.IntN(len(list.Matters))].ID)
	c.post(support, path+"/take", map[string]any{"takeOver": true}, nil)
	c.post(support, path+"/comments", map[string]any{"text": "The bank answers tomorrow, " + c.key()}, nil)
	if c.draw.IntN(2) == 0 {
		c.post(support, path+"/close", map[string]any{"note": "Asked the bank"}, nil)
	} else {
		c.post(support, path+"/give-back", struct{}{}, nil)
	}
}

// propose proposes a refund of a booking, for finance to send. What cannot be refunded is refused.
func (c *staff) propose() {
	var bookings []Answer
	answers, _ := c.s.Journal.Answers()
	for _, answer := range answers {
		if answer.Path == "/v1/bookings" && isBooking(answer) {
			bookings = append(bookings, answer)
		}
	}
	if len(bookings) == 0 {
		return
	}
	one := bookings[c.draw.IntN(len(bookings))]
	var asked struct{ Amount struct{ Currency string } }
	var made booked
	if json.Unmarshal(one.Request, &asked) != nil || json.Unmarshal(one.Body, &made) != nil {
		return // not an answer of the API
	}
	c.post(support, "/v1/proposals", map[string]any{
		"kind": "refund", "booking": made.Reference, "amount": map[string]any{"value": 1000, "currency": asked.Amount.Currency},
		"reason": "requested_by_customer", "note": "Promised on the telephone",
	}, nil)
}

// decide has finance send or decline the newest proposal.
func (c *staff) decide() {
	var list struct{ Proposals []struct{ Code string } }
	answer, err := c.s.get(c.patience, support, "/v1/proposals?state=proposed&limit=1")
	if err != nil || json.Unmarshal(answer.Body, &list) != nil || len(list.Proposals) == 0 {
		return
	}
	path := "/v1/proposals/" + list.Proposals[0].Code
	if c.draw.IntN(4) == 0 {
		c.post(finance, path+"/decline", map[string]any{"note": "It was refunded before"}, nil)
	} else {
		c.post(finance, path+"/send", struct{}{}, nil)
	}
}

// postJournal has finance post what the bank charges, which support approves.
func (c *staff) postJournal() {
	amount, key := map[string]any{"value": 500, "currency": "USD"}, c.key()
	if c.post(finance, "/v1/ledger/journals", map[string]any{
		"key": key, "reason": "Bank charges", "effectiveAt": c.s.clocks.now.Now().Add(-time.Minute).Format(time.RFC3339),
		"entries": []any{
			map[string]any{"account": "expense:stripe_fees", "side": "debit", "amount": amount},
			map[string]any{"account": "asset:bank", "side": "credit", "amount": amount},
		},
	}, nil) {
		c.post(support, "/v1/ledger/journals/"+key+"/approve", struct{}{}, nil)
	}
}

// closeMonth asks to close the month that is not over, which must be refused, and the one before, with a note on each finding.
func (c *staff) closeMonth() {
	now := c.s.clocks.now.Now()
	if c.post(support, "/v1/ledger/periods/"+now.Format("2006-01")+"/close", struct{}{}, nil) {
		c.s.violated("the close of the month that is not over was proposed")
	}
	last := "/v1/ledger/periods/" + time.Date(now.Year(), now.Month(), 0, 0, 0, 0, 0, time.UTC).Format("2006-01") + "/close"
	var review struct {
		Checks []struct {
			Findings []struct {
				Item string
				Firm bool // no note helps
			}
		}
	}
	if !c.post(support, last, map[string]any{"dryRun": true}, &review) {
		return
	}
	notes := []any{}
	for _, check := range review.Checks {
		for _, finding := range check.Findings {
			if !finding.Firm {
				notes = append(notes, map[string]any{"item": finding.Item, "text": "Known before"})
			}
		}
	}
	if c.post(support, last, map[string]any{"notes": notes}, nil) {
		c.post(finance, last+"/approve", struct{}{}, nil)
	}
}
