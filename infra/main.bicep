// Handover in one resource group: identity, monitoring, storage, queue, vault,
// roles, then the function app. Nothing here holds a key: the app's identity
// opens everything. Deploying twice changes nothing.
targetScope = 'resourceGroup'

@description('Part of every name: 3 to 8 lower-case letters and digits.')
@minLength(3)
@maxLength(8)
param name string = 'handover'

@description('What this deployment is for, for example prod; part of names and a tag. 1 to 8 lower-case letters and digits.')
@minLength(1)
@maxLength(8)
param stage string = 'prod'

@description('The Azure region. All tenants of a deployment have their data there.')
param location string = resourceGroup().location

@description('Where the app runs: flex (Flex Consumption), or dedicated (an App Service plan) in regions without Flex Consumption.')
@allowed(['flex', 'dedicated'])
param hostingPlan string = 'flex'

@description('Memory of an instance on Flex Consumption, in MB: 512, 2048 or 4096.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('The most instances on Flex Consumption: 40 to 1000.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('HTTP instances on Flex Consumption that are always on and paid for: 0 to 20.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('Size of the dedicated plan. All of these take VNet integration; B1 to B3 have no zone redundancy.')
@allowed(['B1', 'B2', 'B3', 'P0v3', 'P1v3', 'P2v3', 'P3v3'])
param dedicatedSku string = 'P0v3'

@description('Instances of the dedicated plan: 1 to 30, at least 3 with zoneRedundant.')
@minValue(1)
@maxValue(30)
param dedicatedInstances int = 1

@description('Whether plan and storage are spread over the zones of the region. It cannot be changed later.')
param zoneRedundant bool = false

@description('Standard, or Premium, which private endpoints of the queue need. It cannot be changed later.')
@allowed(['Standard', 'Premium'])
param serviceBusSku string = 'Standard'

@description('Whether storage, vault and a Premium queue are reached over private endpoints alone.')
param privateEndpoints bool = false

@description('Address range of the virtual network, used with privateEndpoints: 9 to 18 characters, at least a /26.')
@minLength(9)
@maxLength(18)
param networkRange string = '10.70.0.0/24'

@description('Who may call, in CIDR form; empty is everybody. This bounds the whole site: directories, the business application and the command line alike. At most 200.')
@maxLength(200)
param allowedRanges array = []

@description('The address that alerts are mailed to; empty makes alerts without mail.')
@maxLength(254)
param alertEmail string = ''

@description('Days that logs are kept: 30 to 730.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('GB of logs a day after which no more are taken: 1 to 100.')
@minValue(1)
@maxValue(100)
param logDailyCapGB int = 5

@description('Tags of every resource.')
param tags object = {}

@description('The queue of leaves: 1 to 260 letters, digits, dots, dashes and underscores.')
@minLength(1)
@maxLength(260)
param queueName string = 'handover-leaves'

@description('When the sweep runs, as NCRONTAB of six fields.')
@minLength(11)
@maxLength(100)
param sweepSchedule string = '0 * * * * *'

@description('How long the host lets an invocation run: hours, minutes and seconds, eight characters.')
@minLength(8)
@maxLength(8)
param functionTimeout string = '00:10:00'

@description('The countries that this deployment serves, ISO 3166-1 alpha-2: 1 to 249.')
@minLength(1)
@maxLength(249)
param countries string[] = ['US', 'CA']

@description('Networks that are not public and in which business applications may be called all the same, 10.1.0.0/16.')
@maxLength(64)
param connectorNetworks string[] = []

@description('The address that callers see, https://scim.example.com; empty is the address of each request.')
@maxLength(253)
param baseUrl string = ''

@description('The Entra tenant whose tokens let operators in; empty is none. It goes together with operatorAudience.')
@maxLength(36)
param operatorTenant string = ''

@description('The application that operators\' tokens are for; empty is none.')
@maxLength(36)
param operatorAudience string = ''

@description('The most bytes of a request\'s body: 1024 to 104857600.')
@minValue(1024)
@maxValue(104857600)
param bodyLimit int = 1048576

@description('Requests a second that each process admits from one tenant: 25 to 100000.')
@minValue(25)
@maxValue(100000)
param rate int = 100

@description('How many of them may come at once: 25 to 100000.')
@minValue(25)
@maxValue(100000)
param burst int = 200

@description('The least severity that is logged: debug, info, warn or error.')
@allowed(['debug', 'info', 'warn', 'error'])
param logLevel string = 'info'

@description('The operator key to put into the vault, at least 16 characters; empty leaves the one that is there.')
@secure()
param operatorKey string = ''

@description('The signing keys (id:secret, commas between) to put into the vault; empty leaves those that are there.')
@secure()
param signingKeys string = ''

var unique = uniqueString(resourceGroup().id, name, stage)
var allTags = union({ application: 'handover', stage: stage }, tags)
var clouds = {
  AzureCloud: 'public'
  AzureUSGovernment: 'usgovernment'
  AzureChinaCloud: 'china'
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: {
    name: 'id-${name}-${stage}-${unique}'
    location: location
    tags: allTags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    suffix: '${name}-${stage}-${unique}'
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    dailyCapGB: logDailyCapGB
    alertEmail: alertEmail
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: 'st${name}${unique}'
    location: location
    tags: allTags
    zoneRedundant: zoneRedundant
    publicAccess: !privateEndpoints
  }
}

module servicebus 'modules/servicebus.bicep' = {
  name: 'servicebus'
  params: {
    name: 'sb-${name}-${stage}-${unique}'
    location: location
    tags: allTags
    sku: serviceBusSku
    queueName: queueName
    publicAccess: !(privateEndpoints && serviceBusSku == 'Premium')
    actionGroupId: monitoring.outputs.actionGroupId
  }
}

module keyvault 'modules/keyvault.bicep' = {
  name: 'keyvault'
  params: {
    name: 'kv-${unique}'
    location: location
    tags: allTags
    publicAccess: !privateEndpoints
    operatorKey: operatorKey
    signingKeys: signingKeys
  }
}

module network 'modules/network.bicep' = if (privateEndpoints) {
  name: 'network'
  params: {
    suffix: '${name}-${stage}-${unique}'
    location: location
    tags: allTags
    addressRange: networkRange
    hostingPlan: hostingPlan
    storageId: storage.outputs.id
    vaultId: keyvault.outputs.id
    serviceBusId: serviceBusSku == 'Premium' ? servicebus.outputs.id : ''
    serviceBusHost: servicebus.outputs.host
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  params: {
    principalId: identity.outputs.principalId
    storageName: storage.outputs.name
    namespaceName: servicebus.outputs.name
    queueName: servicebus.outputs.queueName
    vaultName: keyvault.outputs.name
    insightsName: monitoring.outputs.insightsName
  }
}

// The app comes after the roles: without them its first start would fail.
module functionapp 'modules/functionapp.bicep' = {
  name: 'functionapp'
  dependsOn: [roles]
  params: {
    name: 'func-${name}-${stage}-${unique}'
    location: location
    tags: allTags
    hostingPlan: hostingPlan
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    dedicatedSku: dedicatedSku
    dedicatedInstances: dedicatedInstances
    zoneRedundant: zoneRedundant
    allowedRanges: allowedRanges
    subnetId: privateEndpoints ? network!.outputs.appSubnetId : ''
    identityId: identity.outputs.id
    clientId: identity.outputs.clientId
    insightsConnection: monitoring.outputs.insightsConnection
    blobUri: storage.outputs.blobUri
    queueUri: storage.outputs.queueUri
    tableUri: storage.outputs.tableUri
    packagesUri: storage.outputs.packagesUri
    serviceBusHost: servicebus.outputs.host
    queueName: servicebus.outputs.queueName
    operatorKeyUri: keyvault.outputs.operatorKeyUri
    signingKeysUri: keyvault.outputs.signingKeysUri
    cloud: clouds[environment().name]
    sweepSchedule: sweepSchedule
    functionTimeout: functionTimeout
    countries: countries
    connectorNetworks: connectorNetworks
    baseUrl: baseUrl
    operatorTenant: operatorTenant
    operatorAudience: operatorAudience
    bodyLimit: bodyLimit
    rate: rate
    burst: burst
    logLevel: logLevel
  }
}

output appName string = functionapp.outputs.name
output url string = functionapp.outputs.url
output vaultName string = keyvault.outputs.name
output storageName string = storage.outputs.name
output namespaceName string = servicebus.outputs.name
output insightsName string = monitoring.outputs.insightsName
