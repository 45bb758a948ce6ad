package booking

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"farebook/validation"
)

// Limits of a dispute's evidence. All are Stripe's: texts by stripe.com/docs/api/disputes/update, sizes and pages of files by
// stripe.com/docs/disputes/best-practices and stripe.com/docs/file-upload.
const (
	// MaxEvidenceText is how many characters all texts have together.
	MaxEvidenceText = 150_000
	// MaxEvidenceLongText bounds each long text, and maxEvidenceLine each other one.
	MaxEvidenceLongText = 20_000
	maxEvidenceLine     = 5_000
	// MaxEvidenceBytes is how many bytes all files have together. Stripe's limit is 5 MB for the compiled evidence, and integrations report
	// that it refuses more than 4.5 MB of files (github.com/Automattic/woocommerce-payments/pull/2046).
	MaxEvidenceBytes = 4_500_000
	// MaxEvidencePages is how many pages all files have together: fewer than 50.
	MaxEvidencePages = 49
	// MaxMastercardPages is MaxEvidencePages for Mastercard, which does not read longer evidence.
	MaxMastercardPages = 19
	brandMastercard    = "mastercard"
)

// EvidenceField is a part of a dispute's evidence, by Stripe's name (stripe.com/docs/api/disputes/evidence_object).
type EvidenceField struct {
	Name string
	// File: the part is a file, not a text.
	File bool
	// Max is how many characters a text has at most.
	Max int
}

// Long reports whether a text may have several lines.
func (f EvidenceField) Long() bool { return f.Max == MaxEvidenceLongText }

func longText(name string) EvidenceField  { return EvidenceField{Name: name, Max: MaxEvidenceLongText} }
func lineText(name string) EvidenceField  { return EvidenceField{Name: name, Max: maxEvidenceLine} }
func fileField(name string) EvidenceField { return EvidenceField{Name: name, File: true} }

// evidenceFields are those that a travel booking can have, in the order in which a form shows them. The fields of shipped goods are left
// out: nothing is shipped, and a bank that finds an empty shipment learns nothing.
var evidenceFields = []EvidenceField{
	longText("product_description"), lineText("customer_name"), lineText("customer_email_address"), lineText("customer_purchase_ip"),
	lineText("billing_address"), lineText("service_date"), fileField("service_documentation"), fileField("receipt"),
	fileField("customer_communication"), fileField("customer_signature"), longText("access_activity_log"), fileField("refund_policy"),
	longText("refund_policy_disclosure"), longText("refund_refusal_explanation"), fileField("cancellation_policy"),
	longText("cancellation_policy_disclosure"), longText("cancellation_rebuttal"), lineText("duplicate_charge_id"),
	longText("duplicate_charge_explanation"), fileField("duplicate_charge_documentation"), longText("uncategorized_text"),
	fileField("uncategorized_file"),
}

// EvidenceFields lists every field, in the order of a form.
func EvidenceFields() []EvidenceField { return slices.Clone(evidenceFields) }

// EvidenceFieldNamed returns the field with a name.
func EvidenceFieldNamed(name string) (EvidenceField, bool) {
	at := slices.IndexFunc(evidenceFields, func(f EvidenceField) bool { return f.Name == name })
	if at < 0 {
		return EvidenceField{}, false
	}
	return evidenceFields[at], true
}

// always are the fields that Stripe recommends for every reason.
var always = []string{"product_description", "customer_name", "customer_email_address", "uncategorized_text", "uncategorized_file"}

// recommended are the further fields for a reason (stripe.com/docs/disputes/categories, for services and bookings).
var recommended = map[string][]string{
	"fraudulent": {
		"customer_purchase_ip", "billing_address", "access_activity_log", "customer_communication", "customer_signature", "service_date",
		"service_documentation", "receipt",
	},
	"unrecognized": {
		"customer_purchase_ip", "billing_address", "access_activity_log", "customer_communication", "service_date", "service_documentation",
		"receipt",
	},
	"product_not_received": {
		"service_date", "service_documentation", "customer_communication", "access_activity_log", "receipt",
	},
	"product_unacceptable": {
		"service_date", "service_documentation", "customer_communication", "refund_policy", "refund_policy_disclosure",
		"refund_refusal_explanation", "receipt",
	},
	"credit_not_processed": {
		"refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "cancellation_policy", "cancellation_policy_disclosure",
		"customer_communication", "receipt",
	},
	"subscription_canceled": {
		"cancellation_policy", "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_communication", "receipt",
	},
	"duplicate": {
		"duplicate_charge_id", "duplicate_charge_explanation", "duplicate_charge_documentation", "service_documentation", "receipt",
	},
}

// RecommendedEvidence lists the names of the fields that Stripe recommends for the reason of a dispute, in the order of a form. A reason
// that this version does not know, and general, have those of every reason with what shows the service.
func RecommendedEvidence(reason string) []string {
	further, known := recommended[reason]
	if !known {
		further = []string{"service_date", "service_documentation", "customer_communication", "receipt"}
	}
	var names []string
	for _, field := range evidenceFields {
		if slices.Contains(always, field.Name) || slices.Contains(further, field.Name) {
			names = append(names, field.Name)
		}
	}
	return names
}

// EvidencePages is how many pages the files of a dispute have together at most; brand is that of the card, as Stripe names it, or empty.
func EvidencePages(brand string) int {
	if brand == brandMastercard {
		return MaxMastercardPages
	}
	return MaxEvidencePages
}

// EvidenceTexts are the texts of a dispute's evidence by field. An empty text counts as absent.
type EvidenceTexts map[string]string

// Validate returns validation.FieldErrors for unknown fields, fields of files, and texts that are too long, in the order of the form.
func (t EvidenceTexts) Validate() error {
	var v validation.Violations
	total := 0
	for _, field := range evidenceFields {
		text, length := t[field.Name], utf8.RuneCountInString(t[field.Name])
		total += length
		switch {
		case text == "":
		case field.File:
			v.Add("texts."+field.Name, "is a file", "add the file instead")
		case length > field.Max:
			v.Add("texts."+field.Name, fmt.Sprintf("has %d characters", length), fmt.Sprintf("shorten it to %d", field.Max))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if _, known := EvidenceFieldNamed(name); !known {
			v.Add("texts."+name, "is not a field of evidence", "leave it out")
		}
	}
	if total > MaxEvidenceText {
		v.Add("texts", fmt.Sprintf("have %d characters together", total), fmt.Sprintf("shorten them to %d", MaxEvidenceText))
	}
	return v.Err()
}

// Present returns the texts that are not empty.
func (t EvidenceTexts) Present() EvidenceTexts {
	present := EvidenceTexts{}
	for name, text := range t {
		if text != "" {
			present[name] = text
		}
	}
	return present
}
