package testkit

// Event is a row of stripe_events.
type Event struct {
	ID        string
	Processed bool
}

// EventOf returns the event of a type about a booking. It requires that there is one.
func (s *Stack) EventOf(reference, eventType string) Event {
	s.T.Helper()
	id := s.DB.Text(s.T, "SELECT stripe_event_id FROM stripe_events WHERE booking_reference = ? AND type = ?", reference, eventType)
	return Event{ID: id, Processed: s.DB.Count(s.T, "SELECT COUNT(*) FROM stripe_events WHERE stripe_event_id = ? AND processed = TRUE",
		id) == 1}
}
