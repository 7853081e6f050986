package azure

import (
	"context"
	"errors"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/go-amqp"

	"handover/handler/core/fault"
)

// The conditions of AMQP that Service Bus answers with and azservicebus passes
// on as they are.
const (
	conditionQueueFull = amqp.ErrCondResourceLimitExceeded
	conditionDisabled  = amqp.ErrCond("com.microsoft:entity-disabled")
	conditionBusy      = amqp.ErrCond("com.microsoft:server-busy")
)

// busFault says what is wrong with a queue. All but a message that is too large
// may pass by itself or by an administrator's hand, so it is Unavailable: the
// leave stays due, and the sweep sends it again.
func busFault(queue string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, azservicebus.ErrMessageTooLarge) {
		return fault.New(fault.Internal, "a message for the queue %s is larger than Service Bus takes", queue).WithCause(err)
	}
	return unavailable("%s", busSentence(queue, err)).WithCause(err)
}

func busSentence(queue string, err error) string {
	_, noToken := errors.AsType[*azidentity.AuthenticationFailedError](err)
	refused, _ := errors.AsType[*azservicebus.Error](err)
	condition := amqp.ErrCond("")
	if answer, ok := errors.AsType[*amqp.Error](err); ok {
		condition = answer.Condition
	}
	switch {
	case noToken:
		return "no access token for Service Bus: check that the identity of ServiceBusConnection__clientId is assigned to this app"
	case refused != nil && refused.Code == azservicebus.CodeUnauthorizedAccess || condition == amqp.ErrCondUnauthorizedAccess:
		return "Service Bus does not let this app use the queue " + queue + ": check the key in ServiceBusConnection, or give the identity the roles Azure Service Bus Data Sender and Receiver"
	case refused != nil && refused.Code == azservicebus.CodeNotFound || condition == amqp.ErrCondNotFound:
		return "there is no queue " + queue + " in the namespace: check HANDOVER_QUEUE and ServiceBusConnection"
	case condition == conditionQueueFull:
		return "the queue " + queue + " is full: look for messages that nobody receives"
	case condition == conditionDisabled:
		return "the queue " + queue + " is disabled: enable it in the namespace"
	case condition == conditionBusy:
		return "Service Bus asks for patience with the queue " + queue + "; it is tried again"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "the queue " + queue + " did not answer in time; it is tried again"
	}
	return "the queue " + queue + " cannot be reached: check ServiceBusConnection and the network"
}
