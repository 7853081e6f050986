package azuretest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
)

// createQueue makes a queue in a real namespace for as long as a test runs.
func createQueue(t testing.TB, connection string, q Queue) {
	t.Helper()
	client, err := admin.NewClientFromConnectionString(connection, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateQueue(t.Context(), q.Name, &admin.CreateQueueOptions{Properties: &admin.QueueProperties{
		LockDuration:                        to.Ptr(iso8601(q.LockDuration)),
		MaxDeliveryCount:                    to.Ptr(int32(q.MaxDeliveryCount)),
		RequiresDuplicateDetection:          to.Ptr(true),
		DuplicateDetectionHistoryTimeWindow: to.Ptr(iso8601(q.DuplicateWindow)),
	}})
	if err != nil {
		t.Fatalf("make the queue %s: %v", q.Name, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := client.DeleteQueue(ctx, q.Name, nil); err != nil {
			t.Errorf("delete the queue %s: %v", q.Name, err)
		}
	})
}

// iso8601 writes a duration as Service Bus wants it: PT5M is PT300S.
func iso8601(d time.Duration) string {
	return fmt.Sprintf("PT%dS", int(d.Seconds()))
}
