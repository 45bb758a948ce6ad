package view

import (
	"strings"
	"time"

	"farebook/access"
	"farebook/store"
)

// Matter is an attention item: something that an operator has to look at.
type Matter struct {
	ID       uint64     `json:"id"`
	Booking  string     `json:"booking,omitempty" doc:"Absent for an object that belongs to no booking." example:"FB-7K2M9QXA"`
	Kind     string     `json:"kind" example:"refund_failed"`
	Subject  string     `json:"subject,omitempty" doc:"The object within the booking that it concerns." example:"RF-7K2M9QXA"`
	Text     string     `json:"text"`
	OpenedAt time.Time  `json:"openedAt"`
	ClosedAt *time.Time `json:"closedAt,omitempty"`
	ClosedBy string     `json:"closedBy,omitempty" doc:"Absent for a matter that closed automatically when its cause was settled."`
	Note     string     `json:"note,omitempty"`
	TakenBy  string     `json:"takenBy,omitempty" doc:"Who has taken it. Absent while nobody has." example:"Dana Haddad (console ak_7K2M9QXA4T)"`
	TakenAt  *time.Time `json:"takenAt,omitempty"`
	Yours    bool       `json:"yours,omitempty" doc:"The caller has taken it."`
	Comments int        `json:"comments" doc:"How many there are; GET /v1/attention/{id} has them."`
}

// MatterStep is what somebody did about a matter before it was decided.
type MatterStep struct {
	Kind string    `json:"kind" enum:"take,give-back,comment"`
	At   time.Time `json:"at"`
	By   string    `json:"by" example:"Dana Haddad (console ak_7K2M9QXA4T)"`
	Text string    `json:"text,omitempty" doc:"Of a comment."`
}

// MatterDetail is a matter with its steps.
type MatterDetail struct {
	Matter

	Steps []MatterStep `json:"steps" nullable:"false" doc:"Who has taken it, given it back and commented on it, the oldest first. Nobody can change one."`
}

// MatterDetailOf is a matter with its steps of the store.
func MatterDetailOf(matter Matter, steps []store.AttentionStep) MatterDetail {
	shown := MatterDetail{Matter: matter, Steps: make([]MatterStep, len(steps))}
	for i, step := range steps {
		shown.Steps[i] = MatterStepOf(step)
	}
	return shown
}

// MatterOf converts an attention item of the store.
func MatterOf(item store.AttentionItem) Matter {
	shown := Matter{
		ID: item.ID, Booking: string(item.Reference), Kind: string(item.Kind), Subject: item.Subject, Text: item.Text, OpenedAt: item.OpenedAt,
		ClosedAt: item.ClosedAt, ClosedBy: item.ClosedBy, Note: item.Note, Comments: item.Progress.Comments,
	}
	if item.Progress.Holder.Name != "" {
		shown.TakenBy, shown.TakenAt = item.Progress.Holder.Name, &item.Progress.TakenAt
	}
	return shown
}

// MatterTo is MatterOf for a caller, who reads which matters are theirs.
func MatterTo(caller access.Actor) func(store.AttentionItem) Matter {
	return func(item store.AttentionItem) Matter {
		shown := MatterOf(item)
		shown.Yours = shown.TakenBy != "" && item.Progress.Holder.Is(caller)
		return shown
	}
}

// MatterStepOf converts a step of the store.
func MatterStepOf(step store.AttentionStep) MatterStep {
	return MatterStep{Kind: string(step.Kind), At: step.At, By: step.By.Name, Text: step.Text}
}

// AttentionKinds returns all kinds, joined for a message: "a, b, c".
func AttentionKinds() string {
	names := make([]string, len(store.AttentionKinds))
	for i, kind := range store.AttentionKinds {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}
