package main

import (
	"context"
	"testing"
	"time"

	"handover/handler/adapter/local"
)

// TestPoisonIsBuried puts a message that nobody can decode onto dev's own queue:
// after its last delivery it is among the dead letters, and then it is done with.
func TestPoisonIsBuried(t *testing.T) {
	program := openProgram(t, t.TempDir(), nil)
	defer program.Close()
	file, err := local.Open(t.TempDir()+"/handover.db", local.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	queue := file.Queue("q", local.QueueOptions{MaxDeliveryCount: 1})
	if err := queue.Send(t.Context(), "1", []byte("poison")); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	living := &worker{take: queue.Receive, log: program.options.Log, step: func() {}}
	dead := &worker{take: queue.ReceiveDeadLetter, log: program.options.Log, step: func() {}}
	go living.run(ctx, 1, program.trigger.Deliver)
	for letters := 0; letters == 0; time.Sleep(5 * time.Millisecond) {
		list, err := queue.DeadLetters(ctx)
		if err != nil {
			t.Fatalf("the message never became a dead letter: %v", err)
		}
		letters = len(list)
	}
	go dead.run(ctx, 1, program.trigger.DeliverDead)
	for letters := 1; letters > 0; time.Sleep(5 * time.Millisecond) {
		list, err := queue.DeadLetters(ctx)
		if err != nil {
			t.Fatalf("the dead letter was never done with: %v", err)
		}
		letters = len(list)
	}
}
