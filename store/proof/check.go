package proof

import (
	"context"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"
)

// check is a promise, or a part of one: several checks may have the same text. Its statements name the columns that select by the ids of
// its subject in braces. @now is the time of the store's clock.
type check struct {
	number int
	text   string
	of     subject
	breaks string // counts the rows that break it
	// names selects a text for each of the rows that break it, those to name first. It is empty where the number says enough.
	names string
	// lag is how long after a change a row may begin to break it.
	lag time.Duration
}

// namedRows bounds how many rows a broken promise names.
const namedRows = 3

// checks are all that SQL can check.
var checks = slices.Concat(
	chargeChecks, ledgerChecks, bookingChecks, refundChecks, owedChecks, disputeChecks, webhookChecks, eventChecks, stateChecks, waits,
)

// finding is that rows in a range of ids break a promise.
type finding struct {
	Promise string   `json:"promise"`
	Rows    int64    `json:"rows"`
	Named   []string `json:"named,omitempty"`
	From    uint64   `json:"from,omitempty"`
	To      uint64   `json:"to,omitempty"`
}

// run checks the rows of a scope. The finding has no rows when the promise holds for them.
func (p *Prover) run(ctx context.Context, c check, s scope) (finding, error) {
	found := finding{Promise: c.text}
	query := within(s, c.breaks)
	err := p.db.WithContext(ctx).Raw(query, p.atNow(query)...).Scan(&found.Rows).Error
	if err != nil || found.Rows == 0 || c.names == "" {
		return found, checkError(c.number, err)
	}
	query = within(s, c.names) + " LIMIT " + strconv.Itoa(namedRows)
	err = p.db.WithContext(ctx).Raw(query, p.atNow(query)...).Scan(&found.Named).Error
	return found, checkError(c.number, err)
}

// statements are all promises of a proof without result, in the order in which they are shown.
func statements() []Promise {
	var all []Promise
	for _, c := range checks {
		all = append(all, Promise{Number: c.number, Text: c.text})
	}
	for _, other := range others {
		all = append(all, Promise{Number: other.number, Text: other.text})
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(one Promise) bool {
		again := seen[one.Text]
		seen[one.Text] = true
		return again
	})
}

// digestOfPromises is a fingerprint of what is promised. A baseline proves nothing about a promise that it did not check.
func digestOfPromises() []byte {
	var texts []string
	for _, one := range statements() {
		texts = append(texts, one.Text)
	}
	slices.Sort(texts)
	digest := sha256.Sum256([]byte(strings.Join(texts, "\n")))
	return digest[:]
}

// judge adds up what was found for each promise.
func judge(found []finding) []Promise {
	promises := statements()
	for i := range promises {
		promises[i].Held = true
		rows, named, texts := int64(0), []string{}, ""
		for _, one := range found {
			if one.Promise == promises[i].Text {
				promises[i].Held = false
				rows += one.Rows
				named = append(named, one.Named...)
			}
		}
		for _, name := range named[:min(len(named), namedRows)] {
			texts += "; " + name
		}
		switch {
		case promises[i].Held:
		case rows == 0: // not about rows: the text says all
			promises[i].Detail = strings.TrimPrefix(texts, "; ")
		default:
			promises[i].Detail = strconv.FormatInt(rows, 10) + " rows break it" + texts
		}
	}
	return promises
}
