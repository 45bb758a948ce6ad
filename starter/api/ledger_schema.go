package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"farebook/finance"
)

// reportTypes are the content types of the formats of reports.
var reportTypes = map[string]string{
	"json":      "application/json",
	"csv":       "text/csv; charset=utf-8",
	"hledger":   "text/plain; charset=utf-8",
	"beancount": "text/plain; charset=utf-8",
}

// reportDescription is what every report has in common.
const reportDescription = "The rows are sent while they are read, in one snapshot of the books. `checks` at the end of the JSON says what " +
	"the report must equal and whether it does; in CSV a check that does not hold is a last record with one field, and in the journals each " +
	"check is a remark. The trailer `Report-Proof` is `holds` or `differs` in every format. An answer whose connection ends before its end is " +
	"not a report. Amounts are minor units of the row's currency in JSON, and decimals in CSV."

// reportResponse documents the answer of a report by its columns.
func reportResponse(spec huma.API, id string, shape finance.Table) *huma.Response {
	row := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
	for _, column := range shape.Columns {
		row.Properties[column.Name] = columnSchema(column)
		row.Required = append(row.Required, column.Name)
	}
	schemas := spec.OpenAPI().Components.Schemas.Map()
	name := schemaName(id)
	schemas[name+"Row"] = row
	schemas[name] = reportSchema(name + "Row")
	schemas["ReportCheck"] = checkSchema()
	content := map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/" + name}}}
	text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	content["text/csv"] = text
	if id == "export-ledger" {
		content["text/plain"] = text
	}
	return &huma.Response{
		Description: http.StatusText(http.StatusOK), Content: content,
		Headers: map[string]*huma.Param{proofTrailer: {
			Description: "A trailer (RFC 9110, 6.5): whether the report equals what it must.",
			Schema:      &huma.Schema{Type: huma.TypeString, Enum: []any{"holds", "differs"}},
		}},
	}
}

// schemaName is GetTrialBalanceReport for get-trial-balance.
func schemaName(id string) string {
	var name strings.Builder
	for word := range strings.SplitSeq(id, "-") {
		name.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return name.String() + "Report"
}

func columnSchema(column finance.Column) *huma.Schema {
	switch column.Kind {
	case finance.Count:
		return &huma.Schema{Type: huma.TypeInteger, Format: "int64"}
	case finance.Amount:
		if column.Name == "customer_facing_amount" {
			return &huma.Schema{Type: huma.TypeInteger, Nullable: true, Format: "int64", Description: "Minor units of customer_facing_currency."}
		}
		return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Description: "Minor units of the row's currency.", Examples: []any{45900}}
	case finance.Time:
		return &huma.Schema{Type: huma.TypeString, Nullable: true, Format: "date-time"}
	default:
		return &huma.Schema{Type: huma.TypeString}
	}
}

func reportSchema(row string) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Required: []string{"report", "to", "basis", "timeZone", "rows", "checks"},
		Properties: map[string]*huma.Schema{
			"report":   {Type: huma.TypeString},
			"from":     {Type: huma.TypeString, Format: "date-time", Description: "Included. Absent for a report from the first transaction on."},
			"to":       {Type: huma.TypeString, Format: "date-time", Description: "Excluded."},
			"basis":    {Type: huma.TypeString, Enum: []any{"effective", "posted", "period"}},
			"timeZone": {Type: huma.TypeString, Description: "The time zone of the books.", Examples: []any{"UTC"}},
			"rows":     {Type: huma.TypeArray, Items: &huma.Schema{Ref: "#/components/schemas/" + row}},
			"checks":   {Type: huma.TypeArray, Items: &huma.Schema{Ref: "#/components/schemas/ReportCheck"}},
		},
	}
}

func checkSchema() *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Required: []string{"check", "held"},
		Properties: map[string]*huma.Schema{
			"check":  {Type: huma.TypeString, Examples: []any{"debits equal credits, in each currency"}},
			"held":   {Type: huma.TypeBoolean},
			"detail": {Type: huma.TypeString, Description: "What differs. Absent when it holds."},
		},
	}
}
