package fakestripe

import (
	"maps"
	"strings"
)

// Rewrite overrides top-level fields of any object (pi_, ch_, re_, dp_, po_, txn_) in answers and events, for example with an
// enumeration value that the client does not know. The stand-in's own state does not change. Then it sends the events. Nil
// fields remove the override; a field with the value nil is sent as null.
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

// expandAndRewrite expands the ids that remain in an object's wire form, then applies the overrides of Rewrite.
func (s *Server) expandAndRewrite(id string, out map[string]any, expand expansion) map[string]any {
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

// Tell sends events of any types about an object in its current state.
func (s *Server) Tell(id string, events ...string) error {
	return s.withObject(id, func(o object) *apiError {
		s.emitAll(o, events)
		return nil
	})
}

// EditMetadata edits metadata as an operator does in Stripe's dashboard: it sets keys, and removes those with an empty value. It
// sends charge.updated, refund.updated, charge.dispute.updated or payout.updated; Stripe has no such event for a PaymentIntent.
func (s *Server) EditMetadata(id string, changes map[string]string) error {
	return s.withObject(id, func(o object) *apiError {
		metadata, event := metadataOf(o)
		if metadata == nil {
			return invalid("", "metadata", id+" has no metadata")
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

// metadataOf returns an object's metadata and the type of the event that reports a change; nil for objects without metadata.
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

// withObject calls do with an object under the server's lock, then starts the delivery of its events.
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
