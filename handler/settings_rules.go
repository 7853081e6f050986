package main

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
)

// minOperatorKey is our limit: 16 characters of a hexadecimal secret are 64
// random bits, which nobody guesses over HTTP.
const minOperatorKey = 16

// minRate is what Entra may send to one endpoint, requests a second (Microsoft's
// guide to SCIM endpoints asks for 25 without throttling); maxRate is ours.
const (
	minRate = 25
	maxRate = 100_000
)

// maxBodyLimit is the most that the Functions host passes on, in bytes
// (FUNCTIONS_REQUEST_BODY_SIZE_LIMIT).
const maxBodyLimit = 100 << 20

var (
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
	queueName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,259}$`)
	clientID    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	hostName    = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)
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
	check("HANDOVER_APP_KEY", s.AppKey == "" || validKey(s.AppKey))
	check("HANDOVER_KEYS", s.Keys == "" || validKeys(s.Keys))
	check("HANDOVER_OPERATOR_TENANT", s.OperatorTenant == "" || directory.IsGUID(s.OperatorTenant))
	check("HANDOVER_OPERATOR_AUDIENCE", s.OperatorAudience == "" || directory.IsGUID(s.OperatorAudience))
	check("HANDOVER_BASE_URL", s.BaseURL == "" || validOrigin(s.BaseURL))
	check("HANDOVER_COUNTRIES", validCountries(s.Countries))
	check("HANDOVER_QUEUE", queueName.MatchString(s.Queue))
	check("HANDOVER_SWEEP_SCHEDULE", validSchedule(s.SweepSchedule))
	check("HANDOVER_BODY_LIMIT", s.BodyLimit >= 1024 && s.BodyLimit <= maxBodyLimit)
	check("HANDOVER_RATE", s.Rate >= minRate && s.Rate <= maxRate)
	check("HANDOVER_BURST", s.Burst >= minRate && s.Burst <= maxRate)
	check("AZURE_CLOUD", s.Cloud == "public" || s.Cloud == "usgovernment" || s.Cloud == "china")
	check("TableConnection__tableServiceUri", s.TableServiceURI == "" || validOrigin(s.TableServiceURI) && strings.HasPrefix(s.TableServiceURI, "https:"))
	check("TableConnection__credential", validCredential(s.TableCredential))
	check("TableConnection__clientId", validClientID(s.TableClientID))
	check("ServiceBusConnection__fullyQualifiedNamespace", s.ServiceBusNamespace == "" || hostName.MatchString(s.ServiceBusNamespace))
	check("ServiceBusConnection__credential", validCredential(s.ServiceBusCredential))
	check("ServiceBusConnection__clientId", validClientID(s.ServiceBusClientID))
	check("AzureFunctionsJobHost__functionTimeout", s.FunctionTimeout >= timeSpan(10*time.Second) && s.FunctionTimeout <= timeSpan(24*time.Hour))
	check("FUNCTIONS_CUSTOMHANDLER_PORT", s.Port >= 0 && s.Port <= 65535)
	check("HANDOVER_URL", validOrigin(s.URL))
	return names
}

// onAzure tells whether rows and messages are kept in Table Storage and Service
// Bus, rather than in a local file.
func (s *Settings) onAzure() bool { return s.TableConnection != "" || s.TableServiceURI != "" }

// misconnected finds what is wrong between the connection settings. localFile
// says that a local file may be used: a deployed handler that lost its settings
// must not start on a file that is gone with its instance.
func (s *Settings) misconnected(localFile bool) []string {
	var sentences []string
	say := func(wrong bool, sentence string) {
		if wrong {
			sentences = append(sentences, sentence)
		}
	}
	bus := s.ServiceBusConnection != "" || s.ServiceBusNamespace != ""
	say(s.TableConnection != "" && s.TableServiceURI != "",
		"TableConnection and TableConnection__tableServiceUri exclude each other: keep the first on a laptop, the second in Azure")
	say(s.ServiceBusConnection != "" && s.ServiceBusNamespace != "",
		"ServiceBusConnection and ServiceBusConnection__fullyQualifiedNamespace exclude each other: keep the first on a laptop, the second in Azure")
	say(s.TableServiceURI != "" && s.TableCredential == "",
		"TableConnection__credential is not set: it must be managedidentity where TableConnection__tableServiceUri is set")
	say(s.ServiceBusNamespace != "" && s.ServiceBusCredential == "",
		"ServiceBusConnection__credential is not set: it must be managedidentity where ServiceBusConnection__fullyQualifiedNamespace is set")
	say((s.OperatorTenant == "") != (s.OperatorAudience == ""),
		"HANDOVER_OPERATOR_TENANT and HANDOVER_OPERATOR_AUDIENCE go together: set both, or neither to let operators in by key alone")
	say(s.onAzure() != bus, "TableConnection and ServiceBusConnection go together: set both, or neither to keep everything in HANDOVER_DATA")
	say(!s.onAzure() && !bus && !localFile,
		"TableConnection and ServiceBusConnection are not set: set both, or HANDOVER_DATA to keep everything in a local folder")
	return sentences
}

func validCredential(name string) bool { return name == "" || name == "managedidentity" }

func validClientID(id string) bool { return id == "" || clientID.MatchString(id) }

// timeSpan is a time as the Functions host writes it, hh:mm:ss.
type timeSpan time.Duration

// UnmarshalText reads hh:mm:ss.
func (d *timeSpan) UnmarshalText(text []byte) error {
	var hours, minutes, seconds uint16
	if _, err := fmt.Sscanf(string(text)+"\n", "%02d:%02d:%02d\n", &hours, &minutes, &seconds); err != nil {
		return err
	}
	*d = timeSpan(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second)
	return nil
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

func validKeys(list string) bool {
	_, err := credential.ParseKeyring(list)
	return err == nil
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
