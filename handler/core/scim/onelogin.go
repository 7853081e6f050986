package scim

// What OneLogin sends outside the RFCs.

// oneloginManagerID takes the managerId of SCIM 1.1 as the value of a manager:
// OneLogin's templates still have it.
func oneloginManagerID(a *Attribute, v *Value) {
	if v.kind != Object || a.Name != "manager" || v.find("value") != nil {
		return
	}
	for i := range v.fields {
		if equalFold(v.fields[i].Name, "managerId") {
			v.fields[i].Name = "value"
		}
	}
}
