package imports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"farebook/validation"
)

// Record is one booking of a file as it is written there. Number is its row as spreadsheets count, the header being row 1, or the place
// of its object, from 1.
type Record struct {
	Number     int
	Values     map[string]string
	Passengers []string
	// Problems are what is wrong with the shape of its values.
	Problems validation.FieldErrors
}

func (r *Record) refuse(column, problem, fix string) {
	r.Problems = append(r.Problems, &validation.FieldError{Field: column, Problem: problem, Fix: fix})
}

// Source reads a file record by record. Next returns io.EOF behind the last one, and a *FileError where the file cannot be read on.
type Source interface {
	Next() (Record, error)
}

// FileError says where a file is not what it should be: what follows cannot be told apart.
type FileError struct {
	Row     int // zero for the file as a whole
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

// maxRecord bounds one record, in bytes: a quotation mark that is never closed must not read the rest of a large file into memory.
const maxRecord = 256 << 10

var errRecordTooLong = errors.New("record too long")

// bounded reads at most maxRecord bytes, and what a buffer reads ahead, for each record.
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

// next grants a record its bytes.
func (b *bounded) next() { b.left = maxRecord }

func recordTooLong(number int) *FileError {
	return &FileError{number, fmt.Sprintf("has more than %d kB", maxRecord>>10), "look for a quotation mark that is not closed"}
}

const saveAsUTF8 = `save it as UTF-8 ("CSV UTF-8" in spreadsheets)`

// withoutMark skips a byte order mark, which spreadsheets write, and refuses UTF-16.
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
