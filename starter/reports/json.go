package reports

import (
	"bufio"
	"encoding/json"
	"io"
	"time"

	"farebook/finance"
	"farebook/money"
	"farebook/starter/view"
)

// jsonWriter writes a report as one JSON object whose rows are written as they come. Amounts are minor units of the row's currency, as
// everywhere in the API; times are RFC 3339.
type jsonWriter struct {
	out   *bufio.Writer
	names [][]byte // of the columns, as JSON with the colon
	rows  int
}

func newJSON(out io.Writer) *jsonWriter { return &jsonWriter{out: bufio.NewWriter(out)} }

// head is what a report says of itself before its rows.
type head struct {
	Report   string     `json:"report"`
	From     *time.Time `json:"from,omitempty"`
	To       time.Time  `json:"to"`
	Basis    string     `json:"basis"`
	TimeZone string     `json:"timeZone"`
}

// Begin writes the object up to its rows.
func (w *jsonWriter) Begin(table finance.Table) error {
	for _, column := range table.Columns {
		name, err := json.Marshal(column.Name)
		if err != nil {
			return err
		}
		w.names = append(w.names, append(name, ':'))
	}
	i := table.Interval
	about := head{Report: table.Name, To: i.To.In(i.Zone), Basis: string(i.Basis), TimeZone: i.Zone.String()}
	if !i.From.IsZero() {
		from := i.From.In(i.Zone)
		about.From = &from
	}
	text, err := json.Marshal(about)
	if err != nil {
		return err
	}
	w.write(text[:len(text)-1], []byte(`,"rows":[`))
	return nil
}

// Row writes one object with a field for each column.
func (w *jsonWriter) Row(row finance.Row) error {
	if w.rows++; w.rows > 1 {
		w.write([]byte(","))
	}
	w.write([]byte("\n{"))
	for i, name := range w.names {
		value, err := json.Marshal(jsonValue(row[i]))
		if err != nil {
			return err
		}
		if i > 0 {
			w.write([]byte(","))
		}
		w.write(name, view.EscapeJSON(value))
	}
	w.write([]byte("}"))
	_, err := w.out.Write(nil) // the first error of those before
	return err
}

func (w *jsonWriter) write(parts ...[]byte) {
	for _, part := range parts {
		_, _ = w.out.Write(part) // bufio keeps the error, which Flush returns
	}
}

func jsonValue(value any) any {
	switch value := value.(type) {
	case money.Money:
		return value.Value
	case time.Time:
		if value.IsZero() {
			return nil
		}
		return value.UTC()
	}
	return value
}

// shownCheck is a check as the API shows it.
type shownCheck struct {
	Check  string `json:"check"`
	Held   bool   `json:"held"`
	Detail string `json:"detail,omitempty"`
}

// End writes the checks and the end of the object.
func (w *jsonWriter) End(checks finance.Checks) error {
	shown := make([]shownCheck, len(checks))
	for i, check := range checks {
		shown[i] = shownCheck{check.Text, check.Held, check.Detail}
	}
	text, err := json.Marshal(shown)
	if err != nil {
		return err
	}
	w.write([]byte("\n],\"checks\":"), view.EscapeJSON(text), []byte("}\n"))
	return w.out.Flush()
}
