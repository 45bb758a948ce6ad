package proof

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// subject is the table whose ids select what a check reads.
type subject string

const (
	ofBookings subject = "bookings" // with the booking's payment, refunds, disputes, emails and ledger transactions
	ofLedger   subject = "financial_ledger"
	ofKeys     subject = "idempotency_keys"
	ofDisputes subject = "disputes"
	ofPayouts  subject = "payouts"
	ofSeals    subject = "ledger_seals" // by their numbers
	ofState    subject = ""             // rows in a state that few are in, which an index finds
)

// scope selects rows of a subject by their ids.
type scope interface {
	// condition is SQL that selects by a column.
	condition(column string) string
}

// idRange is the ids from one to another, both included.
type idRange struct{ from, to uint64 }

func (r idRange) condition(column string) string {
	return fmt.Sprintf("%s BETWEEN %d AND %d", column, r.from, r.to)
}

func (r idRange) has(id uint64) bool { return r.from <= id && id <= r.to }

// idList is at least one id.
type idList []uint64

func (l idList) condition(column string) string {
	digits := make([]string, len(l))
	for i, id := range l {
		digits[i] = strconv.FormatUint(id, 10)
	}
	return column + " IN (" + strings.Join(digits, ",") + ")"
}

// scopedColumn is a column in braces, such as {p.booking_id}: where a statement selects by the ids of its subject.
var scopedColumn = regexp.MustCompile(`\{[a-z._]+\}`)

// within puts a scope into a statement.
func within(s scope, statement string) string {
	if s == nil {
		return statement
	}
	return scopedColumn.ReplaceAllStringFunc(statement, func(column string) string { return s.condition(strings.Trim(column, "{}")) })
}

// lists splits ids into scopes, without those in ranges that are read anyway.
func lists(ids []uint64, except []idRange) []scope {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id uint64) bool {
		return slices.ContainsFunc(except, func(r idRange) bool { return r.has(id) })
	})
	var scopes []scope
	for part := range slices.Chunk(ids, listIDs) {
		scopes = append(scopes, idList(part))
	}
	return scopes
}
