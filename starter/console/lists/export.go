package lists

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"farebook/internal/wait"
	"farebook/money"
	"farebook/starter/console/caller"
	"farebook/starter/view"
)

const (
	// exportPage is the largest page of the API.
	exportPage = "100"
	// pageTimeout is how long a browser may take for one page.
	pageTimeout = 30 * time.Second
	// busyWait is how long an export waits when the API asks for patience without saying how much.
	busyWait = 2 * time.Second
)

// pages is a page of any list of the API.
type pages struct {
	rows    []map[string]any
	hasMore bool
	next    string
}

// export writes a list as CSV, page by page, while it is read. The header of the answer is sent with the first page: a refusal before it is
// returned, and a failure after it cuts the answer off, so that nobody takes a part for the whole.
func export(w http.ResponseWriter, r *http.Request, api *caller.API, of list, query url.Values) error {
	query = clone(query)
	query.Set("limit", exportPage)
	rows, began := csv.NewWriter(w), false
	for {
		found, err := read(r, api, of, query)
		switch {
		case err != nil && !began:
			return err
		case err != nil:
			panic(http.ErrAbortHandler)
		}
		if !began {
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="`+of.name+`.csv"`)
			_ = rows.Write(of.header()) // csv.Writer keeps the error, which Error returns
			began = true
		}
		for _, row := range found.rows {
			_ = rows.Write(of.line(row)) // as above
		}
		rows.Flush()
		if rows.Error() != nil {
			panic(http.ErrAbortHandler) // the browser has gone
		}
		if !found.hasMore {
			return nil
		}
		query.Set("after", found.next)
		control := http.NewResponseController(w)
		_ = control.Flush()                                       // the recorder of a test has no connection
		_ = control.SetWriteDeadline(time.Now().Add(pageTimeout)) // as above
	}
}

// read reads a page. It waits and tries again where the API limits the requests of a caller or is unavailable for a moment.
func read(r *http.Request, api *caller.API, of list, query url.Values) (pages, error) {
	for {
		var answer map[string]json.RawMessage
		err := api.Get(r.Context(), of.path, query, &answer)
		var problem *caller.Problem
		if errors.As(err, &problem) && problem.Status == http.StatusTooManyRequests {
			if err := wait.For(r.Context(), retryAfter(problem)); err != nil {
				return pages{}, err
			}
			continue
		}
		if err != nil {
			return pages{}, err
		}
		return pageOf(answer, of.rows)
	}
}

func retryAfter(problem *caller.Problem) time.Duration {
	seconds, err := strconv.Atoi(problem.RetryAfter)
	if err != nil || seconds < 1 {
		return busyWait
	}
	return time.Duration(seconds) * time.Second
}

func pageOf(answer map[string]json.RawMessage, rows string) (pages, error) {
	var found pages
	numbers := json.NewDecoder(strings.NewReader(string(answer[rows])))
	numbers.UseNumber() // an amount above 2^53 stays exact
	if err := numbers.Decode(&found.rows); err != nil {
		return pages{}, fmt.Errorf("read %s of a list: %w", rows, err)
	}
	for field, into := range map[string]any{"hasMore": &found.hasMore, "next": &found.next} {
		if text, given := answer[field]; given {
			if err := json.Unmarshal(text, into); err != nil {
				return pages{}, fmt.Errorf("read %s of a list: %w", field, err)
			}
		}
	}
	return found, nil
}

// list is a list of the API as a file: its path, the field with its rows, and its columns.
type list struct {
	name, path, rows string
	columns          []column
}

// column is one value of a row: at is its place in the JSON. An amount is a decimal with the currency in a separate column.
type column struct {
	name, at string
	// currency is the place of the currency of an amount in minor units; empty for what is no amount.
	currency string
	// bare leaves the column of the currency out, for an amount beside another one in the same currency.
	bare bool
}

func (l list) header() []string {
	var names []string
	for _, c := range l.columns {
		names = append(names, c.name)
		if c.currency != "" && !c.bare {
			names = append(names, "currency")
		}
	}
	return names
}

func (l list) line(row map[string]any) []string {
	var cells []string
	for _, c := range l.columns {
		value := at(row, c.at)
		if c.currency == "" {
			cells = append(cells, cell(value))
			continue
		}
		currency, _ := at(row, c.currency).(string)
		cells = append(cells, decimal(value, money.Currency(currency)))
		if !c.bare {
			cells = append(cells, cell(currency))
		}
	}
	return cells
}

// at finds a value by its path: payment.status.
func at(row map[string]any, path string) any {
	var value any = row
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return value
}

// cell is a value as text that no spreadsheet evaluates.
func cell(value any) string {
	switch value := value.(type) {
	case string:
		return view.CSVCell(value)
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	case []any:
		parts := make([]string, len(value))
		for i, one := range value {
			parts[i], _ = one.(string)
		}
		return view.CSVCell(strings.Join(parts, " "))
	}
	return ""
}

// decimal is an amount in minor units as a decimal; empty for none. A negative one stays a number: the sign is no formula's.
func decimal(value any, currency money.Currency) string {
	number, ok := value.(json.Number)
	if !ok || currency == "" {
		return ""
	}
	minor, err := number.Int64()
	if err != nil {
		return ""
	}
	return money.Money{Value: minor, Currency: currency}.Decimal()
}
