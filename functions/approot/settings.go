package approot

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	settingsFile = "local.settings.json"
	sampleFile   = "local.settings.sample.json"
	// operatorKey is the one setting that has no usable value in the sample.
	operatorKey = "HANDOVER_OPERATOR_KEY"
)

// LocalSettings is local.settings.json, as the Core Tools read it.
type LocalSettings struct {
	IsEncrypted bool
	Values      map[string]string
}

// localSettings are those of the repository; where it has none, the sample's,
// with an operator key of this app root's own.
func (s Source) localSettings(out string) ([]byte, error) {
	own, err := os.ReadFile(filepath.Join(s.Root, settingsFile))
	if !errors.Is(err, fs.ErrNotExist) {
		return own, err
	}
	settings, err := ReadLocalSettings(filepath.Join(s.Root, sampleFile))
	if err != nil {
		return nil, err
	}
	if settings.Values[operatorKey] == "" {
		if settings.Values[operatorKey], err = s.operatorKey(out); err != nil {
			return nil, err
		}
	}
	return json.MarshalIndent(settings, "", "  ")
}

// operatorKey is the key that the app root has already, or a new one: a key in
// the sample would be everybody's.
func (s Source) operatorKey(out string) (string, error) {
	before, err := ReadLocalSettings(filepath.Join(out, settingsFile))
	if err == nil && before.Values[operatorKey] != "" {
		return before.Values[operatorKey], nil
	}
	var key [32]byte
	if _, err := io.ReadFull(s.Random, key[:]); err != nil {
		return "", fmt.Errorf("no randomness for an operator key: %w", err)
	}
	return hex.EncodeToString(key[:]), nil
}

// ReadLocalSettings reads a file in the form of local.settings.json.
func ReadLocalSettings(path string) (LocalSettings, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return LocalSettings{}, err
	}
	var settings LocalSettings
	if err := json.Unmarshal(content, &settings); err != nil {
		return LocalSettings{}, fmt.Errorf("%s: %w", path, err)
	}
	if settings.Values == nil {
		return LocalSettings{}, fmt.Errorf("%s has no Values", path)
	}
	return settings, nil
}
