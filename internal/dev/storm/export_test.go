package storm

import "farebook/internal/payload"

// TakeOutKeys replaces the keys of payloads and of links at once, as nobody should: the earlier ones are gone.
func (s *System) TakeOutKeys() error {
	for _, ring := range []*keyring{&s.payloadKeys, &s.linkKeys} {
		fresh, err := payload.NewKey("sudden")
		if err != nil {
			return err
		}
		ring.text = fresh
		for _, holder := range ring.holders {
			if err := s.writeKeys(ring, holder); err != nil {
				return err
			}
		}
	}
	return nil
}
