package main

import "context"

type demoCommand struct{}

func (demoCommand) Run(ctx context.Context, m *Main) error { return nil }
