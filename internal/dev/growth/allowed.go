package growth

// AllowedToGrow are the calls whose rows grow with the books, each with the reason why it may. An entry that does not grow fails the gate.
var AllowedToGrow = map[string]string{
	"Backfill":         "to be mended: reads each booking for texts that an older release wrote",
	"EndRun":           "to be mended: searches run by run for scratch rows",
	"LeftOpen":         "to be mended: finds the last full run by reading all runs",
	"Noted":            "every note counts: there is one for each difference that operators have explained and nobody has posted",
	"OpenDisputes":     "to be mended: reads all disputes for those that owe work",
	"UnscrubbedEvents": "to be mended: reads all events for those that an older release wrote",
	"VerifyChain":      "holds the whole sealed ledger against its seals, which is its purpose",
	"Whole":            "proves every row of the books, which is its purpose, in ranges of ids; Changes proves what has changed",
}
