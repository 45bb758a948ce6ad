package growth

import (
	"farebook/booking"
	"farebook/internal/dev/bigbooks"
	"farebook/store"
	"farebook/store/drafts"
)

// evidence writes the evidence for a dispute of an old booking, and submits it twice: Stripe refuses it first.
func (s *script) evidence() {
	known := must(s.books.Booking(s.ctx, bigbooks.Reference(s.old(60+s.round))))
	snapshot := booking.DisputeSnapshot{
		DisputeID: s.id("dp_", "evidence"), PaymentIntentID: known.Payment.PaymentIntentID, ChargeID: known.Payment.ChargeID,
		Status: booking.DisputeNeedsResponse, Reason: "fraudulent", Amount: known.Amount.Value, Currency: known.Amount.Currency,
		DueBy: s.now.AddDate(0, 0, 7), CardBrand: "visa",
	}
	must(s.books.RecordDispute(s.ctx, store.DisputeReading{Snapshot: snapshot, Now: s.now}))
	of := first[drafts.Dispute](s.calls, "DisputeFor", snapshot.DisputeID)
	s.measure("Save", drafts.Saving{Dispute: of, Texts: booking.EvidenceTexts{"customer_name": "a test"}, By: s.by})
	image := booking.EvidenceFile{ContentType: booking.EvidencePNG, Pages: 1}
	add := func(field string) drafts.Draft {
		return first[drafts.Draft](s.calls, "AddFile", drafts.NewFile{
			Dispute: of, Field: field, Name: "test.png", Content: []byte(snapshot.DisputeID), Is: image, By: s.by,
		})
	}
	add("receipt")
	saved := add("uncategorized_file")
	s.measure("Content", saved.Files[0].ID)
	saved = first[drafts.Draft](s.calls, "RemoveFile", of, "receipt", s.by)
	submit := func(name string) drafts.Draft {
		s.measure("Submit", drafts.Submission{Key: s.key("submit-evidence", name), Dispute: of, Revision: saved.Revision, By: s.by})
		return first[drafts.Draft](s.calls, "DraftFor", of.ID)
	}
	s.measure("Refuse", submit("evidence-refused"), "a test")
	s.measure("ListOpen", listPage)
	draft := submit("evidence-taken")
	s.measure("ListUnsubmitted", s.now.AddDate(0, 0, 1), uint64(0), listPage)
	s.measure("Uploaded", draft.Files[0].ID, s.id("file_", "evidence"))
	s.measure("Take", draft)
	snapshot.Status = booking.DisputeLost
	must(s.books.RecordDispute(s.ctx, store.DisputeReading{Snapshot: snapshot, Now: s.now}))
}
