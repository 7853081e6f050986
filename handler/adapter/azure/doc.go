// Package azure keeps Handover's data in Azure: rows in Table Storage, leaves on
// a Service Bus queue, both opened by a managed identity or, on a laptop, by
// connection strings.
package azure
