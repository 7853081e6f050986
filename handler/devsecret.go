package main

import (
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"handover/handler/core/fault"
)

// devSecret is a secret that dev takes from the environment, or makes and keeps
// in the data folder.
type devSecret struct {
	text string
	// file keeps the secret; empty when the environment gave it.
	file string
	// fresh says that it was made just now and is in no file yet.
	fresh bool
}

// operatorKeyOf is the operator's key.
func operatorKeyOf(settings Settings, random io.Reader) (devSecret, error) {
	return devSecretOf(settings, settings.OperatorKey, "operator-key", "", validKey, random)
}

// keysOf is the keyring that signs access tokens and cursors.
func keysOf(settings Settings, random io.Reader) (devSecret, error) {
	return devSecretOf(settings, settings.Keys, "keys", "dev:", validKeys, random)
}

// devSecretOf takes a secret from the environment (given), else from a file in
// the data folder, else it makes one of 256 bits behind a prefix. It writes
// nothing.
func devSecretOf(settings Settings, given, name, prefix string, valid func(string) bool, random io.Reader) (devSecret, error) {
	if given != "" {
		return devSecret{text: given}, nil
	}
	file := filepath.Join(settings.Data, name)
	kept, err := os.ReadFile(file)
	text := strings.TrimSpace(string(kept))
	switch {
	case err == nil && valid(text):
		return devSecret{text: text, file: file}, nil
	case err == nil:
		return devSecret{}, fault.New(fault.SettingsInvalid, "%s does not hold what dev wrote there: delete it, and the next start makes a new one", file)
	case errors.Is(err, syscall.ENOTDIR):
		return devSecret{}, fault.New(fault.SettingsInvalid, "%s is a file: set HANDOVER_DATA to a folder, for example ./data", settings.Data).WithCause(err)
	case !errors.Is(err, fs.ErrNotExist):
		return devSecret{}, fault.New(fault.SettingsInvalid, "cannot read %s: allow this user to read the folder, or set HANDOVER_DATA to another", file).WithCause(err)
	}
	text, err = freshSecret(random)
	return devSecret{text: prefix + text, file: file, fresh: true}, err
}

// freshSecret is 256 random bits in hex.
func freshSecret(random io.Reader) (string, error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		return "", fault.New(fault.Internal, "no randomness for a new secret").WithCause(err)
	}
	return hex.EncodeToString(secret), nil
}

// keep writes a fresh secret where only this user can read it.
func (k devSecret) keep() error {
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
