// Logs, and the alerts that somebody should be woken by. The queries are those
// of docs/operations.md.
param suffix string
param location string
param tags object
param retentionDays int
param dailyCapGB int
param alertEmail string

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-${suffix}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyCapGB }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${suffix}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'handover'
    enabled: true
    emailReceivers: empty(alertEmail) ? [] : [{ name: 'operators', emailAddress: alertEmail, useCommonAlertSchema: true }]
  }
}

var alerts = [
  {
    name: 'server-errors'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    description: 'More than 5 of 100 answers, and at least 5, are 5xx. docs/runbook.md, The storage is away or slow.'
    query: '''
traces
| where message startswith "{"
| extend line = parse_json(message)
| where line.msg == "request"
| summarize answers = count(), failed = countif(toint(line.status) >= 500)
| where failed >= 5 and failed * 100 > answers * 5
'''
  }
  {
    name: 'leaves'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    description: 'Leaves are overdue, blocked or parked, or a message became a dead letter. docs/runbook.md has a section on each.'
    query: '''
traces
| where message startswith "{"
| extend line = parse_json(message)
| where line.code in ("leavesOverdue", "leavesBlocked", "leavesParked", "deadLettered")
'''
  }
  {
    name: 'no-sweep'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    description: 'No sweep for 15 minutes, so nothing drives what is overdue. docs/runbook.md, Leaves are overdue.'
    query: '''
traces
| where message startswith "{"
| extend line = parse_json(message)
| where line.msg == "invocation" and line.function == "sweep"
| summarize sweeps = count()
| where sweeps == 0
'''
  }
  {
    name: 'quarantine-risk'
    severity: 2
    frequency: 'PT15M'
    window: 'PT1H'
    description: 'More than 20 of 100 requests of a directory were refused in an hour: Entra may put it into quarantine. docs/runbook.md, Entra shows quarantine.'
    query: '''
traces
| where message startswith "{"
| extend line = parse_json(message)
| where line.msg == "request" and line.route has "scim"
| summarize answers = count(), refused = countif(toint(line.status) between (400 .. 499) and toint(line.status) != 404) by tenant = tostring(line.tenant)
| where answers >= 20 and refused * 100 > answers * 20
'''
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: '${alert.name}-${suffix}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Handover: ${alert.name}'
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [insights.id]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      autoMitigate: true
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
          }
        ]
      }
      actions: { actionGroups: [actionGroup.id] }
    }
  }
]

output actionGroupId string = actionGroup.id
output insightsName string = insights.name
output insightsConnection string = insights.properties.ConnectionString
