package access

import (
	"fmt"
	"time"

	"farebook/money"
)

// Limit is how much somebody may move without a second person, in minor units of one currency.
type Limit struct {
	Action int64 // at once
	Day    int64 // within a day, see DayOf
}

// Limits are the limits of one kind of action, such as refunds, by role and currency. A role that is not named has no limit. A role that is
// named moves nothing in a currency without a limit.
type Limits map[Role]map[money.Currency]Limit

// DayOf is the beginning of the day that a limit counts: a day of UTC, which has 24 hours wherever the caller is.
func DayOf(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }

// Check returns *AboveLimitError if a role may not move an amount without a second person. used is what the same person has moved today.
func (l Limits) Check(role Role, amount money.Money, used int64) error {
	of, limited := l[role]
	if !limited {
		return nil
	}
	limit := of[amount.Currency] // the zero limit for a currency without one
	above := &AboveLimitError{Role: role, Asked: amount, Limit: limit, Used: used}
	if amount.Value > limit.Action || amount.Value > above.Left().Value {
		return above
	}
	return nil
}

// AboveLimitError says that an amount needs a second person.
type AboveLimitError struct {
	Role  Role
	Asked money.Money
	Limit Limit
	Used  int64 // what the person has moved today, in minor units
}

// Left is what the person may still move today.
func (e *AboveLimitError) Left() money.Money {
	return money.Money{Value: max(e.Limit.Day-e.Used, 0), Currency: e.Asked.Currency}
}

func (e *AboveLimitError) Error() string {
	text := func(value int64) string { return money.Text(value, e.Asked.Currency) }
	if e.Limit == (Limit{}) {
		return fmt.Sprintf("%s needs a second person: the role %s has no limit in %s", text(e.Asked.Value), e.Role, e.Asked.Currency)
	}
	return fmt.Sprintf("%s is above the limit of the role %s, which is %s at once and %s a day; %s of that is left today (UTC)",
		text(e.Asked.Value), e.Role, text(e.Limit.Action), text(e.Limit.Day), text(e.Left().Value))
}
