// The queue of leaves. A message id counts once in ten minutes, so that the
// sweep may send again; what fails ten times becomes a dead letter.
param name string
param location string
param tags object
@allowed(['Standard', 'Premium'])
param sku string
param queueName string
param publicAccess bool
param actionGroupId string

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
    tier: sku
    capacity: sku == 'Premium' ? 1 : null
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }

  resource leaves 'queues' = {
    name: queueName
    properties: {
      lockDuration: 'PT5M'
      maxDeliveryCount: 10
      deadLetteringOnMessageExpiration: true
      requiresDuplicateDetection: true
      duplicateDetectionHistoryTimeWindow: 'PT10M'
    }
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages stay among the dead letters: the function deadletter does not run. docs/runbook.md, Dead letters.'
    severity: 2
    enabled: true
    scopes: [namespace.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead letters'
          metricName: 'DeadletteredMessages'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Minimum'
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}

output id string = namespace.id
output name string = namespace.name
output queueName string = namespace::leaves.name
output host string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
