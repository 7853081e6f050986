package admin

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Limits of a credential, ours.
const (
	maxLabel = 64 // bytes
	// maxLifetime is ten years: a longer one is more likely a typing error.
	maxLifetime = 3650 * 24 * time.Hour
)

var credentialID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// IssueCredential makes a credential of a tenant. Its text is returned this
// once and kept nowhere. A lifetime of 0 means that it does not expire.
func (s *Service) IssueCredential(ctx context.Context, by, tenant string, kind credential.Kind, label string, lifetime time.Duration) (credential.Credential, string, error) {
	now := s.moment()
	expires, err := expiry(now, lifetime)
	if err != nil {
		return credential.Credential{}, "", err
	}
	if len(label) > maxLabel {
		return credential.Credential{}, "", fault.New(fault.InvalidValue, "label must be at most %d bytes, for example \"entra\"", maxLabel)
	}
	if _, err := s.living(ctx, tenant); err != nil {
		return credential.Credential{}, "", fmt.Errorf("admin: issue credential: %w", err)
	}
	c, text, err := credential.Issue(kind, label, now, expires, s.Random)
	if err != nil {
		return credential.Credential{}, "", err
	}
	err = s.Tenants.AddCredential(ctx, tenant, c, directory.Activity{
		At: now, Kind: directory.CredentialIssued, Actor: by, Detail: c.ID,
	})
	s.Changed(tenant)
	if err != nil {
		return credential.Credential{}, "", fmt.Errorf("admin: issue credential: %w", err)
	}
	return c, text, nil
}

func expiry(now time.Time, lifetime time.Duration) (time.Time, error) {
	switch {
	case lifetime < 0 || lifetime > maxLifetime:
		return time.Time{}, fault.New(fault.InvalidValue, "expires must be in the future and within 3650 days, for example \"365d\"")
	case lifetime == 0:
		return time.Time{}, nil
	}
	return now.Add(lifetime), nil
}

// ListCredentials returns a tenant's credentials; none of their texts can be
// made from them.
func (s *Service) ListCredentials(ctx context.Context, tenant string) ([]credential.Credential, error) {
	if _, err := s.tenant(ctx, tenant); err != nil {
		return nil, fmt.Errorf("admin: list credentials: %w", err)
	}
	list, err := s.Tenants.Credentials(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("admin: list credentials: %w", err)
	}
	return list, nil
}

// RevokeCredential ends a credential: at once in this process, within five
// seconds in every other one. One that does not exist is fault.NotFound.
func (s *Service) RevokeCredential(ctx context.Context, by, tenant, id string) error {
	if !directory.ValidTenantID(tenant) || !credentialID.MatchString(id) {
		return fault.New(fault.NotFound, "there is no such credential; its id is 16 hex digits, as the list of credentials shows it")
	}
	err := s.Tenants.RevokeCredential(ctx, tenant, id, directory.Activity{
		At: s.moment(), Kind: directory.CredentialRevoked, Actor: by, Detail: id,
	})
	s.Changed(tenant)
	if err != nil {
		return fmt.Errorf("admin: revoke credential: %w", err)
	}
	return nil
}
