package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/store/drafts"
	"farebook/validation"
)

// evidenceAction is a POST about the evidence for a dispute. take reads its body.
func (a *api) evidenceAction(spec huma.API, operation huma.Operation, take ...func(huma.Context, func(huma.Context))) huma.Operation {
	operation.Tags = []string{operationsTag}
	return a.guardOpen(spec, asAction(spec, operation, take...), access.DisputesWrite)
}

var evidenceTypes = []string{booking.EvidencePDF, booking.EvidencePNG, booking.EvidenceJPEG}

// takeEvidenceFile reads a file, a few at a time.
func (a *api) takeEvidenceFile(spec huma.API) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		err := inTurn(hctx.Context(), a.arriving, func() error {
			if err := a.takeFile(hctx, maxEvidenceFile, evidenceTypes...); err != nil {
				return err
			}
			next(hctx)
			return nil
		})
		if err != nil {
			refuse(spec, hctx, err)
		}
	}
}

func evidenceBody() *huma.RequestBody {
	body := &huma.RequestBody{Required: true, Description: "The file, at most 4.5 MB.", Content: map[string]*huma.MediaType{}}
	for _, kind := range evidenceTypes {
		body.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return body
}

// EvidenceFieldInput names a file of the evidence for a dispute. It is exported as DisputeInput is.
type EvidenceFieldInput struct {
	DisputeInput
	Field string `path:"field" maxLength:"40" doc:"Stripe's name of the field." example:"receipt"`
}

type evidenceFileInput struct {
	EvidenceFieldInput
	Name    string `query:"name" maxLength:"120" doc:"What the file is called; the bank does not see it." example:"receipt.pdf"`
	RawBody []byte `contentType:"application/octet-stream"`
}

// fileRequest is what an Idempotency-Key stands for.
type fileRequest struct{ Field, Name, SHA256 string }

func (a *api) addEvidenceFile(ctx context.Context, in *evidenceFileInput) (*evidenceState, error) {
	of, known, err := a.dispute(ctx, in.ID, access.OperationsWrite)
	if err != nil {
		return nil, err
	}
	if err := checkFileField(ctx, in.Field); err != nil {
		return nil, err
	}
	is, err := inspect(in.Field, in.RawBody)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(in.RawBody)
	request := fileRequest{in.Field, fileName(in.Name, in.Field), hex.EncodeToString(sum[:])}
	return a.changeEvidence(withBooking(ctx, known), "add-evidence-file", of, request, func(ctx context.Context) (drafts.Draft, error) {
		return drafts.New(a.Store).AddFile(ctx, drafts.NewFile{
			Dispute: of, Field: in.Field, Name: request.Name, Content: in.RawBody, Is: is, By: actorOf(ctx),
		})
	})
}

// inspect finds what a file is. Its error names the field, with size or pages.
func inspect(field string, content []byte) (booking.EvidenceFile, error) {
	at := "files." + field
	if len(content) > booking.MaxEvidenceBytes {
		return booking.EvidenceFile{}, validation.FieldErrors{{
			Field: at, Problem: "has " + booking.Megabytes(len(content)),
			Fix: "send at most " + booking.Megabytes(booking.MaxEvidenceBytes),
		}}
	}
	is, err := booking.InspectEvidence(content)
	switch {
	case errors.Is(err, booking.ErrNoPages):
		return is, validation.FieldErrors{{
			Field: at, Problem: "is a PDF whose pages cannot be counted, as when it is encrypted or damaged", Fix: "print it to a new PDF",
		}}
	case err != nil:
		return is, validation.FieldErrors{{
			Field: at, Problem: "is neither a PDF nor a PNG or JPEG image", Fix: "save it as one of these",
		}}
	case is.Pages > booking.MaxEvidencePages:
		return is, validation.FieldErrors{{
			Field: at, Problem: fmt.Sprintf("has %d pages", is.Pages), Fix: fmt.Sprintf("send at most %d", booking.MaxEvidencePages),
		}}
	}
	return is, nil
}

// fileName is the name without the space around it, or the field's name where it is empty or has more than one line.
func fileName(name, field string) string {
	name = strings.TrimSpace(name)
	if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !booking.Printable(r) }) {
		return field
	}
	return name
}

func checkFileField(ctx context.Context, name string) error {
	if field, known := booking.EvidenceFieldNamed(name); known && field.File {
		return nil
	}
	var names []string
	for _, field := range booking.EvidenceFields() {
		if field.File {
			names = append(names, field.Name)
		}
	}
	return invalid(ctx, &huma.ErrorDetail{
		Location: "path.field", Message: "is not a file of evidence: send one of " + strings.Join(names, ", "), Value: name,
	})
}

type removeEvidenceInput struct {
	EvidenceFieldInput
	RawBody []byte `contentType:"application/json"`
}

func (a *api) removeEvidenceFile(ctx context.Context, in *removeEvidenceInput) (*evidenceState, error) {
	of, known, err := a.dispute(ctx, in.ID, access.OperationsWrite)
	if err != nil {
		return nil, err
	}
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	if err := checkFileField(ctx, in.Field); err != nil {
		return nil, err
	}
	return a.changeEvidence(withBooking(ctx, known), "remove-evidence-file", of, in.Field, func(ctx context.Context) (drafts.Draft, error) {
		return drafts.New(a.Store).RemoveFile(ctx, of, in.Field, actorOf(ctx))
	})
}
