package entra

import (
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Cloud is what differs between Azure's separate clouds: where keys come from,
// and what issuers and audiences are called.
type Cloud struct {
	// authority serves the keys.
	authority string
	// issuer begins the issuer of version 2.0 tokens, sts that of version 1.0.
	issuer, sts string
	// template is the audience of provisioning tokens: the application template
	// from which every application that is not in the gallery is made.
	template string
}

// CloudOf returns the cloud with a name; no name is the public one. A name that
// does not exist is fault.SettingsInvalid.
func CloudOf(name string) (Cloud, error) {
	switch name {
	case "", "public":
		return Cloud{
			authority: "https://login.microsoftonline.com", issuer: "https://login.microsoftonline.com",
			sts: "https://sts.windows.net", template: "8adf8e6e-67b2-4cf2-a259-e3dc5476c621",
		}, nil
	case "usgovernment":
		return Cloud{
			authority: "https://login.microsoftonline.us", issuer: "https://login.microsoftonline.us",
			sts: "https://sts.windows.net", template: "4602d0b4-76bb-404b-bca9-2652e1a39c6d",
		}, nil
	case "china":
		// Microsoft does not state the issuer of China's version 1.0 tokens; this
		// is what its sign-in service publishes for them.
		return Cloud{
			authority: "https://login.chinacloudapi.cn", issuer: "https://login.partner.microsoftonline.cn",
			sts: "https://sts.chinacloudapi.cn", template: "5a532e38-1581-4918-9658-008dc27c1d68",
		}, nil
	}
	return Cloud{}, fault.New(fault.SettingsInvalid, "AZURE_CLOUD must be public, usgovernment or china; it is %q", name)
}

// issuer is who may have signed, and where its keys are.
type issuer struct{ name, keys string }

// issuers are those that a token may come from.
func (c Cloud) issuers(expect directory.EntraExpectation) []issuer {
	tenant := "/" + expect.TenantID
	v1Keys, v2Keys := c.authority+tenant+"/discovery/keys", c.authority+tenant+"/discovery/v2.0/keys"
	first, second := issuer{c.sts + tenant + "/", v1Keys}, issuer{c.issuer + tenant + "/v2.0", v2Keys}
	switch expect.Use {
	case directory.ForProvisioning:
		return []issuer{first}
	case directory.ForFederation:
		// Microsoft's guide says /v2.0; assertions without it have been seen.
		return []issuer{second, {c.issuer + tenant, v2Keys}, {c.issuer + tenant + "/", v2Keys}}
	}
	// Which version an application's tokens have is a line of its manifest.
	return []issuer{second, first}
}

// audiences are those of which a token must have one: an application is named
// by its id, by its id as a URI, or by that with the default scope.
func (c Cloud) audiences(expect directory.EntraExpectation) []string {
	if expect.Use == directory.ForProvisioning {
		return []string{c.template}
	}
	wanted := make([]string, 0, 3*len(expect.AppIDs))
	for _, id := range expect.AppIDs {
		wanted = append(wanted, id, "api://"+id, "api://"+id+"/.default")
	}
	return wanted
}
