package booking_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/validation"
)

func pdf(objects ...string) []byte {
	return []byte("%PDF-1.7\n" + strings.Join(objects, "\n") + "\n%%EOF\n")
}

// packed is an object stream with objects, as PDF 1.5 has them.
func packed(t *testing.T, objects string) string {
	t.Helper()
	var out bytes.Buffer
	writer := zlib.NewWriter(&out)
	_, err := writer.Write([]byte(objects))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return fmt.Sprintf("7 0 obj\n<< /Type /ObjStm /N 2 /First 10 /Filter /FlateDecode /Length %d >>\nstream\r\n%s\nendstream\nendobj",
		out.Len(), out.String())
}

// Pages are those of the root of the page tree, wherever it is; the count of an outline is not that of pages.
func TestPagesOfAPDF(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content []byte
		pages   int
	}{
		"plain":       {pdf("1 0 obj\n<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>\nendobj"), 2},
		"other way":   {pdf("1 0 obj <</Count 12/Kids[2 0 R]/Type/Pages>> endobj"), 12},
		"one page":    {pdf("<< /Type /Pages /Kids [2 0 R] /Count 1 >>"), 1},
		"a later one": {pdf("<</Count 12/Type/Pages>>", "<< /Type /Outlines /Count 99 >>"), 12},
		"nested":      {pdf("<< /Type /Pages /Count 3 /Parent 1 0 R >>", "<< /Type /Pages /Count 30 >>", "<< /Type /Page >>"), 30},
		"twice":       {pdf("<< /Type /Pages /Count 3 /Count 30 >>"), 30},
		"an outline":  {pdf("<< /Type /Outlines /Count 99 >>", "<< /Type /Pages /Count 4 >>"), 4},
		// What a stream leaves of the file behind it does not count as searched.
		"pictures behind": {pdf(packed(t, "1 0 << /Type /Pages /Count 5 >>"), packed(t, ""), packed(t, ""), strings.Repeat("x", 4<<20)), 5},
		"compressed":      {pdf(packed(t, "1 0 2 30 << /Type /Pages /Kids [2 0 R] /Count 21 >>")), 21},
	} {
		file, err := booking.InspectEvidence(c.content)
		require.NoError(t, err, name)
		require.Equal(t, booking.EvidenceFile{ContentType: booking.EvidencePDF, Pages: c.pages}, file, name)
	}
	for name, content := range map[string][]byte{
		"no pages":  pdf("<< /Type /Catalog >>"),
		"encrypted": pdf("<< /Type /Pages /Count 4 >>", "trailer << /Encrypt 9 0 R >>"),
		"damaged":   pdf("<< /Type /ObjStm >> stream\nno zlib"),
	} {
		_, err := booking.InspectEvidence(content)
		require.ErrorIs(t, err, booking.ErrNoPages, name)
	}
}

func TestOnlyPDFAndImagesAreEvidence(t *testing.T) {
	t.Parallel()
	for content, kind := range map[string]string{"\x89PNG\r\n\x1a\nrest": booking.EvidencePNG, "\xff\xd8\xff\xe0rest": booking.EvidenceJPEG} {
		file, err := booking.InspectEvidence([]byte(content))
		require.NoError(t, err)
		require.Equal(t, booking.EvidenceFile{ContentType: kind, Pages: 1}, file)
	}
	for _, content := range []string{"", "GIF89a", "<html>", "PK\x03\x04", " %PDF-1.7"} {
		_, err := booking.InspectEvidence([]byte(content))
		require.ErrorIs(t, err, booking.ErrNotEvidence, content)
	}
}

// A file that was made to be searched for long is refused, although its first page tree has a count: the bound ends the search.
func TestSearchForPagesIsBounded(t *testing.T) {
	t.Parallel()
	const size = 5 << 20
	empty := "stream\n\x78\x9c" + strings.Repeat("\x00\x00\x00\xff\xff", size/5) // blocks of no bytes, which never end
	for name, content := range map[string]string{
		"page trees without an end": strings.Repeat("/Type/Pages ", size/12),
		"page trees in one another": strings.Repeat("<</Type/Pages ", size/14),
		"counts":                    strings.Repeat("/Type/Pages/Count 1 ", size/20),
		"objects without a stream":  strings.Repeat("/Type/ObjStm ", size/13),
		"many broken streams":       strings.Repeat("/Type/ObjStm stream\nx ", 4_200),
		"objects of one stream":     strings.Repeat("/Type/ObjStm ", 5_000) + empty,
	} {
		_, err := booking.InspectEvidence([]byte("%PDF-1.7\n<</Type/Pages/Count 1>>" + content))
		require.ErrorIs(t, err, booking.ErrNoPages, name)
	}
}

// What the streams of a file become is bounded together: a page tree behind more than that is not read.
func TestUnpackedPDFIsBounded(t *testing.T) {
	t.Parallel()
	large, tree := packed(t, strings.Repeat(" ", 20<<20)), packed(t, "1 0 << /Type /Pages /Count 5 >>")
	file, err := booking.InspectEvidence(pdf(large, tree))
	require.NoError(t, err)
	require.Equal(t, 5, file.Pages)
	_, err = booking.InspectEvidence(pdf(large, large, tree))
	require.ErrorIs(t, err, booking.ErrNoPages)
}

func FuzzInspectEvidence(f *testing.F) {
	f.Add(pdf("<< /Type /Pages /Count 2 >>"))
	f.Add(pdf("<< /Type /ObjStm >> stream\n\x78\x9c"))
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := booking.InspectEvidence(content)
		require.Equal(t, err == nil, file.Pages > 0)
	})
}

// Each problem names its field, with how long it is and may be.
func TestTextsOfEvidenceAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ا", booking.MaxEvidenceLongText)
	require.NoError(t, booking.EvidenceTexts{"uncategorized_text": long, "customer_name": ""}.Validate(), "characters, not bytes")
	err := booking.EvidenceTexts{"uncategorized_text": long + "ا", "receipt": "file_1", "shipping_carrier": "none"}.Validate()
	var wrong validation.FieldErrors
	require.ErrorAs(t, err, &wrong)
	require.Len(t, wrong, 3)
	require.Equal(t, "texts.receipt", wrong[0].Field)
	require.Equal(t, "texts.uncategorized_text has 20001 characters: shorten it to 20000", wrong[1].Error())
	texts := booking.EvidenceTexts{}
	for _, field := range booking.EvidenceFields() {
		if field.Long() {
			texts[field.Name] = long
		}
	}
	require.ErrorContains(t, texts.Validate(), "texts have 160000 characters together: shorten them to 150000")
	texts["uncategorized_text"] = long[:len(long)/2]
	require.NoError(t, texts.Validate(), "150000 characters together")
	require.NoError(t, booking.EvidenceTexts{"billing_address": strings.Repeat("a", 5000)}.Validate())
	require.ErrorContains(t, booking.EvidenceTexts{"billing_address": strings.Repeat("a", 5001)}.Validate(), "shorten it to 5000")
	require.Equal(t, booking.EvidenceTexts{"receipt": "file_1"}, booking.EvidenceTexts{"receipt": "file_1", "customer_name": ""}.Present())
	require.Equal(t, "4.5 MB", booking.Megabytes(booking.MaxEvidenceBytes))
}

// Every reason of Stripe's has fields, and an unknown one as well; all of them exist.
func TestEveryReasonHasRecommendedFields(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{
		"bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated", "debit_not_authorized", "duplicate",
		"fraudulent", "general", "incorrect_account_details", "insufficient_funds", "product_not_received", "product_unacceptable",
		"subscription_canceled", "unrecognized", "of a later version",
	} {
		names := booking.RecommendedEvidence(reason)
		require.GreaterOrEqual(t, len(names), 9, reason)
		for _, name := range names {
			_, known := booking.EvidenceFieldNamed(name)
			require.True(t, known, name)
		}
	}
	require.Contains(t, booking.RecommendedEvidence("duplicate"), "duplicate_charge_id")
	require.Equal(t, booking.MaxMastercardPages, booking.EvidencePages("mastercard"))
	require.Equal(t, booking.MaxEvidencePages, booking.EvidencePages(""))
}
