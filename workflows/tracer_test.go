package workflows_test

import (
	"fmt"
	"reflect"
	"strings"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/workflows"
)

// tracer writes each call of the scenario's workflow to its trace. An interceptor sees them in the order of the workflow's code,
// which doubles that run side by side would not.
type tracer struct {
	interceptor.WorkerInterceptorBase

	scenario *scenario
}

func (r *tracer) InterceptWorkflow(ctx workflow.Context,
	next interceptor.WorkflowInboundInterceptor,
) interceptor.WorkflowInboundInterceptor {
	if workflow.GetInfo(ctx).ParentWorkflowExecution != nil {
		return next // a child, which has its own tests
	}
	return &inbound{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, scenario: r.scenario}
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase

	scenario *scenario
}

func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{
		WorkflowOutboundInterceptorBase: interceptor.WorkflowOutboundInterceptorBase{Next: next},
		scenario:                        i.scenario,
	})
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase

	scenario *scenario
}

func (o *outbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	o.note(ctx, name, detailOf(args[0]))
	return o.Next.ExecuteLocalActivity(ctx, name, args...)
}

// ExecuteActivity notes for how long the activity is retried: the test environment ends after ten attempts.
func (o *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	o.note(ctx, name, detailOf(args[0]), "(retried for "+elapsed(workflow.GetActivityOptions(ctx).ScheduleToCloseTimeout)+")")
	return o.Next.ExecuteActivity(ctx, name, args...)
}

func (o *outbound) ExecuteChildWorkflow(ctx workflow.Context, kind string, args ...any) workflow.ChildWorkflowFuture {
	o.note(ctx, "start", workflow.GetChildWorkflowOptions(ctx).WorkflowID)
	return o.Next.ExecuteChildWorkflow(ctx, kind, args...)
}

func (o *outbound) SignalExternalWorkflow(ctx workflow.Context, id, runID, signal string, arg any) workflow.Future {
	event, _ := arg.(workflows.StripeEvent)
	o.note(ctx, "signal", id, event.EventID)
	return o.Next.SignalExternalWorkflow(ctx, id, runID, signal, arg)
}

func (o *outbound) note(ctx workflow.Context, words ...string) {
	line := elapsed(workflow.Now(ctx).Sub(began)) + ":"
	for _, word := range words {
		if word != "" {
			line += " " + word
		}
	}
	o.scenario.trace = append(o.scenario.trace, line)
}

// detailOf shows what matters of an activity's input.
func detailOf(in any) string {
	switch in := in.(type) {
	case activities.BookingRef, activities.CancelPaidBookingInput, activities.DisputeRef, activities.ChargeRefundsRef,
		activities.BeginReconciliationInput:
		return ""
	case activities.CancelPaymentIntentInput:
		return in.PaymentIntentID + " " + in.Reason
	case activities.ClosePaymentInput:
		return in.Code
	case activities.CapturePaymentInput:
		return fmt.Sprintf("%s %d", in.PaymentIntentID, in.Amount)
	case activities.RecordPaymentOutcomeInput:
		return words(string(in.Reason), list(in.EventIDs), flag(len(in.Others) > 0, fmt.Sprintf("others:%+v", in.Others)))
	case activities.RefundRef:
		return words(string(in.RefundID), in.StripeRefundID, flag(in.Refusals > 0, fmt.Sprintf("refusals:%d", in.Refusals)))
	case activities.RecordRefundInput:
		return words(in.StripeRefundID, list(in.EventIDs))
	case activities.RecordDisputeInput:
		return words(list(in.EventIDs), flag(in.LastLook, "last"))
	case activities.RecordPayoutInput:
		return words(list(in.EventIDs), flag(in.LastLook, "last"), flag(in.All, "all"))
	case activities.SendEmailInput:
		return fmt.Sprint(in.EmailID)
	case activities.EventsRef:
		return list(in.EventIDs)
	case activities.EventsFailed:
		return list(in.EventIDs)
	case activities.ScanInput:
		return words(string(in.Object), flag(in.Limit > 0, fmt.Sprintf("limit:%d", in.Limit)))
	case activities.HealingsInput:
		return words(flag(in.After > 0, fmt.Sprintf("after:%d", in.After)), flag(in.Planned, "planned"))
	case activities.ConfirmInput:
		return fmt.Sprint(in.ItemIDs)
	case activities.CopyPlanInput:
		return in.Planned
	case activities.ConcludeInput:
		return words(fmt.Sprintf("scanned:%d", in.Scanned), in.Failure)
	default:
		return reflect.TypeOf(in).String()
	}
}

func words(all ...string) string {
	var said []string
	for _, word := range all {
		if word != "" {
			said = append(said, word)
		}
	}
	return strings.Join(said, " ")
}

func list(ids []string) string { return strings.Join(ids, ",") }

func flag(set bool, word string) string {
	if set {
		return word
	}
	return ""
}
