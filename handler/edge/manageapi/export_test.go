package manageapi

import (
	"handover/handler/core/directory"
	"handover/handler/rule/reassign"
)

// Routes are the routes, "METHOD pattern".
func Routes() (list []string) {
	for pattern, methods := range (api{}).routes() {
		for method := range methods {
			list = append(list, method+" "+pattern)
		}
	}
	return list
}

// Structs are what answers are made of, by the names of their schemas.
var Structs = map[string]any{
	"Tenant": tenantOverview{}, "TenantEntry": tenantEntry{}, "TenantPage": tenantPage{}, "Deletion": deletionView{},
	"Role": directory.Role{}, "RoleMapping": directory.RoleMapping{}, "Entra": entraView{}, "Connector": connectorView{}, "NewConnector": newConnector{},
	"Webhook": webhookView{}, "IssuedWebhook": issuedWebhook{},
	"Credential": credentialView{}, "CredentialList": credentialList{},
	"IssuedToken": issuedToken{}, "IssuedAppKey": issuedAppKey{}, "IssuedOAuthClient": issuedOAuthClient{},
	"Roles": rolesView{}, "Mapping": mappingView{}, "Group": groupView{}, "GroupPage": groupPage{},
	"User": personView{}, "UserPage": personPage{}, "Lock": lockView{},
	"Leave": leaveView{}, "LeavePage": leavePage{}, "LeaveWithJournal": leaveWithJournal{},
	"HandBack": handBackView{}, "LeavePreview": reassign.Preview{}, "TypeCount": reassign.TypeCount{},
	"Person": directory.Person{}, "Chunk": chunkView{}, "MovedRecord": directory.MovedRecord{},
	"Activity": activityView{}, "ActivityPage": activityPage{}, "Erasure": erasureView{},
	"Finding": Finding{}, "FindingList": findingList{},
}
