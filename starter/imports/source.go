package imports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"farebook/validation"
)

// Record is one booking of a file, unparsed. Number is its row as spreadsheets count, with the header in row 1, or the position of its
// object, from 1.
type Record struct {
	Number     int
	Values     map[string]string
	Passengers []string
	// Problems lists the values of the wrong type.
	Problems validation.FieldErrors
}

func (r *Record) refuse(column, problem, fix string) {
	r.Problems = append(r.Problems, &validation.FieldError{Field: column, Problem: problem, Fix: fix})
}

// Source reads a file record by record. Next returns io.EOF after the last one, and a *FileError when the file cannot be read further.
type Source interface {
	Next() (Record, error)
}

// FileError says where a file is malformed, so that the rest cannot be read.
type FileError struct {
	Row     int // zero for the whole file
	Problem string
	Fix     string
}

func (e *FileError) Error() string {
	where := "the file"
	if e.Row > 0 {
		where = fmt.Sprintf("row %d", e.Row)
	}
	return fmt.Sprintf("%s %s: %s", where, e.Problem, e.Fix)
}

// maxRecord bounds one record, in bytes, so that an unclosed quotation mark does not read the rest of a large file into memory.
const maxRecord = 256 << 10

var errRecordTooLong = errors.New("record too long")

// bounded reads at most maxRecord bytes for each record, beside what a buffer reads ahead.
type bounded struct {
	from io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRecordTooLong
	}
	n, err := b.from.Read(p)
	b.left -= n
	return n, err
}

// next allows maxRecord bytes for the next record.
func (b *bounded) next() { b.left = maxRecord }

func recordTooLong(number int) *FileError {
	return &FileError{number, fmt.Sprintf("has more than %d kB", maxRecord>>10), "look for a quotation mark that is not closed"}
}

const saveAsUTF8 = `save it as UTF-8 ("CSV UTF-8" in spreadsheets)`

// withoutMark skips the byte order mark that spreadsheets write, and returns a *FileError for UTF-16.
func withoutMark(in io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(in)
	begin, err := buffered.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(begin, []byte("\xef\xbb\xbf")):
		_, err := buffered.Discard(3)
		return buffered, err
	case bytes.HasPrefix(begin, []byte("\xff\xfe")), bytes.HasPrefix(begin, []byte("\xfe\xff")):
		return nil, &FileError{Problem: "is UTF-16", Fix: saveAsUTF8}
	}
	return buffered, nil
}
