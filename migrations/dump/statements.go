// Package dump loads a dump of the books, as mariadb-dump and mysqldump write it, into a schema that nobody uses, for checks. It imports
// migrations and internal/sqlsession.
package dump

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
)

// maxStatement is the largest packet that a server takes.
const maxStatement = 1 << 30

// The first line of a dump with comments, and its last one.
var (
	headline = regexp.MustCompile(`^-- (MariaDB|MySQL) dump `)
	lastLine = regexp.MustCompile(`^-- Dump completed`)
)

// errDelimiter refuses what the books do not have.
var errDelimiter = errors.New("the dump has DELIMITER, as for triggers and routines, which Farebook does not have: is it a dump of its " +
	"database alone?")

// errLong refuses what no server takes.
var errLong = fmt.Errorf("the dump has a statement of more than %d bytes: is it a dump of SQL?", maxStatement)

// Statements yields the statements of a dump without their semicolons. Comments are left out, apart from those that servers execute.
func Statements(dump io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s := &splitter{in: bufio.NewReaderSize(dump, 1<<20)}
		for {
			statement, err := s.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(statement, err) || err != nil {
				return
			}
		}
	}
}

type splitter struct {
	in        *bufio.Reader
	statement bytes.Buffer
	// begun reports that the dump has the headline, so that its last line says that it is complete.
	begun, completed bool
}

// next returns the next statement that is not empty, or io.EOF. A statement that does not end is an error: the dump was cut off.
func (s *splitter) next() ([]byte, error) {
	s.statement.Reset()
	for {
		c, err := s.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && len(bytes.TrimSpace(s.statement.Bytes())) == 0:
			return nil, s.end()
		case errors.Is(err, io.EOF):
			return nil, errors.New("the dump ends within a statement: it is not complete")
		case err != nil:
			return nil, fmt.Errorf("read the dump: %w", err)
		case s.statement.Len() > maxStatement:
			return nil, errLong
		case c == ';':
			if statement := bytes.TrimSpace(s.statement.Bytes()); len(statement) > 0 {
				return checked(statement)
			}
			s.statement.Reset()
			continue
		}
		if err := s.take(c); err != nil {
			return nil, err
		}
	}
}

// end is io.EOF, or that the dump was cut off after one of its statements.
func (s *splitter) end() error {
	if s.begun && !s.completed {
		return errors.New("the dump ends without the line \"-- Dump completed\": it is not complete")
	}
	return io.EOF
}

func checked(statement []byte) ([]byte, error) {
	if bytes.HasPrefix(bytes.ToUpper(statement[:min(len(statement), len("DELIMITER"))]), []byte("DELIMITER")) {
		return nil, errDelimiter
	}
	return statement, nil
}

// take adds a byte with what belongs to it: a whole string, a whole name. It skips a comment.
func (s *splitter) take(c byte) error {
	following, _ := s.in.Peek(2) // fewer at the end
	switch {
	case c == '\'' || c == '"' || c == '`':
		s.statement.WriteByte(c)
		return s.quoted(c)
	case c == '#', c == '-' && len(following) > 1 && following[0] == '-' && (following[1] == ' ' || following[1] == '\n'):
		line, err := s.in.ReadBytes('\n')
		line = append([]byte{c}, line...)
		if headline.Match(line) {
			s.begun, s.completed = true, false
		}
		s.completed = s.completed || lastLine.Match(line)
		return atEnd(err)
	case c == '/' && len(following) > 1 && following[0] == '*' && following[1] != '!' && following[1] != 'M':
		return s.skipComment()
	}
	s.statement.WriteByte(c)
	return nil
}

// quoted reads up to the quote that ends a string or a name. Two quotes are read as two strings, which makes no difference.
func (s *splitter) quoted(quote byte) error {
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return errors.New("the dump ends within a string: it is not complete")
		}
		s.statement.WriteByte(c)
		if s.statement.Len() > maxStatement {
			return errLong
		}
		if c == '\\' && quote != '`' {
			escaped, err := s.in.ReadByte()
			if err != nil {
				return errors.New("the dump ends within a string: it is not complete")
			}
			s.statement.WriteByte(escaped)
			continue
		}
		if c == quote {
			return nil
		}
	}
}

func (s *splitter) skipComment() error {
	for last := byte(0); ; {
		c, err := s.in.ReadByte()
		if err != nil {
			return errors.New("the dump ends within a comment: it is not complete")
		}
		if last == '*' && c == '/' {
			return nil
		}
		last = c
	}
}

// atEnd forgives a comment in the last line that has no line feed.
func atEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
