package credential

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"handover/handler/core/fault"
)

// Conceal encrypts a secret that must be used again, so that a table that holds
// it does not tell it: <key id>.<base64url of nonce and AES-256-GCM>. It is made
// with the first key of the ring; random gives the nonce.
func (r *Keyring) Conceal(purpose Purpose, tenant, secret string, random io.Reader) (string, error) {
	key := r.keys[0]
	sealer, err := key.cipher(purpose, tenant)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, sealer.NonceSize(), sealer.NonceSize()+len(secret)+sealer.Overhead())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", fault.New(fault.Internal, "no randomness to hide a secret").WithCause(err)
	}
	hidden := sealer.Seal(nonce, nonce, []byte(secret), []byte(key.id))
	return key.id + "." + base64.RawURLEncoding.EncodeToString(hidden), nil
}

// Reveal is the secret that Conceal hid for the same purpose and tenant; ok is
// false where no key of the ring did.
func (r *Keyring) Reveal(purpose Purpose, tenant, text string) (secret string, ok bool) {
	id, encoded, _ := strings.Cut(text, ".")
	key, known := r.find(id)
	if !known {
		return "", false
	}
	sealer, err := key.cipher(purpose, tenant)
	if err != nil {
		return "", false
	}
	hidden, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(hidden) < sealer.NonceSize() {
		return "", false
	}
	nonce, body := hidden[:sealer.NonceSize()], hidden[sealer.NonceSize():]
	plain, err := sealer.Open(nil, nonce, body, []byte(id))
	return string(plain), err == nil
}

func (k ringKey) cipher(purpose Purpose, tenant string) (cipher.AEAD, error) {
	derived, err := k.derive(purpose, tenant)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return cipher.NewGCM(block)
}
