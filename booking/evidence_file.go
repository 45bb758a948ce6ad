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

const (
	// maxUnpacked bounds what the compressed objects of a PDF become: a page tree is some kilobytes.
	maxUnpacked = 32 << 20
	// maxSearched bounds the dictionaries that are searched and the compressed objects that are read, together. An ordinary PDF has less of
	// them than its size.
	maxSearched = 16 << 20
	// dictionary is how far from its type the count of a page tree may be: the list of its children is between them.
	dictionary = 64 << 10
	// streamCost is what the beginning of a compressed object counts as.
	streamCost = 4 << 10
)

// pageSearch searches for the page trees of one PDF. Its bounds are for the whole file, because dictionaries that are damaged may overlap.
type pageSearch struct {
	left     int   // of maxSearched; nothing is searched any more once it is not above zero
	unpacked int64 // what may still be unpacked
}

// pagesOf counts the pages of a PDF: the greatest count of its page trees is that of the root. It is zero where none can be read, or not
// within the bounds. A file that was changed by appending may still have an older, greater count, which is then the one that counts.
func pagesOf(content []byte) int {
	if encrypted.Match(content) {
		return 0
	}
	search := pageSearch{left: maxSearched, unpacked: maxUnpacked}
	pages := search.countIn(content)
	for rest := content; search.left > 0; {
		at := objectStream.FindIndex(rest)
		if at == nil {
			return pages
		}
		rest = rest[at[1]:]
		pages = max(pages, search.countIn(search.unpack(rest)))
	}
	return 0
}

// countIn is the greatest count of the page trees in a part of a PDF.
func (s *pageSearch) countIn(content []byte) (pages int) {
	for next := 0; s.left > 0; {
		at := pageTree.FindIndex(content[next:])
		if at == nil {
			break
		}
		begin, end := next+at[0], next+at[1]
		next = end
		before := content[max(begin-dictionary, 0):begin]
		begin -= len(before) - max(bytes.LastIndex(before, []byte("<<")), 0)
		after := content[end:min(end+dictionary, len(content))]
		if closing := bytes.Index(after, []byte(">>")); closing >= 0 {
			after = after[:closing]
		}
		tree := content[begin : end+len(after)]
		s.left -= len(tree)
		for _, found := range pageCount.FindAllSubmatch(tree, -1) {
			count, err := strconv.Atoi(string(found[1]))
			if err == nil {
				pages = max(pages, count)
			}
		}
	}
	return pages
}

// unpack decompresses the stream that follows; nothing, if it is no stream that zlib can read.
func (s *pageSearch) unpack(content []byte) []byte {
	const keyword = "stream"
	s.left -= streamCost
	begin := bytes.Index(content[:min(len(content), dictionary)], []byte(keyword))
	if begin < 0 {
		s.left -= min(len(content), dictionary)
		return nil
	}
	packed := bytes.NewReader(bytes.TrimPrefix(bytes.TrimPrefix(content[begin+len(keyword):], []byte("\r")), []byte("\n")))
	defer func() { s.left -= begin + int(packed.Size()) - packed.Len() }()
	reader, err := zlib.NewReader(packed)
	if err != nil {
		return nil
	}
	unpacked, _ := io.ReadAll(io.LimitReader(reader, s.unpacked)) // what was read before an error counts
	s.unpacked -= int64(len(unpacked))
	return unpacked
}

// Megabytes shows a number of bytes to people.
func Megabytes(size int) string { return fmt.Sprintf("%.1f MB", float64(size)/1e6) }
