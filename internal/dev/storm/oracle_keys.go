package storm

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"farebook/internal/payload"
)

const (
	// closedLooked is how many closed workflows the oracle reads, the newest ones.
	closedLooked = 200
	// linksLooked is how many links of each key the oracle opens.
	linksLooked = 40
	// browser is the actor who opens links.
	browser = "browser"
)

// checkPayloads requires that each payload of the open workflows and of the newest closed ones is encrypted, and that each process has the
// key: a workflow that waits for a bank would otherwise be stuck only once it wakes.
func (s *System) checkPayloads(ctx context.Context) error {
	codecs := map[string]*payload.Codec{}
	for _, holder := range s.payloadKeys.holders {
		codecs[holder] = s.keysOf(holder)
	}
	all, err := s.list(ctx, "ExecutionStatus = 'Running'")
	if err != nil {
		return err
	}
	closed, err := s.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: "ExecutionStatus != 'Running'", PageSize: closedLooked,
	})
	if err != nil {
		return err
	}
	for _, one := range append(all, closed.GetExecutions()...) {
		if err := s.checkHistory(ctx, one, codecs); err != nil {
			return err
		}
	}
	return nil
}

func (s *System) checkHistory(ctx context.Context, of *workflow.WorkflowExecutionInfo, codecs map[string]*payload.Codec) error {
	id := of.GetExecution()
	broken := func(payloads []*common.Payload) string {
		for _, one := range payloads {
			if string(one.GetMetadata()["encoding"]) != payload.Encoding {
				return "is not encrypted"
			}
		}
		for _, holder := range slices.Sorted(maps.Keys(codecs)) {
			if _, err := codecs[holder].Decode(payloads); err != nil {
				return "cannot be read by " + holder + ": " + err.Error()
			}
		}
		return ""
	}
	options := proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(at *proxy.VisitPayloadsContext, payloads []*common.Payload) ([]*common.Payload, error) {
			if _, header := at.Parent.(*common.Header); !header { // the correlation id, which is in clear
				if why := broken(payloads); why != "" {
					s.violated("promise 14: a payload of workflow %s %s", id.GetWorkflowId(), why)
				}
			}
			return payloads, nil
		},
	}
	events := s.Temporal.GetWorkflowHistory(ctx, id.GetWorkflowId(), id.GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return err
		}
		if err := proxy.VisitPayloads(ctx, event, options); err != nil {
			return err
		}
	}
	return nil
}

// payLink matches the path of a link to a payment page. Its parts are what Farebook signs, the id of the key, and the signature.
var payLink = regexp.MustCompile(`/pay/(fpl_([A-Za-z0-9]+)\.(FB-[A-Z0-9-]+\.[0-9a-z]+))\.[A-Za-z0-9_-]+`)

// noteLinks keeps the links that somebody was given, in an answer or an email.
func (s *System) noteLinks(text string) {
	for _, found := range payLink.FindAllString(text, -1) {
		s.given.Store(found, nil)
	}
}

// sameButLinks is an answer without what a rotation changes in it: a link is stored nowhere and is signed anew each time.
func sameButLinks(body []byte) string { return payLink.ReplaceAllString(string(body), "/pay/$3") }

// opened requires that the page behind a link was shown.
func (s *System) opened(page Answer) {
	if page.Status != http.StatusOK {
		s.violated("the link %s to a payment page is answered %d", payLink.FindStringSubmatch(page.Path)[1], page.Status)
	}
}

// checkLinks opens links of each key, given out before and after its rotation: whoever has one can use it.
func (s *System) checkLinks(ctx context.Context) error {
	byKey := map[string][]string{}
	s.given.Range(func(path, _ any) bool {
		link, _ := path.(string)
		key := payLink.FindStringSubmatch(link)[2]
		byKey[key] = append(byKey[key], link)
		return true
	})
	for _, links := range byKey {
		slices.Sort(links)
		for _, link := range links[:min(linksLooked, len(links))] {
			answer, found, err := s.answeredAtRest(ctx, browser, http.MethodGet, link, "", nil)
			if err != nil {
				return err
			}
			if found {
				s.opened(answer)
			}
		}
	}
	return nil
}
