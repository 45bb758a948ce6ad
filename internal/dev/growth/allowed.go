package growth

import "farebook/finance"

// AllowedToGrow are the calls whose rows grow with the books, each with the reason why it may. An entry that does not grow fails the gate.
var AllowedToGrow = map[string]string{
	"ApproveClose":     "asks for Unrecognised",
	"ProposeClose":     "asks for Unrecognised",
	"Review":           "asks for Unrecognised",
	"Unrecognised":     "reads the disputes that are open, and those that changed within a day: their bookings are recognised later",
	"UnscrubbedEvents": "no index has the forms of payloads: an operator asks once after an upgrade; each statement counts a range of ids",
	"VerifyChain":      "holds the whole sealed ledger against its seals, which is its purpose",
	"Whole":            "proves every row of the books, which is its purpose, in ranges of ids; Changes proves what has changed",
	"ListDisputes: of no amount": "amounts are in no order of the list: a page examines some thousands of disputes at most, and small books " +
		"have fewer",
	"ListRefunds: of no amount": "amounts are in no order of the list: a page examines some thousands of refunds at most, and small books " +
		"have fewer",
}

// MayGrow are calls that read more of large books only where these are large enough, or where the server's statistics choose another index,
// with the reason why they may.
var MayGrow = map[string]string{
	"CompareBalances":                       "reads the notes (Noted)",
	"Noted":                                 "every note counts: one for each difference that was explained and not posted",
	"ListRefunds: a client's, of no amount": "a page examines some thousands of refunds at most, by the index of amounts or of clients",
}

func init() {
	const why = "reads from the first transaction on: a balance transaction that no payout has paid out says nothing of its age"
	for _, basis := range finance.Bases {
		AllowedToGrow["EndingBalance: by "+basis+" date"] = why
		AllowedToGrow["EndingBalanceItems: by "+basis+" date"] = why
	}
}
