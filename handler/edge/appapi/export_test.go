package appapi

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
	"User": userView{}, "UserPage": userPage{}, "Record": directory.Record{}, "RecordPage": recordPage{},
	"LeavePreview": reassign.Preview{}, "TypeCount": reassign.TypeCount{}, "Person": directory.Person{},
}
