package main

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// minOperatorKey is our limit: 16 characters of a hexadecimal secret are 64
// random bits, which nobody guesses over HTTP.
const minOperatorKey = 16

// maxBodyLimit is the most that the Functions host passes on, in bytes
// (FUNCTIONS_REQUEST_BODY_SIZE_LIMIT).
const maxBodyLimit = 100 << 20

var (
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
	queueName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,259}$`)
	cronField   = regexp.MustCompile(`^[A-Za-z0-9*/,-]+$`)
)

// broken names the variables whose value has the right type and breaks its rule.
func (s *Settings) broken() []string {
	var names []string
	check := func(name string, ok bool) {
		if !ok {
			names = append(names, name)
		}
	}
	check("HANDOVER_LISTEN", validAddress(s.Listen))
	check("HANDOVER_DATA", !strings.ContainsRune(s.Data, 0))
	check("HANDOVER_OPERATOR_KEY", s.OperatorKey == "" || validKey(s.OperatorKey))
	check("HANDOVER_BASE_URL", s.BaseURL == "" || validOrigin(s.BaseURL))
	check("HANDOVER_COUNTRIES", validCountries(s.Countries))
	check("HANDOVER_QUEUE", queueName.MatchString(s.Queue))
	check("HANDOVER_SWEEP_SCHEDULE", validSchedule(s.SweepSchedule))
	check("HANDOVER_BODY_LIMIT", s.BodyLimit >= 1024 && s.BodyLimit <= maxBodyLimit)
	check("FUNCTIONS_CUSTOMHANDLER_PORT", s.Port >= 0 && s.Port <= 65535)
	check("HANDOVER_URL", validOrigin(s.URL))
	return names
}

// validAddress wants host:port; port 0 means any free one.
func validAddress(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number <= 65535
}

func validKey(key string) bool {
	return len(key) >= minOperatorKey && !strings.ContainsAny(key, " \t\r\n")
}

// validOrigin wants scheme and host and nothing behind them.
func validOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		(u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

func validCountries(countries []string) bool {
	for _, c := range countries {
		if !countryCode.MatchString(c) {
			return false
		}
	}
	return len(countries) > 0
}

func validSchedule(schedule string) bool {
	fields := strings.Fields(schedule)
	for _, f := range fields {
		if !cronField.MatchString(f) {
			return false
		}
	}
	return len(fields) == 6
}
