package activities

import "farebook/store"

// Reason says why a payment is looked at; see store.Reason. Named again here because workflows do not know the store.
type Reason = store.Reason

// The reasons a workflow gives.
const (
	ReasonEvent     = store.ReasonEvent
	ReasonHoldEnded = store.ReasonHoldEnded
	ReasonCancelled = store.ReasonCancelled
)
