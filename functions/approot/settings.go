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
)

// secrets are the settings that have no usable value in the sample, and what
// stands in front of the 256 random bits of each.
var secrets = map[string]string{"HANDOVER_OPERATOR_KEY": "", "HANDOVER_KEYS": "local:"}

// LocalSettings is local.settings.json, as the Core Tools read it.
type LocalSettings struct {
	IsEncrypted bool
	Values      map[string]string
}

// localSettings are those of the repository; where it has none, the sample's,
// with secrets of this app root's own.
func (s Source) localSettings(out string) ([]byte, error) {
	own, err := os.ReadFile(filepath.Join(s.Root, settingsFile))
	if !errors.Is(err, fs.ErrNotExist) {
		return own, err
	}
	settings, err := ReadLocalSettings(filepath.Join(s.Root, sampleFile))
	if err != nil {
		return nil, err
	}
	for name, prefix := range secrets {
		if given, ok := settings.Values[name]; !ok || given != "" {
			continue
		}
		if settings.Values[name], err = s.secret(out, name, prefix); err != nil {
			return nil, err
		}
	}
	return json.MarshalIndent(settings, "", "  ")
}

// secret is what the app root has already, or a new one: a secret in the sample
// would be everybody's.
func (s Source) secret(out, name, prefix string) (string, error) {
	before, err := ReadLocalSettings(filepath.Join(out, settingsFile))
	if err == nil && before.Values[name] != "" {
		return before.Values[name], nil
	}
	var bits [32]byte
	if _, err := io.ReadFull(s.Random, bits[:]); err != nil {
		return "", fmt.Errorf("no randomness for %s: %w", name, err)
	}
	return prefix + hex.EncodeToString(bits[:]), nil
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
