package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// maxTries is how often a change of settings is made anew because somebody else
// changed others at the same time.
const maxTries = 5

// ChangeTenant changes settings, whole or not at all. match is the version that
// the operator has seen, "" for whatever there is: fault.VersionMismatch names the
// settings that somebody else has changed since.
func (s *Service) ChangeTenant(ctx context.Context, by, id, match string, change directory.SettingsChange) (Overview, error) {
	if err := s.conceal(id, &change); err != nil {
		return Overview{}, err
	}
	return s.change(ctx, by, id, match, func(settings *directory.Settings) error {
		change.Apply(settings)
		return nil
	})
}

// conceal puts the connector's secret into its setting, encrypted.
func (s *Service) conceal(id string, change *directory.SettingsChange) error {
	if change.Connector == nil || change.ConnectorSecret == nil {
		return nil
	}
	if err := directory.CheckConnectorSecret(*change.ConnectorSecret); err != nil {
		return err
	}
	hidden, err := s.Conceal(credential.ForConnectors, id, *change.ConnectorSecret)
	if err != nil {
		return fmt.Errorf("admin: change tenant: %w", err)
	}
	setting := *change.Connector
	setting.Hidden = hidden
	change.Connector = &setting
	return nil
}

// SetRole adds a role, or gives one other permissions.
func (s *Service) SetRole(ctx context.Context, by, id, match string, role directory.Role) (Overview, error) {
	return s.change(ctx, by, id, match, func(settings *directory.Settings) error {
		settings.SetRole(role)
		return nil
	})
}

// RemoveRole takes a role out that nothing names any more: fault.Conflict.
func (s *Service) RemoveRole(ctx context.Context, by, id, match, role string) (Overview, error) {
	return s.change(ctx, by, id, match, func(settings *directory.Settings) error { return settings.RemoveRole(role) })
}

// MapGroup gives the members of a group a role, at a position among the mappings
// or, for 0, where it is or last. The group must have been pushed.
func (s *Service) MapGroup(ctx context.Context, by, id, match string, group directory.ID, role string, position int) (Overview, error) {
	if _, err := s.living(ctx, id); err != nil {
		return Overview{}, fmt.Errorf("admin: map group: %w", err)
	}
	if _, err := s.Groups.Group(ctx, id, group); err != nil {
		return Overview{}, fmt.Errorf("admin: read group: %w", err)
	}
	return s.change(ctx, by, id, match, func(settings *directory.Settings) error { return settings.Map(group, role, position) })
}

// UnmapGroup takes the mapping of a group out, which may be gone itself.
func (s *Service) UnmapGroup(ctx context.Context, by, id, match string, group directory.ID) (Overview, error) {
	return s.change(ctx, by, id, match, func(settings *directory.Settings) error { return settings.Unmap(group) })
}

// change reads the settings and the cap, lets edit change them and commits both.
// What changes nothing writes nothing.
func (s *Service) change(ctx context.Context, by, id, match string, edit func(*directory.Settings) error) (Overview, error) {
	for try := 1; ; try++ {
		before, err := s.both(ctx, id)
		if err != nil {
			return Overview{}, fmt.Errorf("admin: change tenant: %w", err)
		}
		after, err := s.tryChange(ctx, by, match, before, edit)
		if fault.Is(err, fault.RowChanged) && try < maxTries {
			continue
		}
		if err != nil {
			return Overview{}, fmt.Errorf("admin: change tenant: %w", err)
		}
		return after, nil
	}
}

// both reads tenant and counters beside each other.
func (s *Service) both(ctx context.Context, id string) (o Overview, err error) {
	if !directory.ValidTenantID(id) {
		_, err := s.tenant(ctx, id)
		return o, err
	}
	reads, ctx := errgroup.WithContext(ctx)
	reads.Go(func() (err error) {
		o.Tenant, err = s.Tenants.Tenant(ctx, id)
		return err
	})
	reads.Go(func() (err error) {
		o.Counters, err = s.Users.Counters(ctx, id)
		return err
	})
	return o, reads.Wait()
}

func (s *Service) tryChange(ctx context.Context, by, match string, before Overview, edit func(*directory.Settings) error) (Overview, error) {
	was := before.Settings()
	if err := was.CheckVersion(match); err != nil {
		return Overview{}, err
	}
	is, changed, err := was.Change(s.Countries, s.moment(), edit)
	if err != nil || len(changed) == 0 {
		return before, err
	}
	change := directory.TenantChange{Before: was.Tenant, After: is.Tenant, Activity: directory.Activity{
		At: is.Modified, Kind: kindOf(changed, &is), Actor: by, Detail: strings.Join(changed, ", "),
	}}
	if is.UserCap != was.UserCap {
		change.Cap = &is.UserCap
	}
	after := before
	after.Counters.Cap = is.UserCap
	after.Tenant, err = s.Tenants.ChangeTenant(ctx, change)
	s.Changed(was.ID)
	return after, err
}

func kindOf(changed []string, is *directory.Settings) directory.ActivityKind {
	switch {
	case !slices.Contains(changed, "suspended"):
		return directory.TenantChanged
	case is.Suspended:
		return directory.TenantSuspended
	}
	return directory.TenantResumed
}
