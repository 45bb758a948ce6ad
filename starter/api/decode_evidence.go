package api

import (
	"math"

	"farebook/booking"
)

// decodeDraft reads the body of POST /v1/disputes/{id}/evidence-draft. Its errors are those of decodeBooking.
func decodeDraft(body []byte) (request struct {
	Texts    booking.EvidenceTexts
	Revision uint32
}, err error,
) {
	value, err := parseStrict(body)
	if err != nil {
		return request, err
	}
	var d decoder
	fields := d.object("", value, "texts", "revision")
	if fields == nil {
		return request, d.err()
	}
	names := make([]string, 0, len(booking.EvidenceFields()))
	for _, field := range booking.EvidenceFields() {
		names = append(names, field.Name)
	}
	request.Texts = booking.EvidenceTexts{}
	for name, text := range d.object("texts", fields["texts"], names...) {
		if _, known := booking.EvidenceFieldNamed(name); known { // the others are errors
			request.Texts[name] = d.text("texts."+name, text)
		}
	}
	if revision, given := fields["revision"]; given {
		request.Revision = d.revision(revision)
	}
	return request, joinFields(d.err(), request.Texts.Validate())
}

// decodeSubmitEvidence reads the body of POST /v1/disputes/{id}/evidence-draft/submit.
func decodeSubmitEvidence(body []byte) (request submitEvidenceBody, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return request, err
	}
	var d decoder
	if fields := d.object("", value, "confirm", "revision"); fields != nil {
		request = submitEvidenceBody{d.text("confirm", fields["confirm"]), d.revision(fields["revision"])}
	}
	return request, d.err()
}

func (d *decoder) revision(value any) uint32 {
	revision := d.integer("revision", value)
	if (revision < 0 || revision > math.MaxUint32) && !covered(d.wrongFields, "revision") {
		d.add("revision", "is not a revision of a draft", "send the one that was read")
		return 0
	}
	return uint32(revision)
}
