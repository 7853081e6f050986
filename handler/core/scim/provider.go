package scim

import "strconv"

// ProviderConfig is what /ServiceProviderConfig tells (RFC 7643 §5). A feature
// is announced only when it is on.
type ProviderConfig struct {
	// Documentation is the URL of help for administrators; may be empty.
	Documentation string
	// MaxResults is the largest page, in resources.
	MaxResults int
	// MaxBulkOperations and MaxBulkBytes limit one bulk request; without
	// operations, bulk is announced as not supported.
	MaxBulkOperations, MaxBulkBytes int
	// Sort and ETag say whether they are supported.
	Sort, ETag bool
	// Cursor announces paging by cursor (RFC 9865) with CursorSeconds as the
	// life of a cursor. Without it the member is left out, because old strict
	// clients refuse it.
	Cursor                         bool
	CursorSeconds, DefaultPageSize int
	// OAuth says that the tenant has OAuth clients beside the secret token.
	OAuth bool
}

// ServiceProviderConfig is the answer to /ServiceProviderConfig.
func (m *Model) ServiceProviderConfig(base string, c ProviderConfig) []byte {
	dst := append([]byte(nil), `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]`...)
	dst = appendNamed(dst, `,"documentationUri":`, c.Documentation)
	dst = append(dst, `,"patch":{"supported":true}`...)
	dst = appendSupported(dst, `,"bulk":`, c.MaxBulkOperations > 0)
	dst = strconv.AppendInt(append(dst, `,"maxOperations":`...), int64(c.MaxBulkOperations), 10)
	dst = strconv.AppendInt(append(dst, `,"maxPayloadSize":`...), int64(c.MaxBulkBytes), 10)
	dst = strconv.AppendInt(append(dst, `},"filter":{"supported":true,"maxResults":`...), int64(c.MaxResults), 10)
	dst = append(dst, `},"changePassword":{"supported":false}`...)
	dst = append(appendSupported(dst, `,"sort":`, c.Sort), '}')
	dst = append(appendSupported(dst, `,"etag":`, c.ETag), '}')
	if c.Cursor {
		dst = c.appendPagination(dst)
	}
	dst = append(dst, `,"authenticationSchemes":[{"type":"oauthbearertoken","name":"Bearer token","description":"The secret token of the tenant, or an access token, in the Authorization header.","specUri":"https://www.rfc-editor.org/info/rfc6750","primary":true}`...)
	if c.OAuth {
		dst = append(dst, `,{"type":"oauth2","name":"OAuth 2.0 client credentials","description":"An access token from the tenant's token endpoint.","specUri":"https://www.rfc-editor.org/info/rfc6749","primary":false}`...)
	}
	return appendDiscoveryMeta(append(dst, ']'), "ServiceProviderConfig", base+"/ServiceProviderConfig")
}

func appendSupported(dst []byte, name string, supported bool) []byte {
	return strconv.AppendBool(append(append(dst, name...), `{"supported":`...), supported)
}

// appendPagination writes the member of RFC 9865 §4.
func (c ProviderConfig) appendPagination(dst []byte) []byte {
	dst = append(dst, `,"pagination":{"cursor":true,"index":true,"defaultPaginationMethod":"index"`...)
	dst = strconv.AppendInt(append(dst, `,"defaultPageSize":`...), int64(c.DefaultPageSize), 10)
	dst = strconv.AppendInt(append(dst, `,"maxPageSize":`...), int64(c.MaxResults), 10)
	dst = strconv.AppendInt(append(dst, `,"cursorTimeout":`...), int64(c.CursorSeconds), 10)
	return append(dst, '}')
}
