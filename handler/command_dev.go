package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"handover/handler/core/fault"
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
	settings.OperatorKey = key.text
	program, err := m.start(ctx, settings, false)
	if err != nil {
		return err
	}
	defer program.Close()
	if err := key.keep(); err != nil {
		return err
	}
	m.welcome("http://"+program.Addr(), settings, key, m.Now().Sub(began))
	return program.Run(ctx)
}

// welcome says where everything is and how to go on.
func (m *Main) welcome(url string, settings Settings, key operatorKey, took time.Duration) {
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

// operatorKey is the secret of dev's operator and where it is from.
type operatorKey struct {
	text string
	// file keeps the key; empty when the environment gave it.
	file string
	// fresh says that the key was made just now and is in no file yet.
	fresh bool
}

// operatorKeyOf takes the key from the environment, else from the data folder,
// else it makes one. It writes nothing.
func operatorKeyOf(settings Settings, random io.Reader) (operatorKey, error) {
	if settings.OperatorKey != "" {
		return operatorKey{text: settings.OperatorKey}, nil
	}
	file := filepath.Join(settings.Data, "operator-key")
	kept, err := os.ReadFile(file)
	text := strings.TrimSpace(string(kept))
	switch {
	case err == nil && validKey(text):
		return operatorKey{text: text, file: file}, nil
	case err == nil:
		return operatorKey{}, fault.New(fault.SettingsInvalid, "%s holds no operator key of at least %d characters: delete it, and the next start makes one", file, minOperatorKey)
	case errors.Is(err, syscall.ENOTDIR):
		return operatorKey{}, fault.New(fault.SettingsInvalid, "%s is a file: set HANDOVER_DATA to a folder, for example ./data", settings.Data).WithCause(err)
	case !errors.Is(err, fs.ErrNotExist):
		return operatorKey{}, fault.New(fault.SettingsInvalid, "cannot read %s: allow this user to read the folder, or set HANDOVER_DATA to another", file).WithCause(err)
	}
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		return operatorKey{}, fault.New(fault.Internal, "no randomness for an operator key").WithCause(err)
	}
	return operatorKey{text: hex.EncodeToString(secret), file: file, fresh: true}, nil
}

// keep writes a fresh key where only this user can read it.
func (k operatorKey) keep() error {
	if !k.fresh {
		return nil
	}
	err := os.MkdirAll(filepath.Dir(k.file), 0o700)
	if err == nil {
		err = os.WriteFile(k.file, []byte(k.text+"\n"), 0o600)
	}
	if err != nil {
		return fault.New(fault.SettingsInvalid, "cannot write %s: allow this user to write into the folder, or set HANDOVER_DATA to another", k.file).WithCause(err)
	}
	return nil
}
