package config

import (
	"strconv"
	"strings"

	"farebook/access"
	"farebook/money"
)

func (r *reader) readConsoleLimits() {
	r.config.RefundLimits = r.limits("CONSOLE_REFUND_LIMITS", r.vars.RefundLimits)
	r.config.CorrectionLimits = r.limits("CONSOLE_CORRECTION_LIMITS", r.vars.CorrectionLimits)
}

// limits reads ROLE, which has no limit above 0, and ROLE:CURRENCY:ACTION:DAY.
func (r *reader) limits(name, text string) access.Limits {
	limits := access.Limits{}
	if text == "none" {
		return limits
	}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		fields := strings.Split(part, ":")
		role, err := access.ParseRole(fields[0])
		if err != nil {
			r.problem("%s has %q: %v", name, part, err)
			return nil
		}
		if limits[role] == nil {
			limits[role] = map[money.Currency]access.Limit{}
		}
		if len(fields) == 1 {
			continue
		}
		currency, limit, wrong := limitOf(fields[1:])
		if _, twice := limits[role][currency]; twice {
			wrong = "the role has a limit in this currency already"
		}
		if wrong != "" {
			r.problem("%s has %q: %s; set it to ROLE, or to ROLE:CURRENCY:ACTION:DAY such as support:USD:50000:200000", name, part, wrong)
			return nil
		}
		limits[role][currency] = limit
	}
	return limits
}

// limitOf reads CURRENCY, ACTION and DAY, or says what is wrong with them.
func limitOf(fields []string) (currency money.Currency, limit access.Limit, wrong string) {
	if len(fields) != 3 {
		return "", limit, "it has not four parts"
	}
	currency, err := money.ParseCurrency(fields[0])
	if err != nil {
		return "", limit, "its currency is unknown"
	}
	action, err := strconv.ParseInt(fields[1], 10, 64)
	day, otherErr := strconv.ParseInt(fields[2], 10, 64)
	switch {
	case err != nil || otherErr != nil || action < 1:
		return currency, limit, "its amounts are not minor units above zero"
	case day < action:
		return currency, limit, "the limit of a day is below that of one action"
	}
	return currency, access.Limit{Action: action, Day: day}, ""
}
