// The function app and its plan: Flex Consumption, or an App Service plan where
// a region has none.
param name string
param location string
param tags object

@allowed(['flex', 'dedicated'])
param hostingPlan string
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyInstances int
param dedicatedSku string
param dedicatedInstances int
param zoneRedundant bool

param allowedRanges array
param subnetId string

param identityId string
param clientId string
param insightsConnection string
param blobUri string
param queueUri string
param tableUri string
param packagesUri string
param serviceBusHost string
param queueName string
param operatorKeyUri string
param signingKeysUri string

param cloud string
param sweepSchedule string
param functionTimeout string
param countries array
param connectorNetworks array
param baseUrl string
param operatorTenant string
param operatorAudience string
param bodyLimit int
param rate int
param burst int
param logLevel string

var flex = hostingPlan == 'flex'

// What both plans need. The set of settings is replaced as a whole, so what is
// not here is not set.
var settings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: clientId
  AzureWebJobsStorage__blobServiceUri: blobUri
  AzureWebJobsStorage__queueServiceUri: queueUri
  AzureWebJobsStorage__tableServiceUri: tableUri
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
  AzureFunctionsJobHost__functionTimeout: functionTimeout
  TableConnection__tableServiceUri: tableUri
  TableConnection__credential: 'managedidentity'
  TableConnection__clientId: clientId
  ServiceBusConnection__fullyQualifiedNamespace: serviceBusHost
  ServiceBusConnection__credential: 'managedidentity'
  ServiceBusConnection__clientId: clientId
  AZURE_CLOUD: cloud
  HANDOVER_OPERATOR_KEY: '@Microsoft.KeyVault(SecretUri=${operatorKeyUri})'
  HANDOVER_KEYS: '@Microsoft.KeyVault(SecretUri=${signingKeysUri})'
  HANDOVER_OPERATOR_TENANT: operatorTenant
  HANDOVER_OPERATOR_AUDIENCE: operatorAudience
  HANDOVER_BASE_URL: baseUrl
  HANDOVER_COUNTRIES: join(countries, ',')
  HANDOVER_QUEUE: queueName
  HANDOVER_SWEEP_SCHEDULE: sweepSchedule
  HANDOVER_BODY_LIMIT: string(bodyLimit)
  HANDOVER_RATE: string(rate)
  HANDOVER_BURST: string(burst)
  HANDOVER_CONNECTOR_NETWORKS: join(connectorNetworks, ',')
  HANDOVER_LOG_LEVEL: logLevel
}

// Flex Consumption has these in functionAppConfig and refuses them here.
var dedicatedSettings = {
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'custom'
  WEBSITE_RUN_FROM_PACKAGE: '1'
}

var flexConfig = {
  deployment: {
    storage: {
      type: 'blobContainer'
      value: packagesUri
      authentication: {
        type: 'UserAssignedIdentity'
        userAssignedIdentityResourceId: identityId
      }
    }
  }
  runtime: {
    name: 'custom'
    version: '1.0'
  }
  scaleAndConcurrency: {
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReady: alwaysReadyInstances == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyInstances }]
    triggers: {
      http: { perInstanceConcurrency: 100 }
    }
  }
}

var restrictions = [
  for (allowed, i) in allowedRanges: {
    name: 'allowed ${i}'
    ipAddress: allowed
    action: 'Allow'
    priority: 100 + i
  }
]

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: flex ? 'functionapp' : 'linux'
  sku: flex ? { tier: 'FlexConsumption', name: 'FC1' } : { name: dedicatedSku, capacity: dedicatedInstances }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    vnetRouteAllEnabled: empty(subnetId) ? null : true
    functionAppConfig: flex ? flexConfig : null
    siteConfig: {
      alwaysOn: flex ? null : true
      linuxFxVersion: flex ? null : ''
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      ftpsState: 'Disabled'
      ipSecurityRestrictions: empty(allowedRanges) ? null : restrictions
      ipSecurityRestrictionsDefaultAction: empty(allowedRanges) ? 'Allow' : 'Deny'
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(settings, flex ? {} : dedicatedSettings)
  }

  // Passwords for publishing are off: the deployer's own sign-in counts.
  resource publishing 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
