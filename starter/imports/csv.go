package imports

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// passengerSeparator separates the names of passengers in a CSV file.
const passengerSeparator = "|"

type csvSource struct {
	in      *bounded
	rows    *csv.Reader
	columns []string
	number  int
}

// CSV reads a comma-separated file with a header (RFC 4180). Errors are *FileError or those of in.
func CSV(in io.Reader) (Source, error) {
	plain, err := withoutMark(in)
	if err != nil {
		return nil, err
	}
	s := &csvSource{in: &bounded{from: plain}}
	s.rows = csv.NewReader(s.in)
	s.rows.FieldsPerRecord = -1 // checked below, by name
	header, err := s.read()
	if errors.Is(err, io.EOF) {
		return nil, &FileError{Problem: "is empty", Fix: "export it with a header"}
	}
	if err != nil {
		return nil, err
	}
	s.columns = header
	return s, checkHeader(header)
}

func checkHeader(header []string) error {
	if len(header) == 1 {
		for _, separator := range []struct{ text, name string }{{";", "semicolons"}, {"\t", "tabs"}} {
			if strings.Contains(header[0], separator.text) {
				return &FileError{1, "is separated by " + separator.name, "export it with commas between the columns"}
			}
		}
	}
	for i, name := range header {
		if !knownColumn(name) {
			return &FileError{1, fmt.Sprintf("has an unknown column: %s", named(name, i)), "leave it out; docs/migrating.md lists the columns"}
		}
		if slices.Contains(header[:i], name) {
			return &FileError{1, fmt.Sprintf("names the column %s twice", name), "leave one out"}
		}
	}
	for _, name := range Required {
		if !slices.Contains(header, name) {
			return &FileError{1, fmt.Sprintf("has no column %s", name), "add it; docs/migrating.md lists the columns"}
		}
	}
	return nil
}

func (s *csvSource) read() ([]string, error) {
	s.in.next()
	s.number++
	values, err := s.rows.Read()
	var wrong *csv.ParseError
	switch {
	case errors.Is(err, errRecordTooLong):
		return nil, recordTooLong(s.number)
	case errors.As(err, &wrong):
		return nil, &FileError{
			s.number, fmt.Sprintf("has a quotation mark in the wrong place (line %d)", wrong.Line),
			`put values that have commas, quotation marks or line breaks in them into quotation marks, and write " as ""`,
		}
	}
	return values, err
}

func (s *csvSource) Next() (Record, error) {
	values, err := s.read()
	if err != nil {
		return Record{}, err
	}
	record := Record{Number: s.number, Values: map[string]string{}}
	if len(values) != len(s.columns) {
		record.refuse("row", fmt.Sprintf("has %d values, and the header has %d columns", len(values), len(s.columns)),
			"put values that have commas in them into quotation marks")
		return record, nil
	}
	for i, name := range s.columns {
		record.Values[name] = values[i]
	}
	if names := record.Values[columnPassengers]; names != "" {
		record.Passengers = strings.Split(names, passengerSeparator)
	}
	return record, nil
}
