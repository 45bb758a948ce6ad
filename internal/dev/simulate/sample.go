package simulate

import (
	"math/rand/v2"
	"slices"

	"farebook/workflows"
)

// sample keeps the stories of some runs, which the seed decides, of every type of workflow. It has its own random numbers, so that the
// business of a seed is the same with and without it.
type sample struct {
	size int
	rand *rand.Rand
	seen map[string]int
	kept map[string][]*story
}

func newSample(seed uint64, size int) *sample {
	return &sample{
		size: size, rand: rand.New(rand.NewPCG(seed, 2)), //nolint:gosec // the same sample for the same seed
		seen: map[string]int{}, kept: map[string][]*story{},
	}
}

// quota is how many runs of a type are kept: of bookings half of the sample, because they have the most paths.
func (s *sample) quota(kind string) int {
	if kind == workflows.TypeBookingPayment {
		return max(1, s.size/2)
	}
	return max(1, s.size/2/(len(workflows.ByType())-2))
}

// begin returns the story of a run that is kept, in place of an earlier one if there are enough: each run of a type has the same chance.
// It returns nil for all others.
func (s *sample) begin(id, kind string, number int, input any) *story {
	if s == nil || s.size == 0 {
		return nil
	}
	one := &story{id: id, kind: kind, run: number}
	if input != nil {
		one.input = payloads(input)
	}
	s.seen[kind]++
	if len(s.kept[kind]) < s.quota(kind) {
		s.kept[kind] = append(s.kept[kind], one)
		return one
	}
	if at := s.rand.IntN(s.seen[kind]); at < len(s.kept[kind]) {
		s.kept[kind][at] = one
		return one
	}
	return nil
}

// stories are those that were kept, in the order of their beginnings.
func (s *sample) stories() []*story {
	var all []*story
	for _, some := range s.kept {
		for _, one := range some {
			if !one.began.IsZero() {
				all = append(all, one)
			}
		}
	}
	slices.SortFunc(all, func(a, b *story) int { return a.run - b.run })
	return all
}
