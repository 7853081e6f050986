package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

type devCommand struct{}

// Run runs everything in one process until Ctrl-C.
func (devCommand) Run(ctx context.Context, m *Main) error {
	began := m.Now()
	settings, err := readSettings(m.Env, "dev")
	if err != nil {
		return err
	}
	key, err := operatorKeyOf(settings, m.Random)
	if err != nil {
		return err
	}
	keys, err := keysOf(settings, m.Random)
	if err != nil {
		return err
	}
	settings.OperatorKey, settings.Keys = key.text, keys.text
	program, err := m.start(ctx, settings, false)
	if err != nil {
		return err
	}
	defer program.Close()
	if err := errors.Join(key.keep(), keys.keep()); err != nil {
		return err
	}
	m.welcome("http://"+program.Addr(), settings, key, m.Now().Sub(began))
	return program.Run(ctx)
}

// welcome says where everything is and how to go on.
func (m *Main) welcome(url string, settings Settings, key devSecret, took time.Duration) {
	how := "$HANDOVER_OPERATOR_KEY"
	source := "as HANDOVER_OPERATOR_KEY has it"
	if key.file != "" {
		how, source = "$(cat "+key.file+")", "kept in "+key.file
	}
	if key.fresh {
		source = key.text + "  (made now, shown once, kept in " + key.file + ")"
	}
	fmt.Fprintf(m.Stdout, `Handover is ready in %d ms.

  URL           %s
  Data          %s
  Operator key  %s

To go on, in another terminal:

  export HANDOVER_URL=%s HANDOVER_OPERATOR_KEY=%s
  go run ./handler tenant create acme --name "Acme Inc" --country US --domain acme.com --master-admin ann@acme.com
  go run ./handler token issue acme

Ctrl-C stops it. What follows is the log.

`, took.Milliseconds(), url, filepath.Join(settings.Data, "handover.db"), source, url, how)
}
