package view

import (
	"encoding/hex"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/store/drafts"
)

// EvidenceDraft is the evidence for a dispute as people prepare it.
type EvidenceDraft struct {
	EvidenceState

	Reference string      `json:"reference" example:"FB-7K2M9QXA"`
	Status    string      `json:"status" doc:"Of the dispute." example:"needs_response"`
	Reason    string      `json:"reason" example:"fraudulent"`
	Amount    money.Money `json:"amount"`
	DueBy     *time.Time  `json:"dueBy,omitempty" doc:"The deadline for evidence."`
	CardBrand string      `json:"cardBrand,omitempty" example:"mastercard"`

	Texts       map[string]string `json:"texts" doc:"By Stripe's names of the fields."`
	Suggested   map[string]string `json:"suggested,omitempty" doc:"What the books know, for texts that nobody has written yet."`
	Recommended []string          `json:"recommended" nullable:"false" doc:"The fields that Stripe recommends for the reason."`
	Fields      []EvidenceField   `json:"fields" nullable:"false" doc:"All fields, in the order of a form."`
	Limits      EvidenceLimits    `json:"limits"`
}

// EvidenceField is a part of evidence.
type EvidenceField struct {
	Name string `json:"name" example:"receipt"`
	File bool   `json:"file" doc:"A file, not a text."`
	Max  int    `json:"maxCharacters,omitempty" doc:"Of a text."`
}

// EvidenceLimits bound all texts, and all files, together.
type EvidenceLimits struct {
	Characters int `json:"characters" example:"150000"`
	Bytes      int `json:"bytes" example:"4500000"`
	Pages      int `json:"pages" doc:"Fewer for Mastercard." example:"49"`
}

// EvidenceState is how far the evidence is, without what it says.
type EvidenceState struct {
	Dispute     string           `json:"disputeId" example:"dp_3PabcDEF"`
	State       string           `json:"state" enum:"none,draft,submitting,submitted"`
	Revision    uint32           `json:"revision" doc:"Send it with what changes the texts, or submits: the draft is then still as it was read. 0 before the first change."`
	Files       []EvidenceFile   `json:"files" nullable:"false"`
	Bytes       int              `json:"bytes" doc:"Of all files."`
	Pages       int              `json:"pages" doc:"Of all files."`
	EditedAt    *time.Time       `json:"editedAt,omitempty"`
	EditedBy    string           `json:"editedBy,omitempty"`
	SubmittedAt *time.Time       `json:"submittedAt,omitempty" doc:"When somebody last asked to submit it."`
	SubmittedBy string           `json:"submittedBy,omitempty"`
	TakenAt     *time.Time       `json:"takenAt,omitempty" doc:"When Stripe had taken it."`
	Refused     *EvidenceRefusal `json:"refused,omitempty" doc:"Why Stripe did not take it. It can be changed and submitted again."`
}

// EvidenceRefusal is Stripe's.
type EvidenceRefusal struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason" doc:"In Stripe's words." example:"This dispute is already closed"`
}

// EvidenceFile is a file of evidence without its content.
type EvidenceFile struct {
	Field       string    `json:"field" example:"receipt"`
	Name        string    `json:"name" example:"receipt.pdf"`
	ContentType string    `json:"contentType" enum:"application/pdf,image/png,image/jpeg"`
	Bytes       int       `json:"bytes" example:"48200"`
	Pages       int       `json:"pages" example:"3"`
	SHA256      string    `json:"sha256"`
	AddedAt     time.Time `json:"addedAt"`
	AddedBy     string    `json:"addedBy"`
}

// EvidenceStateOf converts a draft; one that nobody has begun has no time.
func EvidenceStateOf(disputeID string, d drafts.Draft) EvidenceState {
	state := EvidenceState{
		Dispute: disputeID, State: string(d.State), Revision: d.Revision, Files: []EvidenceFile{}, Bytes: d.Bytes(), Pages: d.Pages(),
		EditedBy: d.EditedBy, SubmittedAt: d.SubmittedAt, SubmittedBy: d.SubmittedBy, TakenAt: d.TakenAt,
	}
	if d.State == "" {
		state.State = "none"
	} else {
		state.EditedAt = &d.EditedAt
	}
	if d.RefusedAt != nil {
		state.Refused = &EvidenceRefusal{At: *d.RefusedAt, Reason: d.Refusal}
	}
	for _, file := range d.Files {
		state.Files = append(state.Files, EvidenceFile{
			Field: file.Field, Name: file.Name, ContentType: file.ContentType, Bytes: file.Bytes, Pages: file.Pages,
			SHA256: hex.EncodeToString(file.SHA256[:]), AddedAt: file.AddedAt, AddedBy: file.AddedBy,
		})
	}
	return state
}

// EvidenceDraftOf converts a draft with its dispute.
func EvidenceDraftOf(of drafts.Dispute, d drafts.Draft) EvidenceDraft {
	shown := EvidenceDraft{
		EvidenceState: EvidenceStateOf(of.ID, d), Reference: string(of.Reference), Status: string(of.Status), Reason: of.Reason,
		Amount: of.Amount, DueBy: of.DueBy, CardBrand: of.CardBrand, Texts: d.Texts.Present(),
		Recommended: booking.RecommendedEvidence(of.Reason), Fields: []EvidenceField{},
		Limits: EvidenceLimits{booking.MaxEvidenceText, booking.MaxEvidenceBytes, booking.EvidencePages(of.CardBrand)},
	}
	for _, field := range booking.EvidenceFields() {
		shown.Fields = append(shown.Fields, EvidenceField(field))
	}
	return shown
}

// OpenDraft is evidence that waits to be completed and submitted.
type OpenDraft struct {
	Dispute   string     `json:"disputeId" example:"dp_3PabcDEF"`
	Reference string     `json:"reference" example:"FB-7K2M9QXA"`
	State     string     `json:"state" enum:"draft,submitting"`
	Reason    string     `json:"reason" example:"fraudulent"`
	DueBy     *time.Time `json:"dueBy,omitempty" doc:"The deadline for evidence."`
	EditedAt  time.Time  `json:"editedAt"`
	EditedBy  string     `json:"editedBy"`
	Refused   bool       `json:"refused" doc:"Stripe has refused it, and nobody has submitted it since."`
}

// OpenDraftOf converts a draft of a list.
func OpenDraftOf(d drafts.Open) OpenDraft {
	return OpenDraft{
		Dispute: d.DisputeID, Reference: string(d.Reference), State: string(d.State), Reason: d.Reason, DueBy: d.DueBy, EditedAt: d.EditedAt,
		EditedBy: d.EditedBy, Refused: d.Refusal != "",
	}
}
