package simulate

import (
	"container/heap"
	"time"

	"go.temporal.io/sdk/workflow"
)

// happening is something that is done at a time.
type happening struct {
	at     time.Time
	number int // what was planned first is done first at the same time
	waits  bool
	do     func(workflow.Context)
}

// dueQueue holds what is planned, in the order of time.
type dueQueue struct {
	planned plan
	numbers int
}

func (q *dueQueue) push(h *happening) {
	q.numbers++
	h.number = q.numbers
	heap.Push(&q.planned, h)
}

// first is what is due next; nil when nothing is planned.
func (q *dueQueue) first() *happening {
	if len(q.planned) == 0 {
		return nil
	}
	return q.planned[0]
}

func (q *dueQueue) pop() { heap.Pop(&q.planned) }

// plan implements heap.Interface.
type plan []*happening

func (p plan) Len() int { return len(p) }

func (p plan) Less(i, j int) bool {
	if p[i].at.Equal(p[j].at) {
		return p[i].number < p[j].number
	}
	return p[i].at.Before(p[j].at)
}

func (p plan) Swap(i, j int) { p[i], p[j] = p[j], p[i] }

// Push implements heap.Interface.
func (p *plan) Push(x any) {
	if h, ok := x.(*happening); ok {
		*p = append(*p, h)
	}
}

// Pop implements heap.Interface.
func (p *plan) Pop() any {
	last := len(*p) - 1
	h := (*p)[last]
	*p = (*p)[:last]
	return h
}
