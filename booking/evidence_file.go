package booking

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

// The types of files that Stripe takes as evidence (stripe.com/docs/file-upload).
const (
	EvidencePDF  = "application/pdf"
	EvidencePNG  = "image/png"
	EvidenceJPEG = "image/jpeg"
)

// EvidenceFile is what a file is, by its content.
type EvidenceFile struct {
	ContentType string
	// Pages is 1 for an image.
	Pages int
}

// ErrNotEvidence and ErrNoPages say why a file is not taken.
var (
	ErrNotEvidence = errors.New("is neither a PDF nor a PNG or JPEG image: save it as one of these")
	ErrNoPages     = errors.New("is a PDF whose pages cannot be counted, as when it is encrypted or damaged: print it to a new PDF")
)

// InspectEvidence finds the type of a file by its first bytes, and counts its pages. Errors: ErrNotEvidence, ErrNoPages.
func InspectEvidence(content []byte) (EvidenceFile, error) {
	switch {
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		return EvidenceFile{EvidencePNG, 1}, nil
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		return EvidenceFile{EvidenceJPEG, 1}, nil
	case bytes.HasPrefix(content, []byte("%PDF-")):
		pages := pagesOf(content)
		if pages < 1 {
			return EvidenceFile{}, ErrNoPages
		}
		return EvidenceFile{EvidencePDF, pages}, nil
	}
	return EvidenceFile{}, ErrNotEvidence
}

var (
	// pageTree finds the dictionaries of page trees, and pageCount the number of their leaves (ISO 32000-1, 7.7.3.2).
	pageTree  = regexp.MustCompile(`/Type\s*/Pages\b`)
	pageCount = regexp.MustCompile(`/Count\s+(\d{1,6})\b`)
	// objectStream finds the streams that may contain page trees (ISO 32000-1, 7.5.7).
	objectStream = regexp.MustCompile(`/Type\s*/ObjStm\b`)
	encrypted    = regexp.MustCompile(`/Encrypt\s+\d+\s+\d+\s+R`)
)

// maxUnpacked bounds what the compressed objects of a PDF become: a page tree is some kilobytes.
const maxUnpacked = 32 << 20

// pagesOf counts the pages of a PDF: the greatest count of its page trees is that of the root. It is zero where none can be read. A file
// that was changed by appending may still have an older, greater count, which is then the one that counts.
func pagesOf(content []byte) int {
	if encrypted.Match(content) {
		return 0
	}
	pages, left := countIn(content), int64(maxUnpacked)
	for _, at := range objectStream.FindAllIndex(content, -1) {
		unpacked := unpack(content[at[1]:], left)
		left -= int64(len(unpacked))
		pages = max(pages, countIn(unpacked))
	}
	return pages
}

// dictionary is how far from its type the count of a page tree may be: the list of its children is between them.
const dictionary = 64 << 10

// countIn is the greatest count of the page trees in a part of a PDF.
func countIn(content []byte) (pages int) {
	for _, at := range pageTree.FindAllIndex(content, -1) {
		begin := max(bytes.LastIndex(content[:at[0]], []byte("<<")), at[0]-dictionary, 0)
		end := min(at[1]+dictionary, len(content))
		if closing := bytes.Index(content[at[1]:end], []byte(">>")); closing >= 0 {
			end = at[1] + closing
		}
		for _, found := range pageCount.FindAllSubmatch(content[begin:end], -1) {
			count, err := strconv.Atoi(string(found[1]))
			if err == nil {
				pages = max(pages, count)
			}
		}
	}
	return pages
}

// unpack decompresses the stream that follows; nothing, if it is no stream that zlib can read.
func unpack(content []byte, limit int64) []byte {
	const keyword = "stream"
	begin := bytes.Index(content[:min(len(content), dictionary)], []byte(keyword))
	if begin < 0 {
		return nil
	}
	packed := bytes.TrimPrefix(bytes.TrimPrefix(content[begin+len(keyword):], []byte("\r")), []byte("\n"))
	reader, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	unpacked, _ := io.ReadAll(io.LimitReader(reader, limit)) // what was read before an error counts
	return unpacked
}

// Megabytes shows a number of bytes to people.
func Megabytes(size int) string { return fmt.Sprintf("%.1f MB", float64(size)/1e6) }
