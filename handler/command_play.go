package main

import "context"

type playEntraCommand struct{}

func (playEntraCommand) Run(ctx context.Context, m *Main) error { return nil }
