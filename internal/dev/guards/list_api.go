package guards

// api has the guards of the HTTP API and of events from Stripe.
var api = []Suite{
	{Package: "./starter/api", Slow: true, Guards: []Guard{
		{
			Name: "api.json-names-once", File: "starter/api/strict.go",
			Cut: "case errors.Is(err, jsontext.ErrDuplicateName):",
			Put: "case false && errors.Is(err, jsontext.ErrDuplicateName):", Run: "TestStrictReader",
		},
		{
			Name: "api.json-depth", File: "starter/api/strict.go", Cut: "if depth == maxJSONDepth {",
			Put: "if depth == maxJSONDepth*100 {", Run: "TestStrictReader",
		},
		{
			Name: "api.text-without-nul", File: "starter/api/strict.go", Cut: "case strings.ContainsRune(text, 0):",
			Put: "case false:", Run: "TestStrictReader",
		},
	}},
	{Package: "./starter/api", Servers: true, Guards: []Guard{
		{
			Name: "api.webhook-signature", File: "starter/api/webhook.go", Func: "api.checkSignature",
			Cut: "webhook.ValidatePayloadIgnoringTolerance(body, header, secret) == nil",
			Put: `webhook.ValidatePayloadIgnoringTolerance(body, header, secret) == nil || secret != ""`,
			Run: "TestBadEvents",
		},
		{
			Name: "api.webhook-old-signature", File: "starter/api/webhook.go", Func: "signatureIn",
			Cut: "at.Before(now.Add(-signatureTolerance))", Put: "false", Run: "TestBadEvents",
		},
		{
			Name: "api.webhook-future-signature", File: "starter/api/webhook.go", Func: "signatureIn",
			Cut: "at.After(now.Add(signatureTolerance))", Put: "false", Run: "TestBadEvents",
		},
		{
			Name: "api.webhook-signature-once", File: "starter/api/webhook.go", Func: "signatureIn",
			Cut: "len(headers) > 1", Put: "false", Run: "TestBadEvents",
		},
		{
			Name: "api.live-event-on-test-key", File: "starter/inbox/event.go", Func: "Parse",
			Cut: "*livemode && !live", Put: "false", Run: "TestUnreadableEvents",
		},
		{
			Name: "api.event-id", File: "starter/inbox/event.go", Func: "Parse", Cut: "!eventID.MatchString(wire.ID)",
			Put: "false", Run: "TestUnreadableEvents|TestBadEvents",
		},
		{
			Name: "api.scope", File: "starter/api/auth.go", Func: "allow", Cut: "caller.Scopes.Has(scope)",
			Put: `caller.Scopes.Has(scope) || scope != ""`, Run: "TestEachOperationNeedsItsScope",
		},
		{
			Name: "api.one-authorization", File: "starter/api/auth.go", Func: "api.caller", Cut: "len(values) != 1",
			Put: "len(values) < 1", Run: "TestBadHeaders",
		},
		{
			Name: "api.grant-within-own-scopes", File: "starter/api/apikeys.go",
			Cut: "scopes.Beyond(callerOf(ctx).Scopes)", Put: "scopes.Beyond(scopes)",
			Run: "TestAKeyGrantsOnlyWhatItHolds",
		},
		{
			Name: "api.event-body-needs-admin", File: "starter/api/operations.go",
			Cut: "in.Payload && !callerOf(ctx).Scopes.Has(access.Admin)",
			Put: "in.Payload && !callerOf(ctx).Scopes.Has(access.Admin) && false",
			Run: "TestTheBodyOfAnEventNeedsAScope",
		},
		{
			Name: "api.key-length", File: "starter/api/idempotency_key.go", Func: "unusableKey",
			Cut: "len(values[0]) > maxIdempotencyKey", Put: "false", Run: "TestIdempotencyKeys|TestBadHeaders",
		},
		{
			Name: "api.key-once", File: "starter/api/idempotency_key.go", Func: "unusableKey", Cut: "len(values) > 1",
			Put: "false", Run: "TestIdempotencyKeys|TestBadHeaders",
		},
		{
			Name: "api.body-size", File: "starter/api/body.go", Func: "api.readBodyWithin",
			Cut: "r.ContentLength > size", Put: "false", Run: "TestBodyBeyondItsLimit",
		},
		{
			Name: "api.body-size-unannounced", File: "starter/api/body.go", Func: "api.readBodyWithin",
			Cut: "http.MaxBytesReader(w, r.Body, size)", Put: "r.Body", Run: "TestBodyBeyondItsLimit",
		},
		{
			Name: "api.cursor-of-its-list", File: "starter/api/pages.go", Func: "api.pageFor",
			Cut: `operation + "\n" + callerOf(ctx).ClientCode + "\n" + string(text)`, Put: `"" + string(text[:0])`,
			Run: "TestCursorsOfOtherListsAreRefused",
		},
		{
			Name: "api.fence", File: "starter/api/fence.go", Func: "api.noFence", Cut: "err == nil && fence != nil",
			Put: "err == nil && fence != nil && false", Run: "TestFenceRefusesWhatMovesMoney",
		},
		{
			Name: "api.rate", File: "starter/api/limits.go", Func: "api.pace", Cut: "verdict.Allowed",
			Put: "verdict.Allowed || true", Run: "TestRequestsOfAClientAreLimited",
		},
	}},
	{Package: "./starter/inbox", Servers: true, Guards: []Guard{
		{
			Name: "inbox.left-and-not-failed", File: "starter/inbox/inbox.go", Func: "Inbox.handOn", Cut: "i.Store.LeaveEvent",
			Put: "i.Store.FailEvent", Run: "TestEventThatCannotBeHandedOnIsNeverGivenUp",
		},
		{
			Name: "inbox.other-installation", File: "starter/inbox/delivery.go",
			Cut: "subject.InstallationID != ours.ID", Put: `ours.ID == ""`, Run: "TestNewEventIsNotRoutedByTheMetadataOfAnotherInstallation",
		},
	}},
	{Package: "./activities", Servers: true, Guards: []Guard{
		{
			Name: "activities.fence", File: "store/fence.go", Func: "fenceUp", Cut: "len(rows) == 0",
			Put: "len(rows) >= 0", Run: "TestPaymentIntentIsNotMadeBehindAFence|TestRefundIsNotMadeBehindAFence",
		},
	}},
}
