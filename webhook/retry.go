package webhook

import "time"

// retries are the waits after the first failures of an event, in growing steps over three days: those of the Standard Webhooks
// specification, cut to end there.
var retries = []time.Duration{
	5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour,
	20 * time.Hour, 20 * time.Hour,
}

// RetryAfter is how long to wait after so many failed attempts of an event. false means that the endpoint is given up.
func RetryAfter(attempts int) (time.Duration, bool) {
	if attempts < 1 || attempts > len(retries) {
		return 0, false
	}
	return retries[attempts-1], true
}
