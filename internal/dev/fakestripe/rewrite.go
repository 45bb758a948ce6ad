package fakestripe

import (
	"maps"
	"strings"
)

// Rewrite has an object of any kind (pi_, ch_, re_, dp_, po_, txn_) show other values in some of its top-level fields, in
// answers and events alike: an enumeration's value that nobody knows yet, say. What the stand-in itself does with the object
// stays as it was. Then it sends the events. Fields of nil end the rewriting; a field of nil is sent as null.
func (s *Server) Rewrite(id string, fields map[string]any, events ...string) error {
	return s.withObject(id, func(o object) *apiError {
		if fields == nil {
			delete(s.hooks.rewrites, id)
		} else {
			s.hooks.rewrites[id] = maps.Clone(fields)
		}
		s.emitAll(o, events)
		return nil
	})
}

// finished expands what is still an id in an object's wire form, and applies Rewrite.
func (s *Server) finished(id string, out map[string]any, expand expansion) map[string]any {
	for _, path := range expand {
		field, _, _ := strings.Cut(path, ".")
		named, isID := out[field].(string)
		o := s.objectOf(named)
		switch {
		case !isID:
		case o != nil:
			out[field] = o.wire(s, expand.under(field))
		case field == "payment_method":
			out[field] = s.methodObject(named)
		}
	}
	maps.Copy(out, s.hooks.rewrites[id])
	return out
}

// Tell sends events of any types about an object as it is now.
func (s *Server) Tell(id string, events ...string) error {
	return s.withObject(id, func(o object) *apiError {
		s.emitAll(o, events)
		return nil
	})
}

// EditMetadata is somebody in the dashboard: keys are set, or removed by an empty value. Stripe has no event for it on a
// PaymentIntent; charge.updated, refund.updated, charge.dispute.updated and payout.updated tell of the others.
func (s *Server) EditMetadata(id string, changes map[string]string) error {
	return s.withObject(id, func(o object) *apiError {
		metadata, event := metadataOf(o)
		if metadata == nil {
			return invalid("", "metadata", "there is no metadata to edit on "+id)
		}
		for key, value := range changes {
			metadata[key] = value
			if value == "" {
				delete(metadata, key)
			}
		}
		if event != "" {
			s.emit(event, o)
		}
		return nil
	})
}

// metadataOf an object, and the event that tells of a change; nil for an object without.
func metadataOf(o object) (metadata map[string]string, event string) {
	switch o := o.(type) {
	case *intent:
		return o.metadata, ""
	case *charge:
		return o.metadata, "charge.updated"
	case *refund:
		return o.metadata, "refund.updated"
	case *dispute:
		return o.metadata, "charge.dispute.updated"
	case *payout:
		return o.metadata, "payout.updated"
	}
	return nil, ""
}

func (s *Server) emitAll(o object, events []string) {
	for _, kind := range events {
		s.emit(kind, o)
	}
}

// withObject does something to an object under the lock, and lets the events go.
func (s *Server) withObject(id string, do func(object) *apiError) error {
	s.mu.Lock()
	o := s.objectOf(id)
	failed := notFoundError("object", id)
	if o != nil {
		failed = do(o)
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return asError(failed)
}
