package guards

import "slices"

// processes has the guards of the API, the workflows, the database and the steps.
var processes = slices.Concat(api, store, []Suite{
	{Package: "./internal/logging", Guards: []Guard{
		{
			Name: "logging.secrets", File: "internal/logging/redact.go", Func: "Redact",
			Cut: "text = secrets.ReplaceAllString(text, Redacted)",
		},
		{
			Name: "logging.bearer", File: "internal/logging/redact.go", Func: "Redact",
			Cut: `text = bearer.ReplaceAllString(text, "$1 "+Redacted)`,
		},
		{
			Name: "logging.passwords", File: "internal/logging/redact.go", Func: "Redact",
			Cut: `text = password.ReplaceAllString(text, "$1:"+Redacted+"@$2")`,
		},
		{
			Name: "logging.addresses", File: "internal/logging/redact.go", Func: "Redact",
			Cut: "text = address.ReplaceAllStringFunc(text, redactAddress)",
		},
		{
			Name: "logging.cards", File: "internal/logging/redact.go", Func: "Redact",
			Cut: "return redactCards(text)", Put: "return text",
		},
		{
			Name: "logging.errors", File: "internal/logging/redact.go", Func: "redactAny", Cut: "Redact(v.Error())",
			Put: "v.Error()",
		},
		{
			Name: "logging.groups", File: "internal/logging/redact.go", Func: "redactGroup",
			Cut: "redactValue(attr.Value)", Put: "attr.Value",
			Equivalent: "slog passes the members of a resolved group one by one as well: this is a second barrier",
		},
	}},
	{Package: "./workflows", Slow: true, Guards: []Guard{
		{
			Name: "workflows.gate-cancel-of-unknown", File: "workflows/booking_cancel.go", Run: "TestOlderRunCancelsAPaymentInAnUnknownState",
			Cut: `workflow.GetVersion(ctx, "refuse-cancel-of-unknown", workflow.DefaultVersion, 1) == 1`,
			Put: "ctx != nil",
		},
		{
			Name: "workflows.gate-look-when-hold-ends", File: "workflows/booking_timers.go", Run: "TestReplay",
			Cut: `workflow.GetVersion(ctx, "look-when-hold-ends", workflow.DefaultVersion, 1) == 1`,
			Put: "ctx != nil",
		},
		{
			Name: "workflows.gate-failed-events", File: "workflows/event_watcher.go", Run: "TestOlderRefundThatCannotBeRecordedReportsNothing",
			Cut: `workflow.GetVersion(ctx, "report-failed-events", workflow.DefaultVersion, 1) < 1`,
			Put: "ctx == nil",
		},
		{
			Name: "workflows.gate-plan-in-pieces", File: "workflows/reconciliation.go", Run: "TestReplay",
			Cut: `workflow.GetVersion(ctx, "plan-in-pieces", workflow.DefaultVersion, 1) == 1`, Put: "ctx != nil",
		},
		{
			Name: "workflows.gate-continue-without-healings", File: "workflows/reconciliation_healing.go",
			Run: "TestOlderRunWithoutHealingsDoesNotContinueAsNew",
			Cut: `workflow.GetVersion(ctx, "continue-without-healings", workflow.DefaultVersion, 1) == 1`,
			Put: "ctx != nil",
		},
	}},
})
