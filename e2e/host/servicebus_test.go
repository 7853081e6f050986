package host_test

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"handover/e2e/host"
	"handover/handler/adapter/azure/azuretest"
)

// TestServiceBus lets a function complete one message, and fail another until
// it is a dead letter, whose function sees it once.
func TestServiceBus(t *testing.T) {
	name := azuretest.QueueName(t)
	connection, _ := azuretest.ServiceBus(t, azuretest.Queue{Name: name, MaxDeliveryCount: 3, LockDuration: azuretest.ShortLock()})
	client, err := azservicebus.NewClientFromConnectionString(connection, nil)
	if err != nil {
		t.Fatal(err)
	}
	sender, err := client.NewSender(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"well", "fail"} {
		if err := sender.SendMessage(t.Context(), &azservicebus.Message{MessageID: &body, Body: []byte(body)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	h := hostedOn(t, map[string]string{"QUEUE": name, "BUS": connection}, host.ServiceBus)
	until(t, "the dead letter", func() bool { return len(h.Invocations("dead")) > 0 })
	counts := map[string]int{}
	for _, i := range h.Invocations("work") {
		counts[i.MessageID] = i.DeliveryCount
	}
	if counts["well"] != 1 || counts["fail"] != 3 {
		t.Errorf("deliveries: %v", counts)
	}
	if i := h.Invocations("dead")[0]; i.MessageID != "fail" {
		t.Errorf("the dead letter is %+v", i)
	}
}
