package imports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

type jsonSource struct {
	in     *bounded
	tokens *json.Decoder
	number int
	// begun is the first token of the first object, for a file of objects without an array.
	begun json.Token
	lines bool
}

// JSON reads an array of objects, or a sequence of objects as databases export them, one on a line. Errors are *FileError or those of
// in.
func JSON(in io.Reader) (Source, error) {
	plain, err := withoutMark(in)
	if err != nil {
		return nil, err
	}
	s := &jsonSource{in: &bounded{from: plain}}
	s.tokens = json.NewDecoder(s.in)
	s.tokens.UseNumber()
	s.in.next()
	first, err := s.tokens.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil, &FileError{Problem: "is empty", Fix: "export an array of objects"}
	case err != nil:
		return nil, s.failed(err)
	case first == json.Delim('{'):
		s.begun, s.lines = first, true
	case first != json.Delim('['):
		return nil, &FileError{Problem: "is not an array", Fix: "export an array of objects, one for each booking"}
	}
	return s, nil
}

func (s *jsonSource) Next() (Record, error) {
	s.in.next()
	begin, err := s.begin()
	if err != nil {
		return Record{}, err
	}
	record := Record{Number: s.number, Values: map[string]string{}}
	if begin != json.Delim('{') {
		record.refuse("row", "is not an object", "export an array of objects, one for each booking")
		return record, s.skip(begin)
	}
	seen := map[string]bool{}
	for s.tokens.More() {
		token, err := s.tokens.Token()
		if err != nil {
			return Record{}, s.failed(err)
		}
		name, _ := token.(string) // a key is always a string
		if err := s.value(&record, name, seen[name]); err != nil {
			return Record{}, err
		}
		seen[name] = true
	}
	if _, err = s.tokens.Token(); err != nil {
		return Record{}, s.failed(err)
	}
	return record, nil
}

// begin reads the first token of the next element; io.EOF after the last one.
func (s *jsonSource) begin() (json.Token, error) {
	if begun := s.begun; begun != nil {
		s.begun = nil
		s.number++
		return begun, nil
	}
	if !s.lines && !s.tokens.More() {
		return nil, s.end()
	}
	token, err := s.tokens.Token()
	if s.lines && errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	s.number++
	return token, s.failed(err)
}

// value reads the value of one field into the record, or adds a problem if it has the wrong type.
func (s *jsonSource) value(record *Record, name string, again bool) error {
	token, err := s.tokens.Token()
	if err != nil {
		return s.failed(err)
	}
	switch {
	case !knownColumn(name):
		record.refuse("row", "has an unknown field: "+named(name, len(record.Values)), "leave it out; docs/migrating.md lists the fields")
		return s.skip(token)
	case again:
		record.refuse(name, "is there twice", "leave one out")
		return s.skip(token)
	case name == columnPassengers && token == json.Delim('['):
		return s.passengers(record)
	}
	switch value := token.(type) {
	case nil: // null counts as absent
	case string:
		if isAmount(name) || name == columnPassengers {
			record.refuse(name, "is a string", shapes[name])
			return nil
		}
		record.Values[name] = value
	case json.Number:
		if !isAmount(name) {
			record.refuse(name, "is a number", shapes[name])
			return nil
		}
		record.Values[name] = value.String()
	default:
		record.refuse(name, "is of the wrong type", shapes[name])
		return s.skip(token)
	}
	return nil
}

// shapes says, for each field, how to write its value.
var shapes = func() map[string]string {
	all := map[string]string{}
	for _, names := range [][]string{Required, Optional} {
		for _, name := range names {
			switch {
			case isAmount(name):
				all[name] = "write a whole number in minor units, such as 45900"
			case name == columnPassengers:
				all[name] = "write an array of names"
			default:
				all[name] = "write a string"
			}
		}
	}
	return all
}()

func (s *jsonSource) passengers(record *Record) error {
	record.Passengers = []string{}
	for s.tokens.More() {
		token, err := s.tokens.Token()
		if err != nil {
			return s.failed(err)
		}
		name, isText := token.(string)
		if !isText {
			record.refuse(columnPassengers, "has an element that is not a string", shapes[columnPassengers])
			if err := s.skip(token); err != nil {
				return err
			}
			continue
		}
		record.Passengers = append(record.Passengers, name)
	}
	_, err := s.tokens.Token()
	return s.failed(err)
}

// skip reads the rest of a value whose first token was read.
func (s *jsonSource) skip(begin json.Token) error {
	depth := 0
	for token := begin; ; {
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if token, err = s.tokens.Token(); err != nil {
			return s.failed(err)
		}
	}
}

// end reads the end of the array, after which nothing may follow.
func (s *jsonSource) end() error {
	if _, err := s.tokens.Token(); err != nil {
		return s.failed(err)
	}
	_, err := s.tokens.Token()
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return s.failed(err)
	}
	return &FileError{Problem: "continues after the array", Fix: "export one array of objects"}
}

// failed returns an error for a text that is not JSON. It names the position and never the text.
func (s *jsonSource) failed(err error) error {
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errRecordTooLong):
		return recordTooLong(s.number)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &FileError{s.number, "ends in the middle", "export it again"}
	case errors.As(err, &syntax):
		return &FileError{s.number, fmt.Sprintf("is not JSON at byte %d", s.tokens.InputOffset()), "export it again"}
	}
	return err
}
