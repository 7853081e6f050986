package admin

import (
	"context"
	"fmt"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
)

// SetWebhook says where a tenant is told what becomes of its leaves. The first
// time, and whenever renew asks for it, a secret is issued, which is returned this
// once; the one before signs for another day. Else the secret is "".
func (s *Service) SetWebhook(ctx context.Context, by, id, match, url string, renew bool) (changed Overview, secret string, err error) {
	if err := directory.CheckWebhookURL(url); err != nil {
		return Overview{}, "", err
	}
	changed, err = s.change(ctx, by, id, match, func(settings *directory.Settings) error {
		settings.Webhook.URL = url
		if secret = ""; settings.Webhook.Hidden != "" && !renew {
			return nil
		}
		if secret, err = credential.IssueWebhookSecret(s.Random); err != nil {
			return err
		}
		hidden, err := s.Conceal(credential.ForWebhooks, id, secret)
		if err != nil {
			return fmt.Errorf("admin: set webhook: %w", err)
		}
		settings.Webhook = settings.Webhook.Renewed(hidden, s.moment())
		return nil
	})
	if err != nil {
		return Overview{}, "", err
	}
	return changed, secret, nil
}

// RemoveWebhook ends the telling; what was not told yet is forgotten.
func (s *Service) RemoveWebhook(ctx context.Context, by, id, match string) (Overview, error) {
	return s.change(ctx, by, id, match, func(settings *directory.Settings) error {
		settings.Webhook = directory.WebhookSetting{}
		return nil
	})
}
