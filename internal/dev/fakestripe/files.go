package fakestripe

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"farebook/booking"
)

// Limits of evidence that Stripe's OpenAPI document does not state: for a file stripe.com/docs/file-upload, for all texts
// stripe.com/docs/api/disputes/update, for all files what integrations report (github.com/Automattic/woocommerce-payments/issues/559).
const (
	maxFileBytes         = 5 << 20
	maxFilePages         = 49
	maxEvidenceFileBytes = 4_718_592
	maxEvidenceTextRunes = 150_000
	maxUploadBytes       = 8 << 20
)

// file is an uploaded file (stripe.com/docs/api/files/object).
type file struct {
	id      string
	created int64
	name    string
	purpose string
	kind    string
	size    int
}

func (f *file) identity() string { return f.id }
func (f *file) createdAt() int64 { return f.created }

// fileLife is nine months, after which evidence expires (stripe.com/docs/file-upload).
const fileLife = 270 * 24 * 60 * 60

func (f *file) wire(s *Server, expand expansion) map[string]any {
	return s.expandAndRewrite(f.id, map[string]any{
		"id": f.id, "object": "file", "created": f.created, "expires_at": f.created + fileLife, "filename": f.name, "purpose": f.purpose,
		"size": f.size, "title": nil, "type": f.kind, "url": "https://files.stripe.com/v1/files/" + f.id + "/contents",
		"links": map[string]any{"object": "list", "data": []any{}, "has_more": false, "url": "/v1/file_links?file=" + f.id},
	}, expand)
}

// upload is the file of a multipart request.
type upload struct {
	name    string
	content []byte
}

// maxBytes bounds a request; one with a file is larger.
func maxBytes(r *http.Request) int64 {
	if boundaryOf(r) != "" {
		return maxUploadBytes
	}
	return maxRequestBytes
}

// boundaryOf is that of a multipart request; empty for any other.
func boundaryOf(r *http.Request) string {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		return ""
	}
	return parameters["boundary"]
}

// journalled is the body of a request as the journal has it: without files.
func journalled(r *http.Request, body []byte) string {
	if boundaryOf(r) == "" {
		return string(body)
	}
	form, _, err := multipartForm(body, boundaryOf(r))
	if err != nil {
		return "unreadable"
	}
	return form.Encode()
}

// multipartForm reads the parameters of a multipart request. That of the file is the digest of its content, by which repetitions under an
// idempotency key are compared: the boundary differs each time.
func multipartForm(body []byte, boundary string) (form url.Values, in upload, err error) {
	form = url.Values{}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return form, in, nil
		}
		if err != nil {
			return nil, in, err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, in, err
		}
		if part.FileName() == "" {
			form.Add(part.FormName(), string(content))
			continue
		}
		in = upload{part.FileName(), content}
		form.Set(part.FormName(), fmt.Sprintf("%x", sha256.Sum256(content)))
	}
}

// createFile takes files with the purpose dispute_evidence only.
func createFile(s *Server, c *call) (any, *apiError) {
	purpose := c.form.Get("purpose")
	if purpose != "dispute_evidence" {
		return nil, invalid("", "purpose", "The stand-in takes files with the purpose dispute_evidence only.")
	}
	if len(c.upload.content) == 0 {
		return nil, invalid("", "file", "You must supply a file to upload.")
	}
	if len(c.upload.content) > maxFileBytes {
		return nil, refused("", "The file you uploaded was too large. Please upload a file smaller than 5 MB.")
	}
	is, err := booking.InspectEvidence(c.upload.content)
	switch {
	case errors.Is(err, booking.ErrNoPages):
		return nil, refused("", "The file you uploaded is damaged or password protected.")
	case err != nil:
		return nil, refused("", "The file you uploaded has an unsupported type. Please upload a PDF, JPEG or PNG.")
	case is.Pages > maxFilePages:
		return nil, refused("", "The file you uploaded was too long. Please upload a file with fewer than 50 pages.")
	}
	_, kind, _ := strings.Cut(is.ContentType, "/")
	f := &file{
		id: s.ids.next("file"), created: s.clock.Now().Unix(), name: c.upload.name, purpose: purpose,
		kind: strings.Replace(kind, "jpeg", "jpg", 1), size: len(c.upload.content),
	}
	s.files.add(f)
	return f.wire(s, expansionOf(c.form)), nil
}

// Files returns how many files were uploaded.
func (s *Server) Files() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.files.order)
}

// Submissions returns how often evidence for a dispute was submitted, and the evidence.
func (s *Server) Submissions(disputeID string) (times int, evidence map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, failed := s.disputes.find("dispute", disputeID)
	if failed != nil {
		return 0, nil
	}
	return d.submissions, maps.Clone(d.evidence)
}

// evidenceFiles are the fields of evidence that name a file.
var evidenceFiles = []string{
	"cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation", "receipt", "refund_policy",
	"service_documentation", "shipping_documentation", "uncategorized_file",
}

// checkEvidence refuses unknown files, and evidence that is too large with what is staged.
func (s *Server) checkEvidence(d *dispute, given map[string]string) *apiError {
	all := maps.Clone(d.evidence)
	maps.Copy(all, given)
	size, characters := 0, 0
	for _, field := range slices.Sorted(maps.Keys(all)) {
		if !contains(evidenceFiles, field) {
			characters += utf8.RuneCountInString(all[field])
			continue
		}
		if all[field] == "" {
			continue
		}
		f, failed := s.files.find("file upload", all[field])
		if failed != nil {
			failed.status, failed.param = http.StatusBadRequest, "evidence["+field+"]"
			return failed
		}
		size += f.size
	}
	switch {
	case characters > maxEvidenceTextRunes:
		return invalid("", "evidence", fmt.Sprintf("The combined character count of all evidence fields is limited to %d.", maxEvidenceTextRunes))
	case size > maxEvidenceFileBytes:
		return refused("", "The files you've attached to this dispute as evidence will exceed the limit for a dispute's total size. Try using "+
			"smaller files as evidence.")
	}
	return nil
}
