package directory

import (
	"slices"
	"strings"

	"handover/handler/core/fault"
)

func noRule(*Settings, []string) error { return nil }

func checkName(s *Settings, _ []string) error {
	if strings.TrimSpace(s.Name) == "" || len(s.Name) > 256 {
		return fault.New(fault.InvalidValue, "name must be 1 to 256 bytes, for example \"Acme Inc\"")
	}
	return nil
}

func checkCountry(s *Settings, countries []string) error {
	if !country.MatchString(s.Country) || !slices.Contains(countries, s.Country) {
		return fault.New(fault.InvalidValue, "country must be one that this deployment serves: %s", strings.Join(countries, ", "))
	}
	return nil
}

func checkDomainList(s *Settings, _ []string) (err error) {
	s.Domains, err = VerifiedDomains(s.Domains)
	return err
}

func checkUserCap(s *Settings, _ []string) error {
	if s.UserCap < Unlimited {
		return fault.New(fault.InvalidValue, "userCap must be 0 or more, or left out for no cap, for example 50")
	}
	return nil
}

func checkMasterAdmin(s *Settings, _ []string) error {
	if len(s.MasterAdmin) > maxUserName {
		return fault.New(fault.InvalidValue, "masterAdmin must be a userName of at most %d bytes, for example \"ann@acme.com\"", maxUserName)
	}
	return nil
}

func checkDeputies(s *Settings, _ []string) error {
	if len(s.Deputies) > maxDeputies {
		return fault.New(fault.InvalidValue, "deputies must be at most %d userNames, for example [\"bob@acme.com\"]", maxDeputies)
	}
	for _, deputy := range s.Deputies {
		if deputy == "" || len(deputy) > maxUserName {
			return fault.New(fault.InvalidValue, "deputies must be userNames of 1 to %d bytes, for example [\"bob@acme.com\"]", maxUserName)
		}
	}
	return nil
}

func checkRetention(s *Settings, _ []string) error {
	if s.RetentionDays < 1 || s.RetentionDays > maxRetention {
		return fault.New(fault.InvalidValue, "retentionDays must be from 1 to %d, for example %d", maxRetention, defaultRetention)
	}
	return nil
}

func checkEntra(s *Settings, _ []string) (err error) {
	s.Entra, err = s.Entra.Checked()
	return err
}

func checkSchemas(s *Settings, _ []string) error {
	_, err := s.Model()
	return err
}
