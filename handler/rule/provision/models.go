package provision

import (
	"fmt"
	"sync"

	"handover/handler/core/directory"
	"handover/handler/core/scim"
)

// maxModels is how many tenants' models a process keeps, some 16 MB. Tenants
// without schemas of their own share two.
const maxModels = 256

// models keeps what the users and groups of tenants are made of, so that it is
// built once for each version of a tenant's settings.
type models struct {
	mu   sync.Mutex
	kept map[string]keptModel
	// shared are those without extensions: lenient and strict.
	shared [2]*scim.Model
}

type keptModel struct {
	etag  string
	model *scim.Model
}

// Model is what a tenant's users and groups are made of. It fails only where the
// tenant's own schemas were not checked before they were stored.
func (s *Service) Model(t *directory.Tenant) (*scim.Model, error) {
	return s.models.of(t)
}

func (m *models) of(t *directory.Tenant) (*scim.Model, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(t.Schemas) == 0 {
		return m.sharedBy(t)
	}
	if kept, ok := m.kept[t.ID]; ok && kept.etag == t.ETag && t.ETag != "" {
		return kept.model, nil
	}
	model, err := t.Model()
	if err != nil {
		return nil, fmt.Errorf("provision: the schemas of the tenant: %w", err)
	}
	for id := range m.kept {
		if len(m.kept) < maxModels {
			break
		}
		delete(m.kept, id)
	}
	m.kept[t.ID] = keptModel{t.ETag, model}
	return model, nil
}

func (m *models) sharedBy(t *directory.Tenant) (model *scim.Model, err error) {
	at := 0
	if t.Strict {
		at = 1
	}
	if m.shared[at] == nil {
		m.shared[at], err = t.Model()
	}
	return m.shared[at], err
}
